/** SQL of directories. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type DirectoryRow = Selectable<Database["directories"]>;
export type DirectoryChange = Updateable<Database["directories"]>;

export async function insert(at: Scope, row: Insertable<Database["directories"]>): Promise<DirectoryRow> {
  return at.db.insertInto("directories").values(row).returningAll().executeTakeFirstOrThrow();
}

/** In any organization: for those who come with a token of the directory. */
export async function findAny(at: Scope, id: string): Promise<DirectoryRow | undefined> {
  return inEnvironment(at).where("id", "=", id).executeTakeFirst();
}

export async function find(at: Scope, organizationId: string, id: string): Promise<DirectoryRow | undefined> {
  return inOrganization(at, organizationId).where("id", "=", id).executeTakeFirst();
}

/**
 * How a directory is held until the transaction ends. `use`: its people or groups change, by any number of transactions
 * at once; it does not wait for a switch, since many who waited so would hold all connections. `change`: its own row or what hangs on it changes, beside those; `switch`: all others have to wait.
 */
export type Hold = "use" | "change" | "switch";

/** The same as it is now, and held. @throws `isHeldElsewhere` with `use` */
export async function findHeld(
  at: Scope,
  organizationId: string,
  id: string,
  hold: Hold,
): Promise<DirectoryRow | undefined> {
  return (await held[hold](at.db, { environmentId: at.environmentId, organizationId, id }))[0];
}

type Named = { environmentId: string; organizationId: string; id: string };

const held = {
  use: compiled(
    (_db, named: Named) => sql<DirectoryRow>`${within(named)} for key share of directories nowait`,
  ),
  change: compiled(
    (_db, named: Named) => sql<DirectoryRow>`${within(named)} for no key update of directories`,
  ),
  switch: compiled((_db, named: Named) => sql<DirectoryRow>`${within(named)} for update of directories`),
};

/** The organization is held first: whoever deletes it holds it before all else, and would wait in a circle. */
function within({ environmentId, organizationId, id }: Named) {
  return sql`
    with organization as materialized (
      select id from organizations where id = ${organizationId} and environment_id = ${environmentId} for key share)
    select directories.* from organization
    join directories on directories.organization_id = organization.id
    where directories.id = ${id} and directories.environment_id = ${environmentId}`;
}

/** Oldest first; an organization has few of them. */
export async function list(at: Scope, organizationId: string): Promise<DirectoryRow[]> {
  return inOrganization(at, organizationId).orderBy("id").execute();
}

export async function set(at: Scope, id: string, change: DirectoryChange): Promise<DirectoryRow | undefined> {
  return at.db
    .updateTable("directories")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** @returns whether the directory was waiting for its first call */
export async function setFirstCall(at: Scope, id: string): Promise<boolean> {
  const { numUpdatedRows } = await at.db
    .updateTable("directories")
    .set({ status: "IN_PROGRESS" })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("status", "=", "DRAFT")
    .executeTakeFirstOrThrow();
  return numUpdatedRows > 0n;
}

/** Marks the enabled directories of an organization: those who wait for a domain are to be looked at again. */
export async function setWaiting(at: Scope, organizationId: string): Promise<void> {
  await at.db
    .updateTable("directories")
    .set({ waiting_after: "" })
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("enabled", "=", true)
    .execute();
}

/** A marked directory, held by the transaction; those that another process holds are passed over. */
export async function takeWaiting(at: Scope): Promise<DirectoryRow | undefined> {
  return inEnvironment(at)
    .where("waiting_after", "is not", null)
    .where("enabled", "=", true)
    .orderBy("id")
    .limit(1)
    .forNoKeyUpdate()
    .skipLocked()
    .executeTakeFirst();
}

export async function remove(at: Scope, id: string): Promise<boolean> {
  const { numDeletedRows } = await at.db
    .deleteFrom("directories")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

function inEnvironment(at: Scope) {
  return at.db.selectFrom("directories").selectAll().where("environment_id", "=", at.environmentId);
}

function inOrganization(at: Scope, organizationId: string) {
  return inEnvironment(at).where("organization_id", "=", organizationId);
}
