/** SQL of client secrets. */
import { type Insertable, type Selectable, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type ClientSecret = Selectable<Database["client_secrets"]>;

export async function insert(at: Scope, row: Insertable<Database["client_secrets"]>): Promise<ClientSecret> {
  return at.db.insertInto("client_secrets").values(row).returningAll().executeTakeFirstOrThrow();
}

/** Every secret of a client, oldest first; a client has a handful. */
export async function list(at: Scope, clientId: string): Promise<ClientSecret[]> {
  return at.db
    .selectFrom("client_secrets")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("client_id", "=", clientId)
    .orderBy("id")
    .execute();
}

/** The secrets of several clients, by the id of the client, each oldest first. */
export async function listOf(at: Scope, clientIds: readonly string[]): Promise<Map<string, ClientSecret[]>> {
  const rows = await at.db
    .selectFrom("client_secrets")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`client_id = any(${[...clientIds]})`)
    .orderBy("id")
    .execute();
  return Map.groupBy(rows, (row) => row.client_id);
}

export async function setStatus(
  at: Scope,
  clientId: string,
  id: string,
  change: { status: "ACTIVE" | "INACTIVE"; updated_at: Date },
): Promise<ClientSecret | undefined> {
  return at.db
    .updateTable("client_secrets")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("client_id", "=", clientId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

/** Only forwards, so that a process whose clock is behind takes nothing back. */
export async function setLastUsed(at: Scope, id: string, now: Date): Promise<void> {
  await at.db
    .updateTable("client_secrets")
    .set({ last_used_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where((eb) => eb.or([eb("last_used_at", "is", null), eb("last_used_at", "<", now)]))
    .execute();
}

export async function remove(at: Scope, clientId: string, id: string): Promise<boolean> {
  const removed = await at.db
    .deleteFrom("client_secrets")
    .where("environment_id", "=", at.environmentId)
    .where("client_id", "=", clientId)
    .where("id", "=", id)
    .returning("id")
    .executeTakeFirst();
  return removed !== undefined;
}
