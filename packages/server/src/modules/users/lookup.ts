/**
 * Finding a user or member whom the caller may reach. Callers who are bound to an organization reach its members and
 * themselves; that somebody else exists is never told.
 */
import { type Ctx, ownOrganization } from "../../context.ts";
import { userErrors as errors } from "./errors.ts";
import * as memberships from "./memberships.store.ts";
import type { User, UserLock, UserRef } from "./users.store.ts";
import * as store from "./users.store.ts";

/**
 * A user whom the caller may reach: any one of the environment, or only themselves.
 * @param lock held until the transaction ends
 * @throws USER_NOT_FOUND
 */
export async function requireUser(ctx: Ctx, ref: UserRef, lock: UserLock = "none"): Promise<User> {
  const user = await store.find(ctx, ref, lock);
  const self = "userId" in ctx.caller ? ctx.caller.userId : undefined;
  const isHidden = self !== undefined ? user?.id !== self : ownOrganization(ctx) !== undefined;
  if (!user || isHidden) throw errors.USER_NOT_FOUND(nameOf(ref));
  return user;
}

/**
 * A member of an organization that the caller has been found to reach, with the membership locked.
 * @throws MEMBERSHIP_NOT_FOUND also for a user who does not exist
 */
export async function requireMember(
  ctx: Ctx,
  organizationId: string,
  ref: UserRef,
  lock: UserLock = "key share",
): Promise<{ user: User; membership: memberships.MembershipRecord }> {
  const user = await store.find(ctx, ref, lock);
  const membership = user && (await memberships.lock(ctx, organizationId, user.id));
  if (!user || !membership) throw errors.MEMBERSHIP_NOT_FOUND(nameOf(ref), organizationId);
  return { user, membership };
}

/** A reference in words. */
export function nameOf(ref: UserRef): string {
  return "id" in ref ? ref.id : `with the external id "${ref.externalId}"`;
}
