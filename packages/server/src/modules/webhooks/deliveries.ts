/** Deliveries as callers see them: what was sent to which endpoint, what came back, and sending it again. */
import { afterCommit, type Ctx, inTransaction } from "../../context.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import { bodyOf } from "../events/envelope.ts";
import { writeExample } from "../events/events.ts";
import type { AttemptRow, DeliveryFilter, DeliveryRow } from "./deliveries.store.ts";
import * as store from "./deliveries.store.ts";
import * as endpoints from "./endpoints.ts";
import { webhookErrors as errors } from "./errors.ts";
import { exampleOf } from "./examples.ts";
import { queue, wantingOnes } from "./subscriptions.ts";
import { wake } from "./wake.ts";

export { type DeliveryStatus, deliveryStatuses } from "./deliveries.store.ts";
export type { AttemptRow, DeliveryFilter, DeliveryRow };

const mostCounted = 1_000;

/** A delivery with its body, "" when its event is no longer kept, and its attempts, oldest first. */
export type DeliveryDetails = DeliveryRow & { body: string; attemptRows: AttemptRow[] };

/** @throws WEBHOOK_DELIVERY_NOT_FOUND */
export async function get(ctx: Ctx, id: string): Promise<DeliveryDetails> {
  const row = await store.find(ctx, id);
  if (!row) throw errors.WEBHOOK_DELIVERY_NOT_FOUND(id);
  return { ...row, body: sentBody(row) ?? "", attemptRows: await store.listAttempts(ctx, id) };
}

/** One page, newest first, counted up to 1,000. @throws PAGE_TOKEN_INVALID */
export async function list(
  ctx: Ctx,
  filter: DeliveryFilter,
  request: PageRequest,
): Promise<Page<DeliveryRow>> {
  const page = openPage(request, `webhook_deliveries:${JSON.stringify(filter)}`);
  const rows = await store.list(ctx, filter, page.range);
  return page.close(rows, await store.count(ctx, filter, mostCounted));
}

/**
 * Sends a delivery again, at once; when that fails it is not tried on, unless attempts were left.
 * @throws WEBHOOK_DELIVERY_NOT_FOUND, WEBHOOK_ENDPOINT_DISABLED
 */
export async function replay(ctx: Ctx, id: string): Promise<DeliveryRow> {
  return inTransaction(ctx, async (ctx) => {
    const row = await store.find(ctx, id);
    if (!row) throw errors.WEBHOOK_DELIVERY_NOT_FOUND(id);
    const { id: endpointId } = await endpoints.getEnabled(ctx, row.endpoint_id);
    const queued = await store.setDue(ctx, id, ctx.now());
    if (!queued) throw errors.WEBHOOK_DELIVERY_NOT_FOUND(id);
    afterCommit(ctx, () => wake(ctx.app, [endpointId]));
    return queued;
  });
}

/**
 * Sends an example of an event to one endpoint, once.
 * @throws WEBHOOK_ENDPOINT_NOT_FOUND, WEBHOOK_ENDPOINT_DISABLED, WEBHOOK_EVENT_TYPE_UNKNOWN
 */
export async function sendTest(ctx: Ctx, endpointId: string, type: string): Promise<DeliveryDetails> {
  return inTransaction(ctx, async (ctx) => {
    await endpoints.getEnabled(ctx, endpointId);
    const [id] = await sendExample(ctx, [endpointId], type);
    if (id === undefined) throw errors.WEBHOOK_ENDPOINT_DISABLED(endpointId);
    return get(ctx, id);
  });
}

/**
 * Sends an example of an event to every endpoint that asks for such events, once.
 * @returns the payload
 * @throws WEBHOOK_EVENT_TYPE_UNKNOWN
 */
export async function sendTestToAll(ctx: Ctx, type: string): Promise<object> {
  return inTransaction(ctx, async (ctx) => {
    const payload = exampleOf(type);
    await sendExample(ctx, await wantingOnes(ctx, type, undefined), type);
    return payload;
  });
}

async function sendExample(ctx: Ctx, endpointIds: readonly string[], type: string): Promise<string[]> {
  const event = await writeExample(ctx, type, exampleOf(type));
  return queue(ctx, endpointIds, event, { triesLeft: 1, isTest: true });
}

/** What is sent, byte for byte; undefined when the event is no longer kept. */
export function sentBody(row: {
  event_id: string;
  event_type: string;
  environment_id: string;
  organization_id: string | null;
  occurred_at: Date | null;
  payload: unknown;
}): string | undefined {
  if (row.occurred_at === null) return undefined;
  const { event_id: id, event_type: type, environment_id, organization_id, occurred_at, payload } = row;
  return bodyOf({ id, type, environment_id, organization_id, occurred_at, payload });
}
