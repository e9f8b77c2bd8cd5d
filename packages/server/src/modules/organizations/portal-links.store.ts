/** SQL of links into the admin portal. */
import { type Insertable, type Selectable, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type PortalLink = Selectable<Database["portal_links"]>;

export async function insert(at: Scope, row: Insertable<Database["portal_links"]>): Promise<PortalLink> {
  return at.db.insertInto("portal_links").values(row).returningAll().executeTakeFirstOrThrow();
}

/** A link whose time is not over, used or not. */
export async function find(at: Scope, secretHash: Buffer, now: Date): Promise<PortalLink | undefined> {
  return at.db
    .selectFrom("portal_links")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("secret_hash", "=", secretHash)
    .where("expires_at", ">", now)
    .executeTakeFirst();
}

/** Uses a link up, unless it may be opened again and again. @returns undefined when it opens nothing (any more) */
export async function consume(at: Scope, secretHash: Buffer, now: Date): Promise<PortalLink | undefined> {
  return at.db
    .updateTable("portal_links")
    .set({ consumed_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("secret_hash", "=", secretHash)
    .where("expires_at", ">", now)
    .where(sql<boolean>`(consumed_at is null or not single_use)`)
    .returningAll()
    .executeTakeFirst();
}

/** Those that still open something, newest first. */
export async function listOpen(
  at: Scope,
  organizationId: string,
  page: { now: Date; limit: number },
): Promise<PortalLink[]> {
  return at.db
    .selectFrom("portal_links")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("expires_at", ">", page.now)
    .where(sql<boolean>`(consumed_at is null or not single_use)`)
    .orderBy("id", "desc")
    .limit(page.limit)
    .execute();
}

/** Removes one link of an organization, or all of them. @returns how many there were */
export async function remove(at: Scope, organizationId: string, id?: string): Promise<number> {
  let query = at.db
    .deleteFrom("portal_links")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId);
  if (id !== undefined) query = query.where("id", "=", id);
  return Number((await query.executeTakeFirst()).numDeletedRows);
}
