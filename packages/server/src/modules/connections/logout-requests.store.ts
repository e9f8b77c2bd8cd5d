/** SQL of sign-outs that wait at identity providers, and of logout messages that were used. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type WaitingSignOut = Selectable<Database["logout_requests"]>;

export async function insert(at: Scope, row: Insertable<Database["logout_requests"]>): Promise<void> {
  await at.db.insertInto("logout_requests").values(row).execute();
}

/** Uses up a sign-out that waits; undefined when there is none. Of many at once, one gets it. */
export async function consume(
  at: Scope,
  which: { handleHash: Buffer; connectionId: string },
  now: Date,
): Promise<WaitingSignOut | undefined> {
  return at.db
    .updateTable("logout_requests")
    .set({ consumed_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("handle_hash", "=", which.handleHash)
    .where("connection_id", "=", which.connectionId)
    .where("consumed_at", "is", null)
    .where("expires_at", ">", now)
    .returningAll()
    .executeTakeFirst();
}

/** Remembers the id of a message; false when it was there already. */
export async function insertUsed(
  at: Scope,
  message: { connectionId: string; id: string; until: Date },
): Promise<boolean> {
  const result = await at.db
    .insertInto("used_assertions")
    .values({
      environment_id: at.environmentId,
      connection_id: message.connectionId,
      // Their own names, so that no logout message takes the place of an assertion.
      assertion_id: `logout:${message.id}`,
      expires_at: message.until,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}
