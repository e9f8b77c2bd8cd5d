/**
 * Runs the same load against several sides in turn (A B C A B C …), so that a machine that slows down slows all of
 * them, and says how many a second each one answered and how long an answer took.
 */
import { Connection } from "./http-client.ts";
import { progress } from "./report.ts";

/** One server under load. */
export type Side<C = Connection> = {
  name: string;
  port: number;
  /** One unit of work of a worker, over its connection. A throw ends the job. */
  once: (connection: C, worker: number) => Promise<void>;
};

/** How workers reach a server. */
export type Link<C> = {
  open: (port: number) => Promise<C>;
  /** How many workers use one connection; at least 1. */
  share: number;
};

export type Plan = {
  workers: number;
  /** Default 3,000 ms. */
  warmUpMs?: number;
  /** Default 2,000 ms. */
  sliceMs?: number;
  /** Measured slices a side; default 3. */
  slices?: number;
};

/** What a side did. `perSecond` is the median of its slices; the latencies are of all its slices together. */
export type Measured = { perSecond: number; p50: number; p99: number };

type Slice = { perSecond: number; latencies: number[] };

/**
 * Measures each side over HTTP/1.1, a connection a worker.
 * @returns the results in the order of `sides`
 * @throws the first error of any unit of work, with the side's name
 */
export function measure(plan: Plan, sides: Side[]): Promise<Measured[]> {
  return measureOver({ open: (port) => Connection.open(port), share: 1 }, plan, sides);
}

/** The same over other connections. */
export async function measureOver<C extends { close(): void }>(
  link: Link<C>,
  plan: Plan,
  sides: Side<C>[],
): Promise<Measured[]> {
  const slices: Slice[][] = sides.map(() => []);
  for (const side of sides) await runSlice(link, side, plan.workers, plan.warmUpMs ?? 3_000);
  for (let round = 0; round < (plan.slices ?? 3); round++) {
    for (const [index, side] of sides.entries()) {
      const slice = await runSlice(link, side, plan.workers, plan.sliceMs ?? 2_000);
      slices[index]?.push(slice);
      progress(`  ${side.name}: ${slice.perSecond.toFixed(0)}/s`);
    }
  }
  return slices.map(summarize);
}

// Fresh connections for every slice: while the other sides have their turn, a server may close an idle one.
async function runSlice<C extends { close(): void }>(
  link: Link<C>,
  side: Side<C>,
  workers: number,
  forMs: number,
): Promise<Slice> {
  const needed = Math.ceil(workers / link.share);
  const connections = await Promise.all(Array.from({ length: needed }, () => link.open(side.port)));
  const latencies: number[] = [];
  const start = performance.now();
  let perSecond = 0;
  const work = async (worker: number) => {
    const connection = connections[Math.floor(worker / link.share)] as C;
    let before = start;
    let done = 0;
    for (; before - start < forMs; done++) {
      await side.once(connection, worker);
      const after = performance.now();
      latencies.push(after - before);
      before = after;
    }
    // By each worker's own time: waiting for the last one would count against the side with the longer units.
    perSecond += (done * 1_000) / (before - start);
  };
  try {
    await Promise.all(Array.from({ length: workers }, (_, worker) => work(worker)));
  } catch (error) {
    throw new Error(`${side.name}: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const connection of connections) connection.close();
  }
  return { perSecond, latencies };
}

function summarize(slices: Slice[]): Measured {
  const latencies = slices.flatMap((slice) => slice.latencies).sort((a, b) => a - b);
  const at = (share: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0;
  return { perSecond: median(slices.map((slice) => slice.perSecond)), p50: at(0.5), p99: at(0.99) };
}

/** The middle of the values, or the mean of the two in the middle. */
export function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const low = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
  const high = sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0;
  return (low + high) / 2;
}
