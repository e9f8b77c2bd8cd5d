/** SQL of the certificates of identity providers. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Certificate = Selectable<Database["connection_certificates"]>;

export async function list(at: Scope, connectionId: string): Promise<Certificate[]> {
  return at.db
    .selectFrom("connection_certificates")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId)
    .orderBy("id")
    .execute();
}

/** Makes these the certificates of a connection; one that was there already keeps its id. */
export async function replace(
  at: Scope,
  connectionId: string,
  rows: Insertable<Database["connection_certificates"]>[],
): Promise<void> {
  const fingerprints = rows.map((row) => row.fingerprint);
  await at.db
    .deleteFrom("connection_certificates")
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId)
    .where((eb) => eb.not(eb("fingerprint", "=", eb.fn.any(eb.val(fingerprints)))))
    .execute();
  if (rows.length === 0) return;
  await at.db
    .insertInto("connection_certificates")
    .values(rows)
    .onConflict((conflict) => conflict.columns(["connection_id", "fingerprint"]).doNothing())
    .execute();
}
