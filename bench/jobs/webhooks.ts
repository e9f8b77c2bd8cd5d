/**
 * How soon a webhook is on its way: from the time that an event carries to the arrival of its first attempt, while 500
 * events a second happen.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Bench } from "../lib/bench.ts";
import { apiOf, startGatehouse } from "../lib/gatehouse.ts";
import { progress, round } from "../lib/report.ts";

const PER_SECOND = 500;
const SECONDS = 20;
/** At the beginning, not counted: caches and code are cold. */
const WARM_UP_SECONDS = 3;
const EVENTS = PER_SECOND * SECONDS;
const P50_TARGET_MS = 100;
const P99_TARGET_MS = 1_000;
const LAST_WITHIN_MS = 30_000;
const SOURCE = join(import.meta.dirname, "..", "lib", "event-source.ts");

type Arrival = { event: number; at: number; delay: number };

/** Runs the job and answers its line. */
export async function runWebhooks(bench: Bench): Promise<object> {
  const targets = { p50_target_ms: P50_TARGET_MS, p99_target_ms: P99_TARGET_MS };
  const line = {
    job: "webhooks",
    unit: "ms from event to first attempt",
    peer: null,
    limit: null,
    ...targets,
  };
  if (bench.peersOnly) return { ...line, ours: null };
  await using started = new AsyncDisposableStack();
  const arrivals: Arrival[] = [];
  const receiver = await startReceiver(arrivals);
  started.defer(receiver.stop);
  const database = await bench.postgres.createDatabase("bench_webhooks");
  const server = await startGatehouse(database, `127.0.0.1:${receiver.port}`, {
    entry: SOURCE,
    env: { BENCH_EVENTS: String(EVENTS), BENCH_EVENTS_PER_SECOND: String(PER_SECOND) },
  });
  started.defer(server.stop);
  const call = await apiOf(server);
  const url = `http://127.0.0.1:${receiver.port}/`;
  await call("POST", "/webhooks/endpoints", { url, event_types: ["organization.updated"] });
  progress(`  ${PER_SECOND} events a second for ${SECONDS} s`);
  process.kill(server.pid, "SIGUSR2");
  await untilAll(arrivals);
  return { ...line, ...figuresOf(arrivals) };
}

function figuresOf(arrivals: readonly Arrival[]) {
  const counted = arrivals.filter(({ event }) => event >= WARM_UP_SECONDS * PER_SECOND);
  const delays = counted.map(({ delay }) => delay).sort((a, b) => a - b);
  const share = (part: number) => delays[Math.floor((delays.length - 1) * part)] ?? Number.NaN;
  const times = counted.map(({ at }) => at);
  const seconds = (Math.max(...times) - Math.min(...times)) / 1_000;
  return {
    ours: { p50: share(0.5), p99: share(0.99), most: share(1) },
    // Less than was asked for means that the events themselves were late.
    per_second: round(counted.length / seconds, 0),
  };
}

async function startReceiver(arrivals: Arrival[]) {
  const seen = new Set<unknown>();
  const server = createServer((request, response) => {
    const id = request.headers["webhook-id"];
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => {
      response.end();
      if (seen.has(id)) return;
      seen.add(id);
      const at = Date.now();
      const { occurred_at, data } = JSON.parse(body);
      arrivals.push({ event: Number(data.display_name), at, delay: at - Date.parse(occurred_at) });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** @throws when they are not all there in time */
async function untilAll(arrivals: readonly Arrival[]): Promise<void> {
  const end = performance.now() + SECONDS * 1_000 + LAST_WITHIN_MS;
  while (arrivals.length < EVENTS) {
    if (performance.now() > end) throw new Error(`only ${arrivals.length} of ${EVENTS} events came`);
    await pause(50);
  }
}
