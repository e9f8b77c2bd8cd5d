/** SQL of deliveries and their attempts, as they are written by events and read by callers. */
import { type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type DeliveryRow = Selectable<Database["webhook_deliveries"]>;
export type AttemptRow = Selectable<Database["webhook_attempts"]>;

export const deliveryStatuses = ["queued", "retrying", "success", "failed"] as const;
export type DeliveryStatus = (typeof deliveryStatuses)[number];

/** Deliveries of events of one type; the three lists go together. */
export interface NewDeliveries {
  ids: string[];
  endpointIds: string[];
  eventIds: string[];
  organizationId: string | null;
  type: string;
  isTest: boolean;
  triesLeft: number;
  dueAt: Date;
  createdAt: Date;
}

/** @returns the ids of those whose endpoint is still on */
export async function insert(at: Scope, rows: NewDeliveries): Promise<string[]> {
  const written = await insertRows(at.db, { environmentId: at.environmentId, ...rows });
  return written.map((row) => row.id);
}

const insertRows = compiled(
  (_db, row: NewDeliveries & { environmentId: string }) => sql<{ id: string }>`
    insert into webhook_deliveries (id, environment_id, organization_id, endpoint_id, event_id, event_type, is_test,
      status, due_at, tries_left, created_at)
    select delivery.id, ${row.environmentId}, ${row.organizationId}, delivery.endpoint_id, delivery.event_id,
      ${row.type}, ${row.isTest}::boolean, 'queued', ${row.dueAt}::timestamptz, ${row.triesLeft}::integer,
      ${row.createdAt}::timestamptz
    from unnest(${row.ids}::text[], ${row.endpointIds}::text[], ${row.eventIds}::text[])
      as delivery (id, endpoint_id, event_id)
    join webhook_endpoints on webhook_endpoints.id = delivery.endpoint_id
    where webhook_endpoints.environment_id = ${row.environmentId}
      and webhook_endpoints.enabled and webhook_endpoints.deleted_at is null
    returning webhook_deliveries.id`,
);

/** Every given value must match. */
export interface DeliveryFilter {
  endpointId?: string;
  eventType?: string;
  eventId?: string;
  organizationId?: string;
  status?: DeliveryStatus;
  /** First and last moment, both included. */
  from?: Date;
  to?: Date;
}

/** A delivery with what is sent; the event's columns are null when it is no longer kept. */
export type DeliveryWithEvent = DeliveryRow & { occurred_at: Date | null; payload: unknown };

export async function find(at: Scope, id: string): Promise<DeliveryWithEvent | undefined> {
  return shown(at, {})
    .leftJoin("events", (join) =>
      join
        .onRef("events.id", "=", "webhook_deliveries.event_id")
        .onRef("events.environment_id", "=", "webhook_deliveries.environment_id"),
    )
    .selectAll("webhook_deliveries")
    .select(["events.occurred_at", "events.payload"])
    .where("webhook_deliveries.id", "=", id)
    .executeTakeFirst();
}

/** Oldest first. */
export async function listAttempts(at: Scope, deliveryId: string): Promise<AttemptRow[]> {
  return at.db
    .selectFrom("webhook_attempts")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("delivery_id", "=", deliveryId)
    .orderBy("number")
    .execute();
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, filter: DeliveryFilter, page: PageRange): Promise<DeliveryRow[]> {
  return newestFirst(shown(at, filter).selectAll("webhook_deliveries"), page, "webhook_deliveries.id");
}

/** How many there are; `most` when there are more than that. */
export async function count(at: Scope, filter: DeliveryFilter, most: number): Promise<number> {
  const some = shown(at, filter).select("webhook_deliveries.id").limit(most).as("some");
  const { total } = await at.db
    .selectFrom(some)
    .select((eb) => eb.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** Makes a delivery due now, with at least one attempt left. */
export async function setDue(at: Scope, id: string, now: Date): Promise<DeliveryRow | undefined> {
  return at.db
    .updateTable("webhook_deliveries")
    .set({ status: "queued", due_at: now, tries_left: sql<number>`greatest(tries_left, 1)` })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Only of endpoints that there are: what is left of others is about to be removed. */
function shown(at: Scope, filter: DeliveryFilter) {
  let query = at.db
    .selectFrom("webhook_deliveries")
    .innerJoin("webhook_endpoints", "webhook_endpoints.id", "webhook_deliveries.endpoint_id")
    .where("webhook_endpoints.deleted_at", "is", null)
    .where("webhook_deliveries.environment_id", "=", at.environmentId);
  if (filter.endpointId) query = query.where("endpoint_id", "=", filter.endpointId);
  if (filter.eventType) query = query.where("event_type", "=", filter.eventType);
  if (filter.eventId) query = query.where("event_id", "=", filter.eventId);
  if (filter.organizationId)
    query = query.where("webhook_deliveries.organization_id", "=", filter.organizationId);
  // As the partial index has it, and not as a parameter.
  if (filter.status) query = query.where(sql<boolean>`status = ${sql.lit(filter.status)}`);
  if (filter.from) query = query.where("webhook_deliveries.created_at", ">=", filter.from);
  if (filter.to) query = query.where("webhook_deliveries.created_at", "<=", filter.to);
  return query;
}
