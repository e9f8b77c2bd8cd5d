/** SQL of authorization codes. */
import type { Insertable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export async function insert(at: Scope, row: Insertable<Database["authorization_codes"]>): Promise<void> {
  await at.db.insertInto("authorization_codes").values(row).execute();
}

/** Issues a code and closes the sign-in that it ends, in one statement. False when that was closed meanwhile. */
export async function insertForRequest(
  at: Scope,
  row: Insertable<Database["authorization_codes"]>,
  authRequestId: string,
): Promise<boolean> {
  const columns = Object.keys(row) as (keyof typeof row)[];
  const inserted = await at.db
    .with("closed", (db) =>
      db
        .updateTable("auth_requests")
        .set({ completed_at: row.created_at })
        .where("environment_id", "=", at.environmentId)
        .where("id", "=", authRequestId)
        .where("completed_at", "is", null)
        .returning("id"),
    )
    .insertInto("authorization_codes")
    .columns(columns)
    .expression((eb) =>
      eb.selectFrom("closed").select(columns.map((column) => eb.val(row[column]).as(column))),
    )
    .returning("grant_id")
    .executeTakeFirst();
  return inserted !== undefined;
}
