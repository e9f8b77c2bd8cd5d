/** SQL of clients: the applications of an environment, and what is the same for the clients of organizations. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type Client = Selectable<Database["clients"]>;
export type ClientInsert = Insertable<Database["clients"]>;
export type ClientChange = Updateable<Database["clients"]>;

export async function insert(at: Scope, row: ClientInsert): Promise<Client> {
  return at.db.insertInto("clients").values(row).returningAll().executeTakeFirstOrThrow();
}

/** A client of any kind, as the token endpoint knows it. */
export async function find(at: Scope, id: string): Promise<Client | undefined> {
  return at.db
    .selectFrom("clients")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .executeTakeFirst();
}

/** An application of the environment, which a client of an organization is not. */
export async function findApplication(at: Scope, id: string): Promise<Client | undefined> {
  return applications(at).where("id", "=", id).executeTakeFirst();
}

/** The application made with the environment. */
export async function findDefault(at: Scope): Promise<Client | undefined> {
  return applications(at).where("type", "=", "ENV").orderBy("id").executeTakeFirst();
}

/** Applications of the given types, newest first; in reverse when the range ends before an id. */
export async function listApplications(
  at: Scope,
  types: readonly string[],
  page: PageRange,
): Promise<Client[]> {
  const query = applications(at).where(sql<boolean>`type = any(${[...types]})`);
  return newestFirst(query, page, "id");
}

/** Until the transaction ends, nobody else counts or adds what hangs on this client. False when there is none. */
export async function lock(at: Scope, id: string): Promise<boolean> {
  const row = await at.db
    .selectFrom("clients")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row !== undefined;
}

export async function set(at: Scope, id: string, change: ClientChange): Promise<Client | undefined> {
  return at.db
    .updateTable("clients")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** With its secrets. */
export async function remove(at: Scope, id: string): Promise<Client | undefined> {
  return at.db
    .deleteFrom("clients")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Every redirect URI that an application of the environment has registered. */
export async function listRedirectUris(at: Scope): Promise<string[]> {
  const rows = await at.db
    .selectFrom("clients")
    .select("post_login_uris")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "is", null)
    .execute();
  return rows.flatMap((row) => row.post_login_uris);
}

function applications(at: Scope) {
  return at.db
    .selectFrom("clients")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "is", null);
}
