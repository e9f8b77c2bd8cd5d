/**
 * From events to deliveries, in the transaction of the event. Which endpoints an environment has is remembered, so that
 * an event that nobody asks for costs no statement.
 */
import { afterCommit, type Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { memoryOf } from "../../remembered.ts";
import type { Announced } from "../events/events.ts";
import * as deliveries from "./deliveries.store.ts";
import * as endpoints from "./endpoints.store.ts";
import { wants } from "./event-types.ts";
import { attemptsInAll } from "./schedule.ts";
import { wake } from "./wake.ts";

const remembered = memoryOf("webhook_endpoints", (at) => endpoints.listEnabled(at));

/** To be called by every change of an endpoint. */
export function forget(ctx: Ctx): Promise<void> {
  return remembered.forget(ctx, "");
}

/** Queues a delivery of each event for each endpoint that asks for it. What stands behind `emit`; see `app.ts`. */
export async function announce(ctx: Ctx, events: Announced): Promise<void> {
  const wanting = await wantingOnes(ctx, events.type, events.organizationId);
  if (wanting.length > 0) await queue(ctx, wanting, events, { triesLeft: attemptsInAll, isTest: false });
}

/** The ids of the enabled endpoints that ask for events of this type and organization. */
export async function wantingOnes(
  ctx: Ctx,
  type: string,
  organizationId: string | undefined,
): Promise<string[]> {
  const all = (await remembered.remember(ctx, "")) ?? [];
  return all
    .filter((one) => one.organization_id === null || one.organization_id === organizationId)
    .filter((one) => wants(one.event_types, type))
    .map((one) => one.id);
}

/** @returns the ids of the deliveries; an endpoint that was switched off meanwhile has none */
export async function queue(
  ctx: Ctx,
  endpointIds: readonly string[],
  events: Announced,
  how: { triesLeft: number; isTest: boolean },
): Promise<string[]> {
  const pairs = events.ids.flatMap((event) => endpointIds.map((endpoint) => ({ event, endpoint })));
  const written = await deliveries.insert(ctx, {
    ids: pairs.map(() => newId("dlv")),
    endpointIds: pairs.map(({ endpoint }) => endpoint),
    eventIds: pairs.map(({ event }) => event),
    organizationId: events.organizationId ?? null,
    type: events.type,
    dueAt: ctx.now(),
    createdAt: events.occurredAt,
    ...how,
  });
  afterCommit(ctx, () => wake(ctx.app, endpointIds));
  return written;
}
