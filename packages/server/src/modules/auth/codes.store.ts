/** SQL of authorization codes. */
import type { Insertable } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

type NewCode = Insertable<Database["authorization_codes"]>;

export async function insert(at: Scope, row: NewCode): Promise<void> {
  await insertRow(at.db, row);
}

const insertRow = compiled((db, row: NewCode) => db.insertInto("authorization_codes").values(row));

/** Issues a code and closes the sign-in that it ends, in one statement. False when that was closed meanwhile. */
export async function insertForRequest(at: Scope, row: NewCode, authRequestId: string): Promise<boolean> {
  const inserted = await insertAndClose(at.db, { ...row, authRequestId });
  return inserted.length === 1;
}

const insertAndClose = compiled((db, { authRequestId, ...row }: NewCode & { authRequestId: string }) => {
  const columns = Object.keys(row) as (keyof typeof row)[];
  return db
    .with("closed", (db) =>
      db
        .updateTable("auth_requests")
        .set({ completed_at: row.created_at })
        .where("environment_id", "=", row.environment_id)
        .where("id", "=", authRequestId)
        .where("completed_at", "is", null)
        .returning("id"),
    )
    .insertInto("authorization_codes")
    .columns(columns)
    .expression((eb) =>
      eb.selectFrom("closed").select(columns.map((column) => eb.val(row[column]).as(column))),
    )
    .returning("grant_id");
});
