/** The life of the process: reads the settings, starts, tells where to go, and ends on a signal. */
import type { Gatehouse } from "./app.ts";
import { startGatehouse } from "./app.ts";
import { ConfigError, readConfig } from "./config.ts";
import { credentialsFile } from "./first-start.ts";
import { startJobs } from "./jobs/jobs.ts";

/** @returns the running server; undefined when it could not start, with the reason printed and exit code 1 */
export async function run(): Promise<Gatehouse | undefined> {
  try {
    const gatehouse = await startGatehouse(readConfig(process.env));
    const stopJobs = startJobs(gatehouse.app, gatehouse.databaseUrl);
    stopJobs.catch((err: unknown) => gatehouse.app.log.error({ err }, "jobs did not start"));
    stopOnSignal(gatehouse, stopJobs);
    if (gatehouse.app.config.mode === "development") print(greeting(gatehouse));
    gatehouse.app.log.info({ port: gatehouse.port }, "ready");
    return gatehouse;
  } catch (error) {
    print(explain(error));
    process.exitCode = 1;
    return undefined;
  }
}

function stopOnSignal(gatehouse: Gatehouse, jobs: Promise<() => Promise<void>>): void {
  let stopping = false;
  const stop = () => {
    // A second signal means that somebody is tired of waiting.
    if (stopping) process.exit(130);
    stopping = true;
    const stopJobs = jobs.then((end) => end()).catch(() => undefined);
    void Promise.all([stopJobs, gatehouse.stop()]).then(
      () => process.exit(0),
      (error: unknown) => {
        gatehouse.app.log.error({ err: error }, "did not stop cleanly");
        process.exit(1);
      },
    );
  };
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
}

function greeting({ app, testOrganization }: Gatehouse): string {
  const { publicUrl } = app.config;
  return [
    "",
    `  Gatehouse is ready at ${publicUrl}`,
    "",
    `  Credentials for the SDKs   ${credentialsFile(app)}`,
    `  Discovery                  ${publicUrl}/.well-known/openid-configuration`,
    ...(testOrganization
      ? [`  Test Organization          ${testOrganization.organizationId} (simulated SAML and OIDC)`]
      : []),
    "",
  ].join("\n");
}

/** Faults of the set-up are told in words, without a stack that helps nobody. */
function explain(error: unknown): string {
  if (error instanceof ConfigError) return error.message;
  const { name, message, code } = error as Error & { code?: string };
  if (code === "EADDRINUSE")
    return `Gatehouse cannot start: the port is taken. Set PORT to another one. (${message})`;
  if (name === "KeyringError" || name === "MigrationError") return `Gatehouse cannot start: ${message}`;
  return `Gatehouse cannot start: ${(error as Error).stack ?? String(error)}`;
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}
