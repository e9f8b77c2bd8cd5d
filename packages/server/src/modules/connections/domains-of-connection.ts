/**
 * Which domains lead to which connection. A verified domain leads to the connection that it is assigned to; without
 * an assignment, or while that connection is off, to the oldest active one of its organization.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import * as domains from "../domains/domains.ts";
import type { OrganizationRef } from "../organizations/organizations.ts";
import * as store from "./connection-domains.store.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";

export type LeadingDomain = store.LeadingDomain;

/**
 * Makes these domains, and no others, lead to a connection. A domain leads to one at most: it leaves the one before.
 * @throws CONNECTION_NOT_FOUND, DOMAIN_NOT_FOUND naming the id, CONNECTION_DOMAIN_UNVERIFIED
 */
export async function assignDomains(
  ctx: Ctx,
  connectionId: string,
  organizationId: string,
  domainIds: readonly string[],
): Promise<connections.Connection> {
  const ids = [...new Set(domainIds)];
  return inTransaction(ctx, async (ctx) => {
    // Two connections that swap domains at once would wait for each other's rows.
    await store.lockOfOrganization(ctx, organizationId);
    const connection = await connections.get(ctx, connectionId, organizationId);
    for (const domain of await domains.ofIds(ctx, organizationId, ids)) {
      const proven = domain.type === "ORGANIZATION_DOMAIN" && domain.verification_status === "VERIFIED";
      if (!proven) throw errors.CONNECTION_DOMAIN_UNVERIFIED(domain.domain);
    }
    await store.replace(ctx, connectionId, ids);
    return connection;
  });
}

/**
 * Adds a domain that is to lead to a connection once it is verified.
 * @throws CONNECTION_NOT_FOUND also for another organization's, and what adding a domain throws
 */
export async function createLeading(
  ctx: Ctx,
  organization: OrganizationRef,
  input: { domain: string; type: domains.DomainType },
  connectionId: string,
): Promise<domains.Domain> {
  return inTransaction(ctx, async (ctx) => {
    const created = await domains.create(ctx, organization, input);
    const connection = await connections.get(ctx, connectionId, created.organization_id);
    await store.insert(ctx, connection.id, created.id);
    return created;
  });
}

/** The ids of the domains that are assigned to a connection; none for a connection that there is not. */
export async function assignedDomains(ctx: Ctx, connectionId: string): Promise<string[]> {
  return store.listAssigned(ctx, connectionId);
}

/** The domains that lead to connections of these organizations, newest first. */
export async function leadingDomains(
  ctx: Ctx,
  organizationIds: readonly (string | null)[],
): Promise<LeadingDomain[]> {
  const ids = [...new Set(organizationIds)].filter((id) => id !== null);
  return ids.length === 0 ? [] : store.listLeading(ctx, ids);
}

/** Where a domain leads: its organization and, when one is active, the connection. Undefined for nobody's domain. */
export async function homeOf(
  ctx: Ctx,
  domain: string,
): Promise<{ organizationId: string; connection: connections.Connection | undefined } | undefined> {
  const found = domain === "" ? undefined : await domains.verified(ctx, domain);
  return found && { organizationId: found.organization_id, connection: await store.findLedTo(ctx, found) };
}
