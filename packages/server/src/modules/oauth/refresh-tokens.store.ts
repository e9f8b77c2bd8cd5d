/** SQL of grants and their refresh tokens. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Grant = Selectable<Database["grants"]>;
export type RefreshToken = Selectable<Database["refresh_tokens"]>;

export async function insert(at: Scope, row: Insertable<Database["refresh_tokens"]>): Promise<void> {
  await at.db.insertInto("refresh_tokens").values(row).execute();
}

/** Takes a refresh token: undefined when it was taken before. Of many at once, one wins. */
export async function consume(at: Scope, hash: Buffer, now: Date): Promise<RefreshToken | undefined> {
  return at.db
    .updateTable("refresh_tokens")
    .set({ consumed_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("hash", "=", hash)
    .where("consumed_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

export async function find(at: Scope, hash: Buffer): Promise<RefreshToken | undefined> {
  return at.db
    .selectFrom("refresh_tokens")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("hash", "=", hash)
    .executeTakeFirst();
}

/** A grant that was not ended; a token that rotates while it ends belongs to an ended grant. */
export async function findLiveGrant(at: Scope, id: string): Promise<Grant | undefined> {
  return at.db
    .selectFrom("grants")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .executeTakeFirst();
}

export async function endGrant(at: Scope, id: string, now: Date): Promise<void> {
  await at.db
    .updateTable("grants")
    .set({ ended_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("ended_at", "is", null)
    .execute();
}
