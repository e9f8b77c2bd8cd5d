/** SQL of traces. */
import { type Insertable, type Selectable, type SqlBool, sql } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type TraceRow = Selectable<Database["traces"]>;

/** The columns that a list can be narrowed by, each to one value. */
export type TraceFilter = Partial<
  Pick<TraceRow, "organization_id" | "connection_id" | "email" | "error_code" | "kind" | "outcome">
>;

/** Two references that meet are no reason to fail a sign-in: the later trace is left out. */
export async function insert(at: Scope, row: Insertable<Database["traces"]>): Promise<void> {
  await at.db
    .insertInto("traces")
    .values(row)
    .onConflict((conflict) => conflict.columns(["environment_id", "reference"]).doNothing())
    .execute();
}

export async function find(
  at: Scope,
  by: { id: string } | { reference: string } | { linkHash: Buffer },
  now: Date,
): Promise<TraceRow | undefined> {
  const query = at.db
    .selectFrom("traces")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("expires_at", ">", now);
  if ("id" in by) return query.where("id", "=", by.id).executeTakeFirst();
  if ("reference" in by) return query.where("reference", "=", by.reference).executeTakeFirst();
  return query.where("link_hash", "=", by.linkHash).executeTakeFirst();
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, filter: TraceFilter, page: PageRange): Promise<TraceRow[]> {
  const query = filtered(at, filter).selectAll();
  return newestFirst(query, page, "id");
}

/** How many there are, counted up to `most`. */
export async function count(at: Scope, filter: TraceFilter, most: number): Promise<number> {
  const some = filtered(at, filter).select("id").limit(most).as("some");
  const row = await at.db
    .selectFrom(some)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

/** How many attempts of a kind did not succeed since an instant, at a connection or at none, counted up to `most`. */
export async function countFailures(
  at: Scope,
  of: { connectionId: string; organizationId: string | null; kind: string; since: Date },
  most: number,
): Promise<number> {
  const recent = filtered(at, { connection_id: of.connectionId, kind: of.kind })
    .where("organization_id", "is not distinct from", of.organizationId)
    // As it stands in the index, and not as a parameter.
    .where(sql<SqlBool>`outcome <> 'success'`)
    .where("created_at", ">", of.since)
    .select("id")
    .limit(most)
    .as("recent");
  const row = await at.db
    .selectFrom(recent)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function removeOfOrganization(at: Scope, organizationId: string): Promise<void> {
  await at.db
    .deleteFrom("traces")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .execute();
}

function filtered(at: Scope, filter: TraceFilter) {
  let query = at.db.selectFrom("traces").where("environment_id", "=", at.environmentId);
  for (const [column, value] of Object.entries(filter)) {
    query = query.where(column as keyof TraceFilter, "=", value);
  }
  return query;
}
