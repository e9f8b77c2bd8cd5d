/** SQL of the applications of an environment. */
import type { Insertable, Selectable, Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Client = Selectable<Database["clients"]>;

export async function insert(at: Scope, row: Insertable<Database["clients"]>): Promise<Client> {
  return at.db.insertInto("clients").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(at: Scope, id: string): Promise<Client | undefined> {
  return at.db
    .selectFrom("clients")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** The application made with the environment. */
export async function findDefault(at: Scope): Promise<Client | undefined> {
  return at.db
    .selectFrom("clients")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("type", "=", "ENV")
    .orderBy("id")
    .executeTakeFirst();
}

export async function set(
  at: Scope,
  id: string,
  change: Updateable<Database["clients"]>,
): Promise<Client | undefined> {
  return at.db
    .updateTable("clients")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Every redirect URI that a client of the environment has registered. */
export async function listRedirectUris(at: Scope): Promise<string[]> {
  const rows = await at.db
    .selectFrom("clients")
    .select("post_login_uris")
    .where("environment_id", "=", at.environmentId)
    .execute();
  return rows.flatMap((row) => row.post_login_uris);
}
