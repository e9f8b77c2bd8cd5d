/** SQL of the domains that lead to connections. */
import { type Selectable, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { Connection } from "./connections.store.ts";

/** A verified domain, with the connection that it leads to; null where its organization has none. */
export type LeadingDomain = Selectable<Database["domains"]> & { leads_to: string | null };

/** Domains that are shown of one organization: more than any has. */
const mostDomains = 100;

/** Holds the connections of an organization until the transaction ends, always in the same order. */
export async function lockOfOrganization(at: Scope, organizationId: string): Promise<void> {
  await at.db
    .selectFrom("connections")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .orderBy("id")
    .forUpdate()
    .execute();
}

/** Makes these domains, and no others, lead to a connection; what they led to before, they leave. */
export async function replace(at: Scope, connectionId: string, domainIds: readonly string[]): Promise<void> {
  await at.db
    .deleteFrom("connection_domains")
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId)
    .execute();
  if (domainIds.length === 0) return;
  await sql`
    insert into connection_domains (domain_id, environment_id, connection_id)
    select unnest(${[...domainIds]}::text[]), ${at.environmentId}, ${connectionId}
    on conflict (domain_id) do update set connection_id = excluded.connection_id`.execute(at.db);
}

export async function insert(at: Scope, connectionId: string, domainId: string): Promise<void> {
  const row = { domain_id: domainId, environment_id: at.environmentId, connection_id: connectionId };
  await at.db.insertInto("connection_domains").values(row).execute();
}

/** The ids of the domains that are assigned to a connection, as many as one organization can use. */
export async function listAssigned(at: Scope, connectionId: string): Promise<string[]> {
  const rows = await at.db
    .selectFrom("connection_domains")
    .select("domain_id")
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId)
    .orderBy("domain_id", "desc")
    .limit(10 * mostDomains)
    .execute();
  return rows.map((row) => row.domain_id);
}

/** The connection that a domain is assigned to. */
export async function findAssigned(at: Scope, domainId: string): Promise<string | undefined> {
  const row = await at.db
    .selectFrom("connection_domains")
    .select("connection_id")
    .where("environment_id", "=", at.environmentId)
    .where("domain_id", "=", domainId)
    .executeTakeFirst();
  return row?.connection_id;
}

/** The active connection that a domain leads to: the one it is assigned to, else its organization's oldest. */
export async function findLedTo(
  at: Scope,
  domain: { id: string; organization_id: string },
): Promise<Connection | undefined> {
  return at.db
    .selectFrom("connections")
    .leftJoin("connection_domains as assigned", (join) =>
      join.onRef("assigned.connection_id", "=", "connections.id").on("assigned.domain_id", "=", domain.id),
    )
    .selectAll("connections")
    .where("connections.environment_id", "=", at.environmentId)
    .where("connections.organization_id", "=", domain.organization_id)
    .where("connections.enabled", "=", true)
    .where("connections.status", "=", "COMPLETED")
    .orderBy((eb) => eb("assigned.domain_id", "is", null))
    .orderBy("connections.id")
    .limit(1)
    .executeTakeFirst();
}

/**
 * The verified domains of organizations, newest first. One without an assignment leads to the organization's oldest
 * active connection or, while none is active, to its oldest.
 */
export async function listLeading(at: Scope, organizationIds: readonly string[]): Promise<LeadingDomain[]> {
  const { rows } = await sql<LeadingDomain>`
    select domain.*, coalesce(assigned.connection_id, oldest.id) as leads_to
    from unnest(${[...organizationIds]}::text[]) as organization (id)
    left join lateral (
      select id from connections
      where environment_id = ${at.environmentId} and organization_id = organization.id
      order by not (enabled and status = 'COMPLETED'), id limit 1
    ) oldest on true
    cross join lateral (
      select * from domains
      where environment_id = ${at.environmentId} and organization_id = organization.id
        and type = 'ORGANIZATION_DOMAIN' and verification_status = 'VERIFIED'
      order by id desc limit ${mostDomains}
    ) domain
    left join connection_domains assigned on assigned.domain_id = domain.id
    order by domain.id desc`.execute(at.db);
  return rows;
}
