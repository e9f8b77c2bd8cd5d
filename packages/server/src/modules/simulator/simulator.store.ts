/** SQL of the simulator: its key, and the codes of its OpenID provider. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type SimulatorKeyRow = Selectable<Database["simulator_keys"]>;

export async function findKey(at: Scope): Promise<SimulatorKeyRow | undefined> {
  return at.db
    .selectFrom("simulator_keys")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .executeTakeFirst();
}

/** Of two processes that start at once, the first one's key stays. */
export async function insertKeyIfAbsent(
  at: Scope,
  row: Insertable<Database["simulator_keys"]>,
): Promise<void> {
  await at.db
    .insertInto("simulator_keys")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

export async function insertCode(at: Scope, row: Insertable<Database["simulator_codes"]>): Promise<void> {
  await at.db.insertInto("simulator_codes").values(row).execute();
}

/** Takes a code that is still valid out of the table: of many at once, one gets its claims. */
export async function removeCode(at: Scope, hash: Buffer, now: Date): Promise<unknown> {
  const row = await at.db
    .deleteFrom("simulator_codes")
    .where("environment_id", "=", at.environmentId)
    .where("hash", "=", hash)
    .where("expires_at", ">", now)
    .returning("claims")
    .executeTakeFirst();
  return row?.claims;
}

export async function removeExpiredCodes(at: Scope, now: Date): Promise<void> {
  await at.db
    .deleteFrom("simulator_codes")
    .where("environment_id", "=", at.environmentId)
    .where("expires_at", "<=", now)
    .execute();
}
