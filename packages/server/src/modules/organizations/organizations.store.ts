/** SQL of organizations. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { joinReads } from "../../db/joined-reads.ts";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type Organization = Selectable<Database["organizations"]>;
export type OrganizationInsert = Insertable<Database["organizations"]>;
export type OrganizationChange = Updateable<Database["organizations"]>;

/** An organization is named by its id or by the app's own id of it. */
export type OrganizationRef = { id: string } | { externalId: string };

export async function insert(at: Scope, row: OrganizationInsert): Promise<Organization> {
  return at.db.insertInto("organizations").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(at: Scope, ref: OrganizationRef): Promise<Organization | undefined> {
  return "id" in ref ? findById(at, ref.id) : named(at, ref).executeTakeFirst();
}

const findById = joinReads(
  ({ db, environmentId }, ids) => listByIds(db, { environmentId, ids }),
  (row: Organization) => row.id,
);

const listByIds = compiled((db, by: { environmentId: string; ids: readonly string[] }) =>
  db
    .selectFrom("organizations")
    .selectAll()
    .where("environment_id", "=", by.environmentId)
    .where(sql<boolean>`id = any(${by.ids})`),
);

/** The same, and holds the row until the transaction ends; others may still refer to it. */
export async function findForChange(at: Scope, ref: OrganizationRef): Promise<Organization | undefined> {
  return named(at, ref).forNoKeyUpdate().executeTakeFirst();
}

function named(at: Scope, ref: OrganizationRef) {
  const query = at.db.selectFrom("organizations").selectAll().where("environment_id", "=", at.environmentId);
  return "id" in ref ? query.where("id", "=", ref.id) : query.where("external_id", "=", ref.externalId);
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, page: PageRange & { externalId?: string }): Promise<Organization[]> {
  let query = at.db.selectFrom("organizations").selectAll().where("environment_id", "=", at.environmentId);
  if (page.externalId !== undefined) query = query.where("external_id", "=", page.externalId);
  return newestFirst(query, page, "id");
}

export async function set(
  at: Scope,
  id: string,
  change: OrganizationChange,
): Promise<Organization | undefined> {
  return at.db
    .updateTable("organizations")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Until the transaction ends, nothing is made in the organization. False when there is none. */
export async function lock(at: Scope, id: string): Promise<boolean> {
  const row = await at.db
    .selectFrom("organizations")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .forUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

export async function remove(at: Scope, id: string): Promise<Organization | undefined> {
  return at.db
    .deleteFrom("organizations")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}
