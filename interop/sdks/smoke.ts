/**
 * The smoke tests of the official SDKs: a program in the SDK's own language that names its cases when it is told
 * `--list`, and runs the one that it is told otherwise. Each SDK has a server of its own, over TLS with a
 * certificate of the local authority.
 */
import { type Case, expectThat, type StartedPeer } from "../lib/cases.ts";
import { CALLBACK, GOODBYE, startGatehouse } from "../lib/gatehouse.ts";
import { localTls } from "../lib/local-tls.ts";
import { finishProgram } from "../lib/processes.ts";
import { startScriptedUser } from "../lib/scripted-user.ts";
import { startWebhookReceiver } from "../lib/webhook-receiver.ts";

/** How the program of a language is started. */
export type SmokeProgram = {
  /** The SDK and its version. */
  version: string;
  command: string;
  args: string[];
  /** What makes this language trust the authority. */
  trust: (authority: string) => Record<string, string>;
};

const CASE_WITHIN_MS = 120_000;

/**
 * Starts a server for the program.
 * @param name of the peer
 * @param port of the server where the SDK fixes it
 */
export async function startSmoke(name: string, program: SmokeProgram, port?: number): Promise<StartedPeer> {
  const tls = localTls();
  const gatehouse = await startGatehouse({ name: `gatehouse-${name}`, tls, ...(port && { port }) });
  const user = await startScriptedUser();
  const receiver = await startWebhookReceiver(gatehouse);
  const env = {
    SCALEKIT_ENVIRONMENT_URL: gatehouse.url,
    SCALEKIT_CLIENT_ID: gatehouse.clientId,
    SCALEKIT_CLIENT_SECRET: gatehouse.clientSecret,
    INTEROP_USER: user.url,
    INTEROP_WEBHOOK: receiver.url,
    INTEROP_CALLBACK: CALLBACK,
    INTEROP_GOODBYE: GOODBYE,
  };
  const stop = async () => {
    await gatehouse.stop();
    await Promise.all([user.stop(), receiver.stop()]);
  };
  try {
    const cases = await casesOf(program, { ...env, ...program.trust(tls.authority) }, env);
    return { version: program.version, cases, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function casesOf(
  { command, args }: SmokeProgram,
  env: Record<string, string>,
  withoutTrust: Record<string, string>,
): Promise<Case[]> {
  const run = (name: string, variables = env) =>
    finishProgram(command, [...args, name], { withinMs: CASE_WITHIN_MS, env: variables });
  const names = (await run("--list")).split("\n").filter((line) => line !== "");
  const [first = ""] = names;
  expectThat(first !== "", `${command} names no cases`);
  return [
    ...names.map((name) => ({ name, run: async () => (await run(name)).trim() })),
    {
      name: "our certificate is refused without the authority",
      run: () => refused(() => run(first, withoutTrust)),
    },
  ];
}

async function refused(attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    const { message } = error as Error;
    const said = message.split("\n").find((line) => /certificate|PKIX/i.test(line));
    if (said === undefined) throw error;
    return said.trim().slice(-120);
  }
  throw new Error("it went through, and should have been refused");
}
