/** SQL of connections. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type Connection = Selectable<Database["connections"]>;
export type ConnectionChange = Updateable<Database["connections"]>;

/** A connection in a list, with the names that a list shows. */
export type ListedConnection = Connection & { organization_name: string };

export async function insert(at: Scope, row: Insertable<Database["connections"]>): Promise<Connection> {
  return at.db.insertInto("connections").values(row).returningAll().executeTakeFirstOrThrow();
}

/** @param organizationId null where only a connection of the environment will do */
export async function find(
  at: Scope,
  id: string,
  organizationId?: string | null,
): Promise<Connection | undefined> {
  const query = at.db
    .selectFrom("connections")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id);
  if (organizationId === undefined) return query.executeTakeFirst();
  return organizationId === null
    ? query.where("organization_id", "is", null).executeTakeFirst()
    : query.where("organization_id", "=", organizationId).executeTakeFirst();
}

/** The environment's connection to a social provider: one that is on before those that are not, then the oldest. */
export async function findOfProvider(at: Scope, provider: string): Promise<Connection | undefined> {
  return at.db
    .selectFrom("connections")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "is", null)
    .where("type", "=", "OAUTH")
    .where("provider", "=", provider)
    .orderBy((eb) => eb.not(eb.and([eb("enabled", "=", true), eb("status", "=", "COMPLETED")])))
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
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

/** What a search looks for; every absent part is left out of it. */
interface Sought {
  text?: string;
  provider?: string;
  status?: string;
  type?: string;
  enabled?: boolean;
}

/** The connections of all organizations in a range, newest first; in reverse when the range ends before an id. */
export async function search(at: Scope, by: Sought, page: PageRange): Promise<ListedConnection[]> {
  const query = found(at, by)
    .selectAll("connections")
    .select("organizations.display_name as organization_name");
  return newestFirst(query, page, "connections.id");
}

/** How many connections of organizations a search finds, up to `most`. */
export async function countFound(at: Scope, by: Sought, most: number): Promise<number> {
  const row = await at.db
    .selectFrom(found(at, by).select("connections.id").limit(most).as("hits"))
    .select((eb) => eb.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  return Number(row.total);
}

function found(at: Scope, by: Sought) {
  const provider = by.provider?.toUpperCase();
  return at.db
    .selectFrom("connections")
    .innerJoin("organizations", "organizations.id", "connections.organization_id")
    .where("connections.environment_id", "=", at.environmentId)
    .$if(by.text !== undefined, (query) => query.where(hasText(by.text ?? "")))
    .$if(provider !== undefined, (query) =>
      query.where((eb) =>
        eb.or([
          eb("connections.provider", "=", provider ?? ""),
          eb("connections.provider_key", "=", provider ?? ""),
        ]),
      ),
    )
    .$if(by.status !== undefined, (query) => query.where("connections.status", "=", by.status ?? ""))
    .$if(by.type !== undefined, (query) => query.where("connections.type", "=", by.type ?? ""))
    .$if(by.enabled !== undefined, (query) => query.where("connections.enabled", "=", by.enabled ?? false));
}

/** Ids from their beginning, names anywhere, letters in any case. */
function hasText(text: string) {
  const escaped = text.replace(/[\\%_]/g, "\\$&");
  return sql<boolean>`(
    connections.id like ${`${escaped}%`} or organizations.id like ${`${escaped}%`}
    or organizations.display_name ilike ${`%${escaped}%`} or connections.key_id ilike ${`%${escaped}%`}
    or connections.ui_button_title ilike ${`%${escaped}%`}
  )`;
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
