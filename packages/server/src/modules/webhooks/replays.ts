/**
 * Replays of a span of time: an endpoint's deliveries are queued again in pages, each when little is left of the one
 * before, so that new events do not wait behind all of the old ones.
 */
import { type App, type Ctx, inTransaction } from "../../context.ts";
import { brokenUniqueIndex } from "../../db/scope.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import * as endpoints from "./endpoints.ts";
import { webhookErrors as errors } from "./errors.ts";
import type { ReplayRow } from "./replays.store.ts";
import * as store from "./replays.store.ts";

export type { ReplayRow };

const longestMs = 30 * 86_400_000;
const pageSize = 500;
/** The next page comes when fewer than so many are due. */
const fewLeft = 100;

/**
 * Begins to send an endpoint's deliveries of a span of time again.
 * @param span.to now when it is left out
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND, WEBHOOK_ENDPOINT_DISABLED, WEBHOOK_REPLAY_RUNNING, INVALID_ARGUMENT
 */
export async function start(
  ctx: Ctx,
  endpointId: string,
  span: { from: Date; to: Date | undefined; includeSuccessful: boolean },
): Promise<ReplayRow> {
  const now = ctx.now();
  const to = span.to ?? now;
  if (to <= span.from) throw invalidArgument("end_time", "timestamp.gt", "value must be after start_time");
  if (to.getTime() - span.from.getTime() > longestMs)
    throw invalidArgument("start_time", "timestamp.within", "value must be within 30 days before end_time");
  return inTransaction(ctx, async (ctx) => {
    await endpoints.getEnabled(ctx, endpointId);
    const row = {
      id: newId("rpl"),
      environment_id: ctx.environmentId,
      endpoint_id: endpointId,
      from_time: span.from,
      to_time: to,
      include_successful: span.includeSuccessful,
      created_at: now,
    };
    return store.insert(ctx, row).catch((error: unknown) => {
      const isRunning = brokenUniqueIndex(error) === "webhook_replays_one_running";
      throw isRunning ? errors.WEBHOOK_REPLAY_RUNNING(endpointId) : error;
    });
  });
}

/** @throws WEBHOOK_REPLAY_NOT_FOUND */
export async function get(ctx: Ctx, id: string): Promise<ReplayRow> {
  const row = await store.find(ctx, id);
  if (!row) throw errors.WEBHOOK_REPLAY_NOT_FOUND(id);
  return row;
}

/** Takes every replay a page further whose endpoint is ready for it. */
export async function stepReplays(app: App): Promise<void> {
  const now = app.now();
  for (const replay of await store.listReady(app.db, now, fewLeft))
    await store.step(app.db, replay, now, pageSize);
}
