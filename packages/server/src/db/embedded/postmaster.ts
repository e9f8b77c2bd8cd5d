/** The running PostgreSQL of one cluster: who it is, how it is started, and how it is stopped. */
import { execFileSync, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Account } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import { cleanEnv } from "./cluster.ts";

/** What `postmaster.pid` says. */
export type Postmaster = { pid: number; port: number; ready: boolean };

/** Settings of the server, by PostgreSQL's names. */
export type ServerSettings = Record<string, string>;

const POLL_MS = 5;
const FAST_STOP_MS = 30_000;
const MAX_LOG_BYTES = 5_000_000;
const LOG_TAIL_LINES = 15;

const SETTINGS: ServerSettings = {
  listen_addresses: "127.0.0.1",
  // The path of a socket may be at most 107 bytes, and a data folder's is often longer.
  unix_socket_directories: "",
  max_connections: "100",
  shared_buffers: "64MB",
  // Compiling pays off for queries of seconds; ours take milliseconds.
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
  log_line_prefix: "%m [%p] ",
};

/** Reads `postmaster.pid`; undefined when there is none or it is being written. */
export function readPostmaster(cluster: string): Postmaster | undefined {
  let lines: string[];
  try {
    lines = readFileSync(join(cluster, "postmaster.pid"), "utf8").split("\n");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  // Line 1 is the process, line 4 the port, line 8 the state (miscadmin.h, LOCK_FILE_LINE_*).
  const pid = Number(lines[0]);
  return pid > 0 ? { pid, port: Number(lines[3]), ready: lines[7]?.trim() === "ready" } : undefined;
}

/**
 * Whether the process that `postmaster.pid` names is the PostgreSQL of this cluster.
 * @returns "dead" when no such process runs, "other" when its number has gone to another program (the
 *   machine restarted, say), "ours" otherwise
 */
export function identify(cluster: string, pid: number): "ours" | "other" | "dead" {
  if (!isAlive(pid)) return "dead";
  const command = commandOf(pid);
  if (command === undefined) return isAlive(pid) ? "ours" : "dead";
  const [program = "", ...rest] = command;
  const folder = rest[rest.indexOf("-D") + 1];
  return /^postgres(\.exe)?$/.test(basename(program)) && folder === cluster ? "ours" : "other";
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

// Command lines are open to everyone; /proc/<pid>/cwd and exe need a capability that containers drop.
function commandOf(pid: number): string[] | undefined {
  try {
    if (process.platform === "linux") return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
    if (process.platform === "win32") return undefined;
    const line = execFileSync("ps", ["-ww", "-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    const [, program = "", folder = ""] = /^(\S.*?) -D (.*?) -c /.exec(line) ?? [];
    return [program, "-D", folder];
  } catch {
    return undefined;
  }
}

/** Removes a `postmaster.pid` that names another program; PostgreSQL itself would refuse to start over it. */
export function removeStalePidFile(cluster: string): void {
  rmSync(join(cluster, "postmaster.pid"), { force: true });
}

/**
 * Starts the server on a free port and waits until it accepts connections.
 * @param logFile gets all that the server says; the former file is kept as `.1` once it is past 5 MB
 * @returns undefined when it is up; else why it ended: the tail of its log
 */
export async function startPostmaster(
  cluster: string,
  binaries: Binaries,
  account: Account | undefined,
  settings: ServerSettings,
  logFile: string,
): Promise<string | undefined> {
  rotate(logFile);
  const log = openSync(logFile, "a", 0o600);
  const start = sizeOf(logFile);
  const all = { ...SETTINGS, ...settings, port: String(await freePort()) };
  const flags = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  // Detached, it has a session of its own: Ctrl-C in the terminal reaches Node first, which stops it.
  const child = spawn(binaries.postgres, ["-D", cluster, ...flags], {
    detached: true,
    stdio: ["ignore", log, log],
    cwd: dirname(cluster),
    env: cleanEnv(),
    windowsHide: true,
    ...account,
  });
  closeSync(log);
  child.unref();
  let ended: string | undefined;
  child.once("error", (error) => {
    ended = `${binaries.postgres} could not be run: ${error.message}`;
  });
  const onExit = (): void => {
    ended ??= tail(logFile, start);
  };
  child.once("exit", onExit);
  while (ended === undefined) {
    const found = readPostmaster(cluster);
    if (found?.pid === child.pid && found?.ready) {
      // When it ends later, whoever stopped it may have removed the folder with the log.
      child.off("exit", onExit);
      return undefined;
    }
    await pause(POLL_MS);
  }
  return ended;
}

function rotate(logFile: string): void {
  if (sizeOf(logFile) > MAX_LOG_BYTES) renameSync(logFile, `${logFile}.1`);
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function tail(logFile: string, start: number): string {
  const said = readFileSync(logFile).subarray(start).toString("utf8").trim();
  return said.split("\n").slice(-LOG_TAIL_LINES).join("\n") || "it said nothing";
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}

/**
 * Stops the server: open transactions are rolled back and files are left clean ("fast" mode).
 * @throws when it still runs after 30 s
 */
export async function stopPostmaster(cluster: string, pid: number, binaries: Binaries): Promise<void> {
  // Windows has no signals: pg_ctl asks through a pipe there.
  if (process.platform === "win32") execFileSync(binaries.pgCtl, ["stop", "-D", cluster, "-m", "fast"]);
  else process.kill(pid, "SIGINT");
  const deadline = Date.now() + FAST_STOP_MS;
  while (readPostmaster(cluster)?.pid === pid && isAlive(pid)) {
    if (Date.now() > deadline)
      throw new Error(`PostgreSQL (pid ${pid}) did not stop within ${FAST_STOP_MS / 1000} s`);
    await pause(POLL_MS);
  }
}
