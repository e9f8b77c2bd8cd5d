/** SQL of scopes. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope as Place } from "../../db/scope.ts";

export type Scope = Selectable<Database["scopes"]>;

export async function insert(at: Place, row: Insertable<Database["scopes"]>): Promise<Scope> {
  return at.db.insertInto("scopes").values(row).returningAll().executeTakeFirstOrThrow();
}

/** By name. */
export async function list(at: Place): Promise<Scope[]> {
  return at.db
    .selectFrom("scopes")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .orderBy("name")
    .execute();
}

export async function set(
  at: Place,
  id: string,
  change: Updateable<Database["scopes"]>,
): Promise<Scope | undefined> {
  return at.db
    .updateTable("scopes")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

export async function remove(at: Place, id: string): Promise<Scope | undefined> {
  return at.db
    .deleteFrom("scopes")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** How many there are; others that add one wait until the transaction ends, so that the answer stays true. */
export async function countLocked(at: Place): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext(${`scopes ${at.environmentId}`}))`.execute(at.db);
  const { total } = await at.db
    .selectFrom("scopes")
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .where("environment_id", "=", at.environmentId)
    .executeTakeFirstOrThrow();
  return total;
}
