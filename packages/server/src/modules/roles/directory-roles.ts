/**
 * The roles that directories give to members: all roles of their groups, or the default where nobody gives any. Roles
 * that came another way stay, and what the API changed stays until the groups give something else.
 */
import type { Ctx } from "../../context.ts";
import type { FormerRoles, Wanted } from "./directory-roles.store.ts";
import * as store from "./directory-roles.store.ts";

export type { FormerRoles, Wanted };

/** Lets the roles of members follow their groups. @returns those whose roles changed, with what they held */
export async function settle(ctx: Ctx, organizationId: string, wanted: Wanted): Promise<FormerRoles[]> {
  if (wanted.length === 0) return [];
  const userIds = wanted.map(({ userId }) => userId);
  await store.lockMembers(ctx, organizationId, userIds);
  return store.settle(ctx, organizationId, wanted);
}

/**
 * Makes these the only roles of members, as far as they still exist, beside those that came another way.
 * @returns those whose roles changed
 */
export async function restore(ctx: Ctx, organizationId: string, wanted: Wanted): Promise<FormerRoles[]> {
  if (wanted.length === 0) return [];
  const userIds = wanted.map(({ userId }) => userId);
  await store.lockMembers(ctx, organizationId, userIds);
  return store.replace(ctx, organizationId, wanted);
}

/** So many members are changed by one statement. */
const movedAtOnce = 20_000;

/**
 * Puts one role in the place of another in what directories gave, before the members get it.
 * @param organizationId null = in all organizations
 */
export async function moveGiven(
  ctx: Ctx,
  organizationId: string | null,
  change: { from: string; to: string },
): Promise<void> {
  while ((await store.moveGiven(ctx, organizationId, change, movedAtOnce)) > 0) {
    // Until nobody is left to be changed.
  }
}
