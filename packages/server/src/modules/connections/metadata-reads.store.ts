/** SQL of when the metadata of identity providers was read, and how that went. */
import { sql } from "kysely";
import type { Scope } from "../../db/scope.ts";

export interface Read {
  at: Date;
  /** '' when the metadata was good. */
  problem: string;
}

export async function set(at: Scope, connectionId: string, read: Read): Promise<void> {
  await at.db
    .updateTable("connections")
    .set({ metadata_read_at: read.at, metadata_problem: read.problem, metadata_reading: false })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", connectionId)
    .execute();
}

/** Those that were read before `good`, or before `failed` with a problem, longest ago first. */
export interface Due {
  good: Date;
  failed: Date;
  limit: number;
}

/**
 * Takes connections whose metadata is due: they count as read from now on, so that two who ask at once share them.
 * @returns their ids
 */
export async function claim(at: Scope, due: Due, now: Date): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update connections set metadata_read_at = ${now}, metadata_reading = true where id = any(array(
      select id from connections
      where environment_id = ${at.environmentId} and type = 'SAML' and status = 'COMPLETED'
        and configuration_type = 'DISCOVERY' and settings->>'idpMetadataUrl' <> ''
        and (metadata_read_at is null or metadata_read_at <= ${due.good}
          or (metadata_problem <> '' and metadata_read_at <= ${due.failed}))
      order by metadata_read_at nulls first limit ${due.limit} for no key update skip locked))
    returning id`.execute(at.db);
  return rows.map(({ id }) => id);
}

/** Takes one connection that was not read since `before`; of many at once, one gets true. */
export async function claimOne(at: Scope, connectionId: string, before: Date, now: Date): Promise<boolean> {
  const result = await at.db
    .updateTable("connections")
    .set({ metadata_read_at: now, metadata_reading: true })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", connectionId)
    .where((eb) => eb.or([eb("metadata_read_at", "is", null), eb("metadata_read_at", "<=", before)]))
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Whether somebody reads the metadata now, having begun after `since`: who began before that has died over it. */
export async function isUnderWay(at: Scope, connectionId: string, since: Date): Promise<boolean> {
  const row = await at.db
    .selectFrom("connections")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", connectionId)
    .where("metadata_reading", "=", true)
    .where("metadata_read_at", ">", since)
    .executeTakeFirst();
  return row !== undefined;
}
