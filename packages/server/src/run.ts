/** The life of the process: reads the settings, starts, tells where to go, and ends on a signal. */
import type { Gatehouse } from "./app.ts";
import { startGatehouse } from "./app.ts";
import { ConfigError, readConfig } from "./config.ts";
import { credentialsFile } from "./first-start.ts";
import { startJobs } from "./jobs/jobs.ts";
import { inviteFirst } from "./modules/members/invitations.ts";
import { startSending } from "./modules/webhooks/sending.ts";

interface Running {
  gatehouse: Gatehouse;
  /** Where to go from here, for whoever started it in development; empty in production. */
  greeting: string;
  stop(): Promise<void>;
}

/** @returns the running server; undefined when it could not start, with the reason printed and exit code 1 */
export async function run(): Promise<Gatehouse | undefined> {
  const starting = start();
  // At once: a Ctrl-C during the start must leave no database running.
  stopOnSignal(starting);
  try {
    const { gatehouse, greeting } = await starting;
    if (greeting !== "") print(greeting);
    gatehouse.app.log.info({ port: gatehouse.port }, "ready");
    return gatehouse;
  } catch (error) {
    print(explain(error));
    process.exitCode = 1;
    return undefined;
  }
}

async function start(): Promise<Running> {
  const gatehouse = await startGatehouse(readConfig(process.env));
  const greeting = await greet(gatehouse).catch(async (error: unknown) => {
    // The first reason is the one to tell.
    await gatehouse.stop().catch((err: unknown) => gatehouse.app.log.error({ err }, "did not stop cleanly"));
    throw error;
  });
  const jobs = startJobs(gatehouse.app, gatehouse.systemCtx, gatehouse.databaseUrl);
  jobs.catch((err: unknown) => gatehouse.app.log.error({ err }, "jobs did not start"));
  const stopJobs = () => jobs.then((end) => end()).catch(() => undefined);
  const stopSending = startSending(gatehouse.app, gatehouse.systemCtx);
  return { gatehouse, greeting, stop: () => gatehouse.stop(Promise.all([stopJobs(), stopSending()])) };
}

function stopOnSignal(starting: Promise<Running>): void {
  let stopping = false;
  const stop = async () => {
    // A second signal means that somebody is tired of waiting.
    if (stopping) process.exit(130);
    stopping = true;
    const running = await starting.catch(() => undefined);
    // What could not start has closed what it opened, and `run` says why.
    if (!running) return;
    const failure = await running.stop().catch((error: unknown) => error);
    if (failure) running.gatehouse.app.log.error({ err: failure }, "did not stop cleanly");
    process.exit(failure ? 1 : 0);
  };
  process.on("SIGINT", () => void stop());
  process.on("SIGTERM", () => void stop());
}

async function greet({ app, systemCtx, testOrganization }: Gatehouse): Promise<string> {
  const { publicUrl, mode } = app.config;
  if (mode !== "development") return "";
  return [
    "",
    `  Gatehouse is ready at ${publicUrl}`,
    "",
    `  Credentials for the SDKs   ${credentialsFile(app)}`,
    `  Discovery                  ${publicUrl}/.well-known/openid-configuration`,
    ...(testOrganization
      ? [`  Test Organization          ${testOrganization.organizationId} (simulated SAML and OIDC)`]
      : []),
    `  Dashboard, once in 15 min  ${await inviteFirst(systemCtx())}`,
    "",
  ].join("\n");
}

/** Faults of the set-up are told in words, without a stack that helps nobody. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { name, message, code } = error as Error & { code?: string };
  if (code === "EADDRINUSE")
    return `Gatehouse cannot start: the port is taken. Set PORT to another one. (${message})`;
  const isSetting = /^GATEHOUSE_[A-Z_]+ /.test(message);
  if (isSetting || name === "KeyringError" || name === "MigrationError")
    return `Gatehouse cannot start: ${message}`;
  return `Gatehouse cannot start: ${(error as Error).stack ?? String(error)}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
