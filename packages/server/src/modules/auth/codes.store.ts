/** SQL of authorization codes. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type AuthorizationCode = Selectable<Database["authorization_codes"]>;

export async function insert(at: Scope, row: Insertable<Database["authorization_codes"]>): Promise<void> {
  await at.db.insertInto("authorization_codes").values(row).execute();
}

export async function find(at: Scope, hash: Buffer): Promise<AuthorizationCode | undefined> {
  return at.db
    .selectFrom("authorization_codes")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("hash", "=", hash)
    .executeTakeFirst();
}
