/** SQL of the certificates of identity providers. */
import { type Insertable, type Selectable, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Certificate = Selectable<Database["connection_certificates"]>;

export async function list(at: Scope, connectionId: string): Promise<Certificate[]> {
  return at.db
    .selectFrom("connection_certificates")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId)
    .orderBy("id")
    .execute();
}

/** Makes these the certificates of a connection; one that was there already keeps its id. */
export async function replace(
  at: Scope,
  connectionId: string,
  rows: Insertable<Database["connection_certificates"]>[],
): Promise<void> {
  const fingerprints = rows.map((row) => row.fingerprint);
  await at.db
    .deleteFrom("connection_certificates")
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId)
    .where((eb) => eb.not(eb("fingerprint", "=", eb.fn.any(eb.val(fingerprints)))))
    .execute();
  if (rows.length === 0) return;
  await at.db
    .insertInto("connection_certificates")
    .values(rows)
    .onConflict((conflict) => conflict.columns(["connection_id", "fingerprint"]).doNothing())
    .execute();
}

/** A certificate that ends before a mark, and the days of that mark. */
export interface Ending {
  id: string;
  connection_id: string;
  organization_id: string | null;
  issuer: string;
  expires_at: Date;
  days: number;
}

/**
 * Notes for each certificate of a complete connection the nearest mark that it has passed.
 * @param marks days before the end, and the instant that this is counted from the present
 * @returns those that passed one which was not noted before
 */
export async function markWarned(
  at: Scope,
  marks: { days: number; end: Date }[],
  limit: number,
): Promise<Ending[]> {
  const { rows } = await sql<Ending>`
    with due as (
      select certificate.id, passed.days, connection.organization_id
      from connection_certificates certificate
      join connections connection on connection.id = certificate.connection_id
      cross join lateral (
        select min(days) as days
        from unnest(${marks.map(({ days }) => days)}::int[], ${marks.map(({ end }) => end)}::timestamptz[])
          as mark (days, until)
        where certificate.expires_at <= until
      ) passed
      where certificate.environment_id = ${at.environmentId} and connection.status = 'COMPLETED'
        and passed.days is not null
        and (certificate.warned_days is null or certificate.warned_days > passed.days)
      order by certificate.id limit ${limit} for no key update of certificate skip locked
    )
    update connection_certificates certificate set warned_days = due.days from due
    where certificate.id = due.id
    returning certificate.id, certificate.connection_id, due.organization_id, certificate.issuer,
      certificate.expires_at, due.days`.execute(at.db);
  return rows;
}
