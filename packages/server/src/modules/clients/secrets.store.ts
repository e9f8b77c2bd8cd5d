/** SQL of client secrets. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type ClientSecret = Selectable<Database["client_secrets"]>;

export async function insert(at: Scope, row: Insertable<Database["client_secrets"]>): Promise<void> {
  await at.db.insertInto("client_secrets").values(row).execute();
}

/** Every secret of a client, oldest first; a client has a handful. */
export async function list(at: Scope, clientId: string): Promise<ClientSecret[]> {
  return at.db
    .selectFrom("client_secrets")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("client_id", "=", clientId)
    .orderBy("id")
    .execute();
}
