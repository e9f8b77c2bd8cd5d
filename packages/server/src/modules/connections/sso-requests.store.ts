/** SQL of the legs to identity providers: requests under way, posted responses, assertions that were used. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type SsoRequest = Selectable<Database["sso_requests"]>;
export type SamlResponse = Selectable<Database["saml_responses"]>;

export async function insert(at: Scope, row: Insertable<Database["sso_requests"]>): Promise<void> {
  await at.db.insertInto("sso_requests").values(row).execute();
}

export async function find(at: Scope, handleHash: Buffer, now: Date): Promise<SsoRequest | undefined> {
  return at.db
    .selectFrom("sso_requests")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("handle_hash", "=", handleHash)
    .where("expires_at", ">", now)
    .where("consumed_at", "is", null)
    .executeTakeFirst();
}

/** False when it was consumed meanwhile: of many at once, one wins. */
export async function consume(at: Scope, handleHash: Buffer, now: Date): Promise<boolean> {
  const result = await at.db
    .updateTable("sso_requests")
    .set({ consumed_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("handle_hash", "=", handleHash)
    .where("consumed_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

export async function insertResponse(at: Scope, row: Insertable<Database["saml_responses"]>): Promise<void> {
  await at.db.insertInto("saml_responses").values(row).execute();
}

/** A posted response that has not expired. */
export async function findResponse(
  at: Scope,
  ticketHash: Buffer,
  now: Date,
): Promise<SamlResponse | undefined> {
  return at.db
    .selectFrom("saml_responses")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("ticket_hash", "=", ticketHash)
    .where("expires_at", ">", now)
    .executeTakeFirst();
}

/** False when the assertion was used before on this connection. */
export async function insertUsedAssertion(
  at: Scope,
  used: { connectionId: string; assertionId: string; expiresAt: Date },
): Promise<boolean> {
  const inserted = await at.db
    .insertInto("used_assertions")
    .values({
      environment_id: at.environmentId,
      connection_id: used.connectionId,
      assertion_id: used.assertionId,
      expires_at: used.expiresAt,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("assertion_id")
    .executeTakeFirst();
  return inserted !== undefined;
}
