/**
 * Our server, which on SIGUSR2 makes events of nothing: each in a transaction of its own, at a steady rate, so that a
 * measurement of webhooks does not measure the changes that events come from.
 */
import { setTimeout as pause } from "node:timers/promises";
import { run } from "../../packages/server/src/run.ts";

const perSecond = Number(process.env.BENCH_EVENTS_PER_SECOND);
const events = Number(process.env.BENCH_EVENTS);
const type = { name: "organization.updated", visibility: "public" } as const;
/** As long as that of a real change. */
const metadata = { note: "x".repeat(300) };

const gatehouse = await run();
process.once("SIGUSR2", () => void (gatehouse && make(gatehouse)));

/** The load is open: an event is made when its time has come, whatever became of those before. */
async function make({ systemCtx }: NonNullable<typeof gatehouse>): Promise<void> {
  const start = performance.now();
  for (let event = 0; event < events; event++) {
    const wait = start + (event * 1_000) / perSecond - performance.now();
    if (wait > 1) await pause(wait);
    void systemCtx().emit(type, { id: `org_${event}`, display_name: String(event), metadata });
  }
}
