/** SQL of the machine clients of organizations. */
import { newestFirst } from "../../db/page-order.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";
import type { Client } from "./clients.store.ts";

export async function find(at: Scope, organizationId: string, id: string): Promise<Client | undefined> {
  return inOrganization(at, organizationId).where("id", "=", id).executeTakeFirst();
}

/** Newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, organizationId: string, page: PageRange): Promise<Client[]> {
  const query = inOrganization(at, organizationId);
  return newestFirst(query, page, "id");
}

export async function ids(at: Scope, organizationId: string): Promise<string[]> {
  const rows = await at.db
    .selectFrom("clients")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .execute();
  return rows.map((row) => row.id);
}

function inOrganization(at: Scope, organizationId: string) {
  return at.db
    .selectFrom("clients")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId);
}
