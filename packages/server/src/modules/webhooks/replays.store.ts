/** SQL of replays of a span of time. */
import { type Insertable, type Selectable, sql } from "kysely";
import type { Db } from "../../db/db.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type ReplayRow = Selectable<Database["webhook_replays"]>;

export async function insert(at: Scope, row: Insertable<Database["webhook_replays"]>): Promise<ReplayRow> {
  return at.db.insertInto("webhook_replays").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(at: Scope, id: string): Promise<ReplayRow | undefined> {
  return at.db
    .selectFrom("webhook_replays")
    .innerJoin("webhook_endpoints", "webhook_endpoints.id", "webhook_replays.endpoint_id")
    .selectAll("webhook_replays")
    .where("webhook_replays.environment_id", "=", at.environmentId)
    .where("webhook_replays.id", "=", id)
    .where("webhook_endpoints.deleted_at", "is", null)
    .executeTakeFirst();
}

/** The unfinished replays of all environments whose endpoint is on and has little left to send. */
export async function listReady(db: Db, now: Date, most: number): Promise<ReplayRow[]> {
  const { rows } = await sql<ReplayRow>`
    select replays.* from webhook_replays replays
    join webhook_endpoints endpoints on endpoints.id = replays.endpoint_id
    where replays.finished_at is null and endpoints.enabled and endpoints.deleted_at is null and (
      select count(*) from (
        select 1 from webhook_deliveries deliveries
        where deliveries.endpoint_id = replays.endpoint_id and deliveries.due_at <= ${now} limit ${most}) as due
    ) < ${most}
    order by replays.id limit 20`.execute(db);
  return rows;
}

/** Takes a replay a page further, by one statement; a process that comes second does nothing. */
export async function step(db: Db, replay: ReplayRow, now: Date, page: number): Promise<void> {
  const statuses = replay.include_successful ? ["failed", "success"] : ["failed"];
  await sql`
    with held as (
      select id from webhook_replays
      where id = ${replay.id} and reached = ${replay.reached} and finished_at is null for update skip locked
    ), page as materialized (
      select id from webhook_deliveries
      where endpoint_id = ${replay.endpoint_id} and id > ${replay.reached} and not is_test
        and created_at between ${replay.from_time} and ${replay.to_time} and status = any(${statuses})
      order by id limit ${page}
    ), queued as (
      update webhook_deliveries deliveries
      set status = 'queued', due_at = ${now}, tries_left = greatest(tries_left, 1)
      from page, held where deliveries.id = page.id
    )
    update webhook_replays replays set
      reached = coalesce((select max(id) from page), reached),
      replayed = replayed + (select count(*) from page),
      finished_at = case when (select count(*) from page) < ${page} then ${now}::timestamptz end
    from held where replays.id = held.id`.execute(db);
}
