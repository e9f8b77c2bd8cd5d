/**
 * Counts behind `total_size`, kept in the transaction of the change, since `count(*)` reads a whole table.
 * A count is the sum of several slots, so that concurrent writers rarely wait for one row: each connection has its
 * slot, and those of a pool, which are opened one after the other, have different ones.
 */
import { type RawBuilder, sql } from "kysely";
import { compiled } from "./compiled.ts";
import type { Scope } from "./scope.ts";

const slot = sql`pg_backend_pid() % 32`;

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
  await addRows(at.db, additionOf(at.environmentId, name, scopes, delta));
}

/** What is to be added to which counts, as values of a statement. */
export interface Addition {
  countedIn: string;
  counted: string;
  scopes: readonly string[];
  delta: number;
}

/** An addition to counts of an environment; `scopes` in the order in which all statements add to them. */
export function additionOf(
  environmentId: string,
  counted: string,
  scopes: readonly string[],
  delta: number,
): Addition {
  return { countedIn: environmentId, counted, scopes, delta };
}

/** The addition as a statement, or as a part of one. */
export function addition(by: Addition): RawBuilder<unknown> {
  return additions(
    by,
    sql`select scope, ${by.delta}::bigint as delta from unnest(${by.scopes}::text[]) as scope`,
  );
}

/**
 * Different additions to one count of several scopes.
 * @param source a query of `scope` and `delta`, in the order in which all statements add
 */
export function additions(
  { countedIn, counted }: Pick<Addition, "countedIn" | "counted">,
  source: RawBuilder<unknown>,
): RawBuilder<unknown> {
  return sql`
    insert into counters (environment_id, name, scope, slot, value)
    select ${countedIn}, ${counted}, scope, ${slot}, delta from (${source}) as added
    on conflict (environment_id, name, scope, slot) do update set value = counters.value + excluded.value`;
}

const addRows = compiled((_db, by: Addition) => addition(by));

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
