/** SQL of the declared attributes of users. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type UserAttributeRow = Selectable<Database["user_attributes"]>;

/** Undefined when the key is taken. */
export async function insert(
  at: Scope,
  row: Insertable<Database["user_attributes"]>,
): Promise<UserAttributeRow | undefined> {
  return at.db
    .insertInto("user_attributes")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returningAll()
    .executeTakeFirst();
}

/** In the order in which they were declared; there are few. */
export async function list(at: Scope): Promise<UserAttributeRow[]> {
  return at.db
    .selectFrom("user_attributes")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .orderBy("created_at")
    .orderBy("key")
    .execute();
}

/** The same; others that change any wait until the transaction ends. */
export async function listLocked(at: Scope): Promise<UserAttributeRow[]> {
  await sql`select pg_advisory_xact_lock(hashtext(${`user_attributes ${at.environmentId}`}))`.execute(at.db);
  return list(at);
}

export async function set(
  at: Scope,
  source: string,
  key: string,
  change: Updateable<Database["user_attributes"]>,
): Promise<UserAttributeRow | undefined> {
  return at.db
    .updateTable("user_attributes")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("source", "=", source)
    .where("key", "=", key)
    .returningAll()
    .executeTakeFirst();
}

export async function remove(at: Scope, source: string, key: string): Promise<UserAttributeRow | undefined> {
  return at.db
    .deleteFrom("user_attributes")
    .where("environment_id", "=", at.environmentId)
    .where("source", "=", source)
    .where("key", "=", key)
    .returningAll()
    .executeTakeFirst();
}
