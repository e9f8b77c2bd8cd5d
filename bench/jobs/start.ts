/**
 * What a person waits for and what an idle server costs: `npm start` on an empty and on an existing data folder until
 * `/readyz` answers, and the memory of the server process 10 s later. The database is the embedded one.
 */
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "../lib/bench.ts";
import { settings, waitUntilReady } from "../lib/gatehouse.ts";
import { listenerAmong, residentMb, withDescendants } from "../lib/linux-processes.ts";
import { median } from "../lib/load.ts";
import { freePort } from "../lib/processes.ts";
import { progress, round } from "../lib/report.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const TARGETS = { first_ms: 8_000, again_ms: 3_000, rss_mb: 220 };
const AGAIN = 3;
const REST_MS = 10_000;
const STOP_WITHIN_MS = 20_000;
const LOG_TAIL = 3_000;

type Started = { readyMs: number; rssMb: number | null };

/** Runs the job and answers its line; all figures are "at most". */
export async function runStart({ peersOnly }: Bench): Promise<object> {
  const line = { job: "start", peer: null, limit: null, ratio: null, target: TARGETS, unit: "ms, MB" };
  if (peersOnly) return { ...line, ours: null };
  const data = await mkdtemp(join(tmpdir(), "gatehouse-bench-start-"));
  try {
    const first = await startOnce(data, 0);
    const again: Started[] = [];
    for (let round = 1; round <= AGAIN; round++)
      again.push(await startOnce(data, round === AGAIN ? REST_MS : 0));
    const again_ms = round(median(again.map(({ readyMs }) => readyMs)), 0);
    return {
      ...line,
      ours: { first_ms: round(first.readyMs, 0), again_ms, rss_mb: again.at(-1)?.rssMb ?? null },
    };
  } finally {
    await rm(data, { recursive: true, force: true });
  }
}

// `npm start` gets a process group of its own, which is interrupted as a whole, as Ctrl-C in a terminal does.
async function startOnce(data: string, restMs: number): Promise<Started> {
  const port = await freePort();
  const logFile = join(data, "bench-start.log");
  const log = openSync(logFile, "a");
  const before = performance.now();
  const env = { ...process.env, ...settings(data, port), DATABASE_URL: "" };
  const child = spawn("npm", ["start"], { cwd: ROOT, env, stdio: ["ignore", log, log], detached: true });
  const gone = new Promise((resolve) => child.once("exit", resolve));
  try {
    await waitUntilReady(port, () => child.exitCode !== null || child.signalCode !== null);
    const readyMs = performance.now() - before;
    progress(`  npm start: ready after ${readyMs.toFixed(0)} ms`);
    await pause(restMs);
    return { readyMs, rssMb: memoryOf(child.pid ?? 0, port) };
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${readFileSync(logFile, "utf8").slice(-LOG_TAIL)}`, {
      cause: error,
    });
  } finally {
    await interrupt(child.pid ?? 0, gone);
  }
}

function memoryOf(npmPid: number, port: number): number | null {
  if (process.platform !== "linux") return null;
  const pid = listenerAmong(withDescendants(npmPid), port);
  return pid === undefined ? null : round(residentMb(pid), 0);
}

async function interrupt(npmPid: number, gone: Promise<unknown>): Promise<void> {
  const pids = process.platform === "linux" ? withDescendants(npmPid) : [npmPid];
  signal(-npmPid, "SIGINT");
  const late = AbortSignal.timeout(STOP_WITHIN_MS);
  const leftBehind = () => pids.some((pid) => signal(pid, 0));
  await Promise.race([gone, pause(STOP_WITHIN_MS, undefined, { ref: false })]);
  while (leftBehind() && !late.aborted) await pause(20);
  for (const pid of pids) signal(pid, "SIGKILL");
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}
