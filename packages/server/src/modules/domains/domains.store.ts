/** SQL of domains. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Domain = Selectable<Database["domains"]>;

export async function insert(at: Scope, row: Insertable<Database["domains"]>): Promise<Domain> {
  return at.db.insertInto("domains").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(at: Scope, organizationId: string, id: string): Promise<Domain | undefined> {
  return inOrganization(at, organizationId).where("id", "=", id).executeTakeFirst();
}

/** In a transaction, none of them goes before it ends. */
export async function findAll(at: Scope, organizationId: string, ids: readonly string[]): Promise<Domain[]> {
  return inOrganization(at, organizationId)
    .where(sql<boolean>`id = any(${[...ids]})`)
    .forKeyShare()
    .execute();
}

export async function list(
  at: Scope,
  organizationId: string,
  page: { type?: string; ids?: readonly string[]; limit: number; offset: number },
): Promise<Domain[]> {
  let query = inOrganization(at, organizationId);
  if (page.type !== undefined) query = query.where("type", "=", page.type);
  if (page.ids !== undefined) query = query.where(sql<boolean>`id = any(${[...page.ids]})`);
  // The contract pages domains by number; an organization has few of them.
  return query.orderBy("id", "desc").limit(page.limit).offset(page.offset).execute();
}

/** The names of an organization's verified domains; there are few. */
export async function listVerified(at: Scope, organizationId: string): Promise<string[]> {
  const rows = await at.db
    .selectFrom("domains")
    .select("domain")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("type", "=", "ORGANIZATION_DOMAIN")
    .where("verification_status", "=", "VERIFIED")
    .execute();
  return rows.map((row) => row.domain);
}

/** The one verified owner of a domain in the environment. */
export async function findOwner(at: Scope, domain: string): Promise<Domain | undefined> {
  return at.db
    .selectFrom("domains")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("domain", "=", domain)
    .where("type", "=", "ORGANIZATION_DOMAIN")
    .where("verification_status", "=", "VERIFIED")
    .executeTakeFirst();
}

/** Domains whose record is to be looked up by now, the longest waiting first. */
export async function listDue(at: Scope, now: Date, limit: number): Promise<Domain[]> {
  return at.db
    .selectFrom("domains")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("next_check_at", "<=", now)
    .orderBy("next_check_at")
    .limit(limit)
    .execute();
}

/** @returns undefined when the domain waits no more: it was proven, given up or deleted meanwhile */
export async function setPending(
  at: Scope,
  id: string,
  change: Updateable<Database["domains"]>,
): Promise<Domain | undefined> {
  return at.db
    .updateTable("domains")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("verification_status", "=", "PENDING")
    .returningAll()
    .executeTakeFirst();
}

export async function remove(at: Scope, organizationId: string, id: string): Promise<Domain | undefined> {
  return at.db
    .deleteFrom("domains")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

function inOrganization(at: Scope, organizationId: string) {
  return at.db
    .selectFrom("domains")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId);
}
