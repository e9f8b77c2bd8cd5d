/** SQL of secrets. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Secret = Selectable<Database["secrets"]>;

export async function insert(at: Scope, row: Insertable<Database["secrets"]>): Promise<Secret> {
  return at.db.insertInto("secrets").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(at: Scope, id: string): Promise<Secret | undefined> {
  return at.db
    .selectFrom("secrets")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** Newest first. */
export async function list(at: Scope, type: string | undefined): Promise<Secret[]> {
  let query = at.db.selectFrom("secrets").selectAll().where("environment_id", "=", at.environmentId);
  if (type !== undefined) query = query.where("type", "=", type);
  return query.orderBy("id", "desc").execute();
}

export async function set(
  at: Scope,
  id: string,
  change: Updateable<Database["secrets"]>,
): Promise<Secret | undefined> {
  return at.db
    .updateTable("secrets")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

export async function remove(at: Scope, id: string): Promise<Secret | undefined> {
  return at.db
    .deleteFrom("secrets")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** How many there are; others that add one wait until the transaction ends, so that the answer stays true. */
export async function countLocked(at: Scope): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext(${`secrets ${at.environmentId}`}))`.execute(at.db);
  const { total } = await at.db
    .selectFrom("secrets")
    .select((eb) => eb.fn.countAll<string>().as("total"))
    .where("environment_id", "=", at.environmentId)
    .executeTakeFirstOrThrow();
  return Number(total);
}
