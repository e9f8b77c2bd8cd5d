/** SQL of permissions. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type Permission = Selectable<Database["permissions"]>;

export async function insert(at: Scope, row: Insertable<Database["permissions"]>): Promise<Permission> {
  return at.db.insertInto("permissions").values(row).returningAll().executeTakeFirstOrThrow();
}

/** Inserts those whose names are free, and gives these back. */
export async function insertMissing(
  at: Scope,
  rows: Insertable<Database["permissions"]>[],
): Promise<Permission[]> {
  return at.db
    .insertInto("permissions")
    .values(rows)
    .onConflict((conflict) => conflict.columns(["environment_id", "name"]).doNothing())
    .returningAll()
    .execute();
}

export async function find(at: Scope, name: string): Promise<Permission | undefined> {
  return inEnvironment(at).where("name", "=", name).executeTakeFirst();
}

export async function listNamed(at: Scope, names: readonly string[]): Promise<Permission[]> {
  if (names.length === 0) return [];
  return inEnvironment(at)
    .where(sql<boolean>`name = any(${[...names]})`)
    .execute();
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, page: PageRange & { builtIn?: boolean }): Promise<Permission[]> {
  let query = inEnvironment(at);
  if (page.builtIn !== undefined) query = query.where("is_built_in", "=", page.builtIn);
  return newestFirst(query, page, "id");
}

export async function set(
  at: Scope,
  id: string,
  change: Updateable<Database["permissions"]>,
): Promise<Permission> {
  return at.db
    .updateTable("permissions")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

export async function remove(at: Scope, id: string): Promise<void> {
  await at.db
    .deleteFrom("permissions")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .execute();
}

function inEnvironment(at: Scope) {
  return at.db.selectFrom("permissions").selectAll().where("environment_id", "=", at.environmentId);
}
