/** The deadline of a gRPC call: how long the client waits, as it says in `grpc-timeout`. */
import type { IncomingHttpHeaders } from "node:http";
import { refusals } from "./refusals.ts";

// At most eight digits and a unit (gRPC over HTTP/2, "Timeout").
const TIMEOUT = /^(\d{1,8})([HMSmun])$/;
const unitMs: Readonly<Record<string, number>> = {
  H: 3_600_000,
  M: 60_000,
  S: 1_000,
  m: 1,
  u: 1e-3,
  n: 1e-6,
};
// A Node timer of more fires at once. No request lives that long.
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Ends a piece of work when the client stops waiting. The work itself goes on: what it changes is committed as a
 * whole or not at all, and the client of a call that ran out of time must ask (gRPC's DEADLINE_EXCEEDED says so).
 * @throws AppError DEADLINE_EXCEEDED; INVALID_ARGUMENT for a time that cannot be read
 */
export async function withinDeadline<T>(headers: IncomingHttpHeaders, work: () => Promise<T>): Promise<T> {
  const waits = timeoutOf(headers);
  if (waits === undefined) return work();
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(refusals.deadlinePassed()), waits);
  try {
    return await Promise.race([work(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

function timeoutOf(headers: IncomingHttpHeaders): number | undefined {
  const sent = headers["grpc-timeout"];
  if (sent === undefined) return undefined;
  const [, digits, unit] = TIMEOUT.exec(String(sent)) ?? [];
  if (digits === undefined || unit === undefined) {
    throw refusals.badRequest(`grpc-timeout must be at most eight digits and one of H, M, S, m, u, n`);
  }
  const ms = Number(digits) * (unitMs[unit] ?? 1);
  return ms > LONGEST_MS ? undefined : ms;
}
