/**
 * SQL of the sending of deliveries, across environments: what is due, who makes which attempt, and how it ended. A row is
 * claimed by moving its time to when the claim runs out; of several processes, each takes rows that no other one holds.
 */
import { sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Db } from "../../db/db.ts";

/** A delivery that this process is to attempt now, with all that the attempt needs. */
export interface Claimed {
  id: string;
  environment_id: string;
  organization_id: string | null;
  endpoint_id: string;
  event_id: string;
  event_type: string;
  is_test: boolean;
  /** The number of the attempt. */
  attempts: number;
  tries_left: number;
  /** When the claim runs out: by it a late result is told from that of another attempt. */
  due_at: Date;
  url: string;
  failing_since: Date | null;
  /** Null when the event is no longer kept. */
  occurred_at: Date | null;
  payload: unknown;
  secrets: { id: string; sealed: string }[];
}

/** The endpoints for which something is due. Looks once at each that has anything left to send, however much that is. */
export async function listDue(db: Db, now: Date): Promise<string[]> {
  const rows = await selectDue(db, { now });
  return rows.map((row) => row.id);
}

const selectDue = compiled(
  (_db, { now }: { now: Date }) => sql<{ id: string }>`
    with recursive waiting (endpoint_id) as (
      (select endpoint_id from webhook_deliveries where due_at is not null order by endpoint_id limit 1)
      union all
      select (
        select further.endpoint_id from webhook_deliveries further
        where further.due_at is not null and further.endpoint_id > waiting.endpoint_id
        order by further.endpoint_id limit 1)
      from waiting where waiting.endpoint_id is not null
    )
    select endpoints.id from waiting join webhook_endpoints endpoints on endpoints.id = waiting.endpoint_id
    where endpoints.enabled and endpoints.deleted_at is null and exists (
      select 1 from webhook_deliveries deliveries
      where deliveries.endpoint_id = endpoints.id and deliveries.due_at <= ${now}::timestamptz)`,
);

/**
 * Claims what is due for some endpoints, oldest first.
 * @param wanted.rooms how many at most, for each endpoint
 * @param wanted.until when the claim runs out
 */
export async function claim(
  db: Db,
  wanted: { endpointIds: string[]; rooms: number[]; now: Date; until: Date },
): Promise<Claimed[]> {
  const rows = await claimRows(db, wanted);
  return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
}

const claimRows = compiled(
  (
    _db,
    { endpointIds, rooms, now, until }: { endpointIds: string[]; rooms: number[]; now: Date; until: Date },
  ) => sql<Claimed>`
    with due as materialized (
      select delivery.id, endpoints.url, endpoints.failing_since
      from unnest(${endpointIds}::text[], ${rooms}::integer[]) as wanted (endpoint_id, room)
      join webhook_endpoints endpoints on endpoints.id = wanted.endpoint_id
      cross join lateral (
        select deliveries.id from webhook_deliveries deliveries
        where deliveries.endpoint_id = wanted.endpoint_id and deliveries.due_at <= ${now}::timestamptz
        order by deliveries.due_at, deliveries.id limit wanted.room for update skip locked) as delivery
      where endpoints.enabled and endpoints.deleted_at is null
    ), claimed as (
      update webhook_deliveries deliveries set due_at = ${until}::timestamptz, attempts = attempts + 1
      from due where deliveries.id = due.id
      returning deliveries.*, due.url, due.failing_since
    )
    select claimed.*, events.occurred_at, events.payload, (
      select coalesce(json_agg(json_build_object('id', secrets.id, 'sealed', encode(secrets.sealed, 'base64'))
        order by secrets.id desc), '[]')
      from webhook_secrets secrets
      where secrets.endpoint_id = claimed.endpoint_id
        and (secrets.expires_at is null or secrets.expires_at > ${now}::timestamptz)) as secrets
    from claimed left join events on events.id = claimed.event_id`,
);

/** How an attempt ended, and what follows from it. */
export interface Result {
  id: string;
  environment_id: string;
  number: number;
  claimed_until: Date;
  status: "success" | "retrying" | "failed";
  due_at: Date | null;
  tries_left: number;
  started_at: Date;
  duration_ms: number;
  request_headers: Record<string, string>;
  response_status: number | null;
  response_headers: Record<string, string> | null;
  response_body: string;
  error: string;
}

/**
 * Writes down attempts, by one statement. The delivery itself follows only the attempt that holds it: not one whose claim
 * ran out, nor one that was overtaken by a replay.
 */
export async function settle(db: Db, results: readonly Result[]): Promise<void> {
  await settleRows(db, { results: JSON.stringify(results) });
}

const settleRows = compiled(
  (_db, { results }: { results: string }) => sql`
    with result as (
      select * from jsonb_to_recordset(${results}::jsonb) as result (id text, environment_id text, number integer,
        claimed_until timestamptz, status text, due_at timestamptz, tries_left integer, started_at timestamptz,
        duration_ms integer, request_headers jsonb, response_status integer, response_headers jsonb,
        response_body text, error text)
    ), attempted as (
      insert into webhook_attempts (environment_id, delivery_id, number, started_at, duration_ms, request_headers,
        response_status, response_headers, response_body, error)
      select environment_id, id, number, started_at, duration_ms, request_headers, response_status, response_headers,
        response_body, error from result
      on conflict do nothing
    )
    update webhook_deliveries deliveries
    set status = result.status, due_at = result.due_at, tries_left = result.tries_left,
      response_status = result.response_status
    from result
    where deliveries.id = result.id and deliveries.attempts = result.number
      and deliveries.due_at = result.claimed_until`,
);

/** Gives back claims of attempts that were broken off, so that another process makes them at once. */
export async function release(db: Db, claims: readonly Claimed[], now: Date): Promise<void> {
  const ids = claims.map((claimed) => claimed.id);
  const until = claims.map((claimed) => claimed.due_at);
  await sql`
    update webhook_deliveries deliveries set due_at = ${now}
    from unnest(${ids}::text[], ${until}::timestamptz[]) as claimed (id, until)
    where deliveries.id = claimed.id and deliveries.due_at = claimed.until`.execute(db);
}
