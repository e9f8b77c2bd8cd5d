/** SQL of the secrets that deliveries are signed with. */
import { type Insertable, type Selectable, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type SecretRow = Selectable<Database["webhook_secrets"]>;

export async function insert(at: Scope, row: Insertable<Database["webhook_secrets"]>): Promise<void> {
  await at.db.insertInto("webhook_secrets").values(row).execute();
}

/** Those of some endpoints that still sign, the newest of each first. */
export async function list(at: Scope, endpointIds: readonly string[], now: Date): Promise<SecretRow[]> {
  return at.db
    .selectFrom("webhook_secrets")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`endpoint_id = any(${[...endpointIds]})`)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .orderBy("id", "desc")
    .execute();
}

/** Gives the one without an end an end. */
export async function setExpiry(at: Scope, endpointId: string, expiresAt: Date): Promise<void> {
  await at.db
    .updateTable("webhook_secrets")
    .set({ expires_at: expiresAt })
    .where("environment_id", "=", at.environmentId)
    .where("endpoint_id", "=", endpointId)
    .where("expires_at", "is", null)
    .execute();
}

/** Removes all but the newest `most` of an endpoint. */
export async function removeAllBut(at: Scope, endpointId: string, most: number): Promise<void> {
  const kept = at.db
    .selectFrom("webhook_secrets")
    .select("id")
    .where("endpoint_id", "=", endpointId)
    .orderBy("id", "desc")
    .limit(most);
  await at.db
    .deleteFrom("webhook_secrets")
    .where("environment_id", "=", at.environmentId)
    .where("endpoint_id", "=", endpointId)
    .where("id", "not in", kept)
    .execute();
}
