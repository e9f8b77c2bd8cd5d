/** SQL of expiry: the one place that deletes across environments. */
import { sql } from "kysely";
import type { Db } from "../db/db.ts";

const batch = 5_000;

type Expiring =
  | "saml_responses"
  | "used_assertions"
  | "simulator_codes"
  | "sso_requests"
  | "auth_requests"
  | "authorization_codes"
  | "sessions";

/** Removes the rows whose `column` is before `limit`. */
export async function removeBefore(db: Db, table: Expiring, column: string, limit: Date): Promise<void> {
  for (;;) {
    const result = await sql`
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where ${sql.ref(column)} < ${limit} limit ${batch}))`.execute(
      db,
    );
    if ((result.numAffectedRows ?? 0n) < BigInt(batch)) return;
  }
}
