/** The programs that a run starts: kept a log of, waited for, and ended by their own id. */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { setTimeout as pause } from "node:timers/promises";

export type Running = { stop: () => Promise<void> };

const STOP_WITHIN_MS = 15_000;
const POLL_MS = 100;
const LOG_TAIL = 3_000;

/**
 * Starts a program and waits until `url` answers with a status below 500.
 * @param options.logFile takes its stdout and stderr
 * @throws with the end of its log when it ends, or does not answer in `options.withinMs`
 */
export async function startProgram(
  command: string,
  args: string[],
  options: { url: string; logFile: string; withinMs: number; env?: Record<string, string>; cwd?: string },
): Promise<Running> {
  mkdirSync(dirname(options.logFile), { recursive: true });
  const log = openSync(options.logFile, "w");
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", log, log],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  let broken: Error | undefined;
  child.once("error", (error) => {
    broken = error;
  });
  const stop = () => stopChild(child);
  const hasEnded = () => broken !== undefined || child.exitCode !== null || child.signalCode !== null;
  try {
    await waitUntilReady(options.url, options.withinMs, hasEnded);
    return { stop };
  } catch (error) {
    await stop();
    const tail = readFileSync(options.logFile, "utf8").slice(-LOG_TAIL);
    throw new Error(`${command}: ${(broken ?? (error as Error)).message}\n${tail}`, { cause: error });
  }
}

/**
 * Runs a program to its end.
 * @throws with the end of what it said when it cannot be run or ends with another status than 0
 */
export function runProgram(command: string, args: string[], cwd?: string): string {
  const result = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: 16 * 1024 * 1024,
    ...(cwd !== undefined && { cwd }),
  });
  if (result.error) throw new Error(`cannot run ${command}: ${result.error.message}`);
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} ${args.join(" ")}: ${`${result.stdout}${result.stderr}`.slice(-LOG_TAIL)}`);
}

/**
 * Runs a program to its end while this process goes on, which the program may need: it serves the program.
 * @param options.withinMs after which it is ended
 * @param options.logFile takes all that it said
 * @param options.statuses with which it may end; 0 alone when left out
 * @returns what it said on stdout
 * @throws with the end of what it said when it cannot be run or ends with another status
 */
export async function finishProgram(
  command: string,
  args: string[],
  options: {
    withinMs: number;
    env?: Record<string, string>;
    cwd?: string;
    logFile?: string;
    statuses?: number[];
  },
): Promise<string> {
  const child = spawn(command, args, {
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: options.withinMs,
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  let said = "";
  let answer = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    answer += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const isFine = (status: number | null) => (options.statuses ?? [0]).includes(status ?? -1);
  const end = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`cannot be run: ${error.message}`));
    child.once("close", (status, signal) => resolve(signal ?? (isFine(status) ? "" : `status ${status}`)));
  });
  if (options.logFile !== undefined) {
    mkdirSync(dirname(options.logFile), { recursive: true });
    writeFileSync(options.logFile, said);
  }
  if (end === "") return answer;
  throw new Error(`${[command, ...args].join(" ")} (${end}): ${said.slice(-LOG_TAIL)}`);
}

/** Whether a program is installed. */
export function isInstalled(command: string, args: string[] = ["--version"]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Asks `probe` until it is true. @throws naming `what` after `withinMs` */
export async function until(what: string, withinMs: number, probe: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (performance.now() < deadline) {
    if (await probe()) return;
    await pause(POLL_MS);
  }
  throw new Error(`${what}: not within ${withinMs} ms`);
}

function waitUntilReady(url: string, withinMs: number, hasEnded: () => boolean): Promise<void> {
  return until(`an answer of ${url}`, withinMs, async () => {
    if (hasEnded()) throw new Error("it ended before it was ready");
    const answer = await fetch(url, { redirect: "manual" }).catch(() => undefined);
    return answer !== undefined && answer.status < 500;
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const force = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
  await gone;
  clearTimeout(force);
}
