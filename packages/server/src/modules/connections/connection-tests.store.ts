/** SQL of test sign-ins. */
import type { Insertable, Selectable, Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type ConnectionTest = Selectable<Database["connection_tests"]>;

export async function insert(at: Scope, row: Insertable<Database["connection_tests"]>): Promise<void> {
  await at.db.insertInto("connection_tests").values(row).execute();
}

export async function find(at: Scope, id: string, now: Date): Promise<ConnectionTest | undefined> {
  return at.db
    .selectFrom("connection_tests")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("expires_at", ">", now)
    .executeTakeFirst();
}

/** Ends a test that is still pending; of two ends at once, one counts. */
export async function end(
  at: Scope,
  id: string,
  result: Updateable<Database["connection_tests"]>,
): Promise<void> {
  await at.db
    .updateTable("connection_tests")
    .set(result)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("status", "=", "PENDING")
    .execute();
}
