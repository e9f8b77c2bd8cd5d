/** SQL of sign-ins that have begun. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type AuthRequest = Selectable<Database["auth_requests"]>;

export async function insert(at: Scope, row: Insertable<Database["auth_requests"]>): Promise<void> {
  await at.db.insertInto("auth_requests").values(row).execute();
}

/** A sign-in that is still open, in the browser that began it. */
export async function findOpen(
  at: Scope,
  id: string,
  browserHash: Buffer,
  now: Date,
): Promise<AuthRequest | undefined> {
  return at.db
    .selectFrom("auth_requests")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("browser_hash", "=", browserHash)
    .where("completed_at", "is", null)
    .where("expires_at", ">", now)
    .executeTakeFirst();
}
