/**
 * Counts behind `total_size`, kept in the transaction of the change, since `count(*)` reads a whole table.
 * A count is the sum of several slots, so that concurrent writers rarely wait for one row.
 */
import { randomInt } from "node:crypto";
import { sql } from "kysely";
import type { Scope } from "./scope.ts";

const slots = 8;

/** Adds `delta` to the count `name` of `scope` (an organization id, or "" for the whole environment). */
export async function addToCount(at: Scope, name: string, scope: string, delta: number): Promise<void> {
  await addToCounts(at, name, [scope], delta);
}

/** The same of several scopes, in the order given: whoever adds to two counts must not do so in different orders. */
export async function addToCounts(
  at: Scope,
  name: string,
  scopes: readonly string[],
  delta: number,
): Promise<void> {
  const rows = scopes.map((scope) => ({
    environment_id: at.environmentId,
    name,
    scope,
    slot: randomInt(slots),
    value: delta,
  }));
  await at.db
    .insertInto("counters")
    .values(rows)
    .onConflict((conflict) =>
      conflict
        .columns(["environment_id", "name", "scope", "slot"])
        .doUpdateSet({ value: sql<number>`counters.value + excluded.value` }),
    )
    .execute();
}

/** The count `name` of `scope`; 0 when nothing was ever counted. */
export async function readCount(at: Scope, name: string, scope: string): Promise<number> {
  const row = await at.db
    .selectFrom("counters")
    .select((eb) => eb.fn.coalesce(eb.fn.sum<string>("value"), sql<string>`0`).as("total"))
    .where("environment_id", "=", at.environmentId)
    .where("name", "=", name)
    .where("scope", "=", scope)
    .executeTakeFirstOrThrow();
  return Number(row.total);
}

/** Forgets the count `name` of a scope that is gone. */
export async function removeCount(at: Scope, name: string, scope: string): Promise<void> {
  await at.db
    .deleteFrom("counters")
    .where("environment_id", "=", at.environmentId)
    .where("name", "=", name)
    .where("scope", "=", scope)
    .execute();
}
