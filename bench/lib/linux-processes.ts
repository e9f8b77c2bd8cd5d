/**
 * Looks at processes through Linux's /proc: who descends from whom, who listens on a port, how much memory one holds.
 */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";

const KIB_PER_MB = 1_024;
// The state of a listening socket in /proc/net/tcp (TCP_LISTEN).
const LISTENING = "0A";

/** The ids of a process and of all that descend from it. */
export function withDescendants(pid: number): number[] {
  const parents = new Map(allProcesses().map((id) => [id, parentOf(id)]));
  const found = [pid];
  for (const ancestor of found) {
    for (const [id, parent] of parents) if (parent === ancestor) found.push(id);
  }
  return found;
}

/** The one of `pids` that listens on a TCP port. */
export function listenerAmong(pids: number[], port: number): number | undefined {
  const sockets = listeningSockets(port);
  return pids.find((pid) => openFiles(pid).some((file) => sockets.has(file)));
}

/** Resident memory (VmRSS) in MB of 1,024 KiB. */
export function residentMb(pid: number): number {
  return statusMb(pid, "VmRSS");
}

/** The most resident memory that a process ever held (VmHWM), in MB of 1,024 KiB. */
export function peakResidentMb(pid: number): number {
  return statusMb(pid, "VmHWM");
}

function statusMb(pid: number, field: string): number {
  const kib = new RegExp(`^${field}:\\s+(\\d+) kB`, "m").exec(
    readFileSync(`/proc/${pid}/status`, "utf8"),
  )?.[1];
  return Number(kib) / KIB_PER_MB;
}

function allProcesses(): number[] {
  return readdirSync("/proc").map(Number).filter(Number.isInteger);
}

function parentOf(pid: number): number {
  // The name in parentheses may hold spaces and parentheses; state and parent come after the last one.
  const fields = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8"), "")
    .split(") ")
    .at(-1)
    ?.split(" ");
  return Number(fields?.[1] ?? 0);
}

function listeningSockets(port: number): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, "0");
  const tables = ["/proc/net/tcp", "/proc/net/tcp6"].map((file) =>
    attempt(() => readFileSync(file, "utf8"), ""),
  );
  const rows = tables.flatMap((table) => table.split("\n").map((line) => line.trim().split(/\s+/)));
  const listening = rows.filter((row) => row[1]?.endsWith(`:${hexPort}`) && row[3] === LISTENING);
  return new Set(listening.map((row) => `socket:[${row[9]}]`));
}

function openFiles(pid: number): string[] {
  const folder = `/proc/${pid}/fd`;
  return attempt(() => readdirSync(folder), []).map((fd) =>
    attempt(() => readlinkSync(`${folder}/${fd}`), ""),
  );
}

// A process may end while it is looked at.
function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
