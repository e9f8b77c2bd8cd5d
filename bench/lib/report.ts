/**
 * What a benchmark says: one JSON line a job on stdout, everything else on stderr.
 */
import type { Measured } from "./load.ts";

/** Another side beside ours, with the ratio that we want to reach against it. */
export type Against = { name: string; measured: Measured; target: number };

/** Latencies in milliseconds. */
type Figure = {
  name: string;
  value: number;
  p50_ms: number;
  p99_ms: number;
  ratio: number | null;
  target: number;
};

/** The one line of a job that counts units a second. `ratio` is ours over the peer's, or over the limit's. */
export type RateLine = {
  job: string;
  ours: number | null;
  peer: Figure | null;
  limit: Figure | null;
  ratio: number | null;
  target: number | null;
  unit: string;
  p50_ms: number | null;
  p99_ms: number | null;
  p99_target_ms: number | null;
};

/** The line of a job; `ours` is undefined when only the others were measured. */
export function rateLine(
  job: string,
  unit: string,
  ours: Measured | undefined,
  others: { peer?: Against | undefined; limit?: Against | undefined; p99TargetMs?: number },
): RateLine {
  const peer = others.peer ? figure(ours, others.peer) : null;
  const limit = others.limit ? figure(ours, others.limit) : null;
  return {
    job,
    ours: ours ? round(ours.perSecond, 1) : null,
    peer,
    limit,
    ratio: (peer ?? limit)?.ratio ?? null,
    target: (peer ?? limit)?.target ?? null,
    unit,
    p50_ms: ours ? round(ours.p50, 1) : null,
    p99_ms: ours ? round(ours.p99, 1) : null,
    p99_target_ms: others.p99TargetMs ?? null,
  };
}

/** Prints the line of a job. */
export function printLine(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

/** Tells the person who waits what happens now. */
export function progress(text: string): void {
  process.stderr.write(`${text}\n`);
}

/** Rounds to a number of decimals. */
export function round(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

function figure(ours: Measured | undefined, other: Against): Figure {
  const { perSecond, p50, p99 } = other.measured;
  return {
    name: other.name,
    value: round(perSecond, 1),
    p50_ms: round(p50, 1),
    p99_ms: round(p99, 1),
    ratio: ours ? round(ours.perSecond / perSecond, 2) : null,
    target: other.target,
  };
}
