/** SQL of connections. */
import type { Insertable, Selectable, Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Connection = Selectable<Database["connections"]>;
export type ConnectionChange = Updateable<Database["connections"]>;

/** A connection in a list, with the names that a list shows. */
export type ListedConnection = Connection & { organization_name: string };

export async function insert(at: Scope, row: Insertable<Database["connections"]>): Promise<Connection> {
  return at.db.insertInto("connections").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(at: Scope, id: string, organizationId?: string): Promise<Connection | undefined> {
  const query = at.db
    .selectFrom("connections")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id);
  return organizationId === undefined
    ? query.executeTakeFirst()
    : query.where("organization_id", "=", organizationId).executeTakeFirst();
}

/** Holds a connection until the transaction ends: changes of one row stand in line, none is lost. */
export async function lock(at: Scope, id: string): Promise<void> {
  await at.db
    .selectFrom("connections")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .forUpdate()
    .execute();
}

/** The connections of an organization or of a domain's owner, oldest first; without either, all. */
export async function list(
  at: Scope,
  filter: { organizationId?: string; usable: boolean; limit: number },
): Promise<ListedConnection[]> {
  let query = at.db
    .selectFrom("connections")
    .innerJoin("organizations", "organizations.id", "connections.organization_id")
    .selectAll("connections")
    .select("organizations.display_name as organization_name")
    .where("connections.environment_id", "=", at.environmentId);
  if (filter.organizationId !== undefined) {
    query = query.where("connections.organization_id", "=", filter.organizationId);
  }
  if (filter.usable)
    query = query.where("connections.enabled", "=", true).where("connections.status", "=", "COMPLETED");
  return query.orderBy("connections.id").limit(filter.limit).execute();
}

export async function idsOfOrganization(at: Scope, organizationId: string): Promise<string[]> {
  const rows = await at.db
    .selectFrom("connections")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .execute();
  return rows.map((row) => row.id);
}

export async function set(at: Scope, id: string, change: ConnectionChange): Promise<Connection | undefined> {
  return at.db
    .updateTable("connections")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

export async function remove(at: Scope, id: string): Promise<Connection | undefined> {
  return at.db
    .deleteFrom("connections")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}
