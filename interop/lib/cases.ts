/** What a peer and a case are, and how they are run one after the other. */
import type { Gatehouse } from "./gatehouse.ts";
import { progress } from "./progress.ts";

/** One thing that must work; `run` may return what is worth a word in the table, and throws when it does not work. */
export type Case = { name: string; run: () => Promise<string | undefined> };

/** A peer that has been started. */
export type StartedPeer = { version: string; cases: Case[]; stop: () => Promise<void> };

/** Thrown by a peer's start when what it needs turns out to be out of reach here: the peer is skipped. */
export class Unavailable extends Error {}

/** A program or library that other people have written: an identity provider, an SDK, a tool that tries an API. */
export type Peer = {
  name: string;
  /** What it needs that this machine lacks, or undefined. */
  missing: () => string | undefined;
  start: (gatehouse: Gatehouse) => Promise<StartedPeer>;
};

/** A row of the table. */
export type Result = {
  peer: string;
  name: string;
  result: "ok" | "failed" | "skipped";
  detail: string;
  ms: number;
};

const LONGEST_REFUSAL = 120;

/** Runs all cases of a peer; what goes wrong is in the rows. */
export async function runPeer(
  peer: Peer,
  gatehouse: Gatehouse,
  wanted: (name: string) => boolean,
): Promise<Result[]> {
  const row = (name: string, result: Result["result"], detail: string, ms = 0): Result => ({
    peer: peer.name,
    name,
    result,
    detail,
    ms,
  });
  const missing = peer.missing();
  if (missing !== undefined) return [row("start", "skipped", `needs ${missing}`)];
  progress(`${peer.name}: starting …`);
  let started: StartedPeer;
  try {
    started = await peer.start(gatehouse);
  } catch (error) {
    const { message } = error as Error;
    if (error instanceof Unavailable) return [row("start", "skipped", `needs ${message}`)];
    return [row("start", "failed", message)];
  }
  progress(`${peer.name}: ${started.version} has started`);
  const results: Result[] = [];
  try {
    for (const { name, run } of started.cases.filter((each) => wanted(each.name))) {
      const start = performance.now();
      const [result, detail] = await outcomeOf(run);
      results.push(row(name, result, detail, performance.now() - start));
      progress(`${peer.name}: ${name}: ${result}`);
    }
  } finally {
    await started.stop();
  }
  return results;
}

async function outcomeOf(run: Case["run"]): Promise<["ok" | "failed", string]> {
  try {
    return ["ok", (await run()) ?? ""];
  } catch (error) {
    return ["failed", (error as Error).message];
  }
}

/** @throws saying what was seen and expected when the two differ */
export function expectEqual(what: string, seen: unknown, expected: unknown): void {
  if (seen === expected) return;
  throw new Error(`${what} is ${JSON.stringify(seen)}, expected ${JSON.stringify(expected)}`);
}

/** @throws with `problem` when it does not hold */
export function expectThat(holds: unknown, problem: string): asserts holds {
  if (!holds) throw new Error(problem);
}

/** What was said against an attempt. @throws when it went through, or was refused for a reason without `words` */
export async function refusalOf(words: string, attempt: () => Promise<unknown>): Promise<string> {
  try {
    await attempt();
  } catch (error) {
    const { message } = error as Error;
    if (!message.includes(words)) throw error;
    return message.slice(0, LONGEST_REFUSAL);
  }
  throw new Error("the sign-in went through, and should have been refused");
}
