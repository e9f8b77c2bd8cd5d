/**
 * The child processes of a benchmark: started, waited for, and ended by their own id.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import { createInterface } from "node:readline";

/** A running child; `stop`, and the end of an `await using`, end it and wait until it is gone. */
export type Running = AsyncDisposable & { stop: () => Promise<void> };

/** What a peer says of itself on the first line of its stdout. */
export type PeerReady = { port: number } & Record<string, string | number>;

const READY_WITHIN_MS = 30_000;
const STOP_WITHIN_MS = 15_000;

/**
 * Starts a program of `bench/peers` and waits for its line of JSON.
 * @throws when it ends, or says nothing within 30 s
 */
export async function startPeer(
  file: string,
  settings: Record<string, string>,
): Promise<Running & { ready: PeerReady }> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, ...settings, NODE_ENV: "production" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const running = runningChild(child);
  try {
    return { ...running, ready: await firstLine(child, file) };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

/** Wraps a child so that it can be stopped: SIGTERM, and SIGKILL when it is still there after 15 s. */
export function runningChild(child: ChildProcess): Running {
  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    const force = setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    await gone;
    clearTimeout(force);
  };
  return { stop, [Symbol.asyncDispose]: stop };
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

function firstLine(child: ChildProcess, file: string): Promise<PeerReady> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(
      () => reject(new Error(`${file} was not ready after ${READY_WITHIN_MS} ms`)),
      READY_WITHIN_MS,
    );
    child.once("exit", (code) => reject(new Error(`${file} ended with code ${code} before it was ready`)));
    if (!child.stdout) throw new Error("a peer needs a piped stdout");
    createInterface(child.stdout).once("line", (line) => {
      clearTimeout(late);
      resolve(JSON.parse(line) as PeerReady);
    });
  });
}
