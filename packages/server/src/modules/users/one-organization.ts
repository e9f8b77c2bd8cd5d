/**
 * Environments may let a user belong to one organization only: be an active member of one. That is judged when somebody
 * becomes active, so an invitation keeps nobody out of anywhere, and tells nobody where else people are. Who is active in
 * several when the rule begins stays so.
 */
import type { Ctx } from "../../context.ts";
import * as environments from "../environments/environments.ts";
import { userErrors as errors } from "./errors.ts";
import { listElsewhere } from "./memberships.store.ts";
import type { User, UserLock } from "./users.store.ts";

/** Whether the rule holds: the contract has two settings for it, and either is enough. */
export async function belongToOne(ctx: Ctx): Promise<boolean> {
  const { allowMultipleMemberships, orgUserRelationship } = (await environments.current(ctx)).userManagement;
  return !allowMultipleMemberships || orgUserRelationship === "SINGLE_ORGANIZATION";
}

/** How a user is locked who is to become a member: of two organizations at once, one has to see the other. */
export async function joiningLock(ctx: Ctx): Promise<UserLock> {
  return (await belongToOne(ctx)) ? "update" : "key share";
}

/**
 * Those of these users who may not become active members, since they are of another organization; whoever is active in
 * both is none of them. It stays true until the transaction ends for users who are locked.
 */
export async function outsiders(
  ctx: Ctx,
  organizationId: string,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (userIds.length === 0 || !(await belongToOne(ctx))) return new Set();
  return new Set(await listElsewhere(ctx, organizationId, userIds));
}

/**
 * Judges that a user, who is locked as `joiningLock` says, becomes an active member.
 * @throws USER_ELSEWHERE
 */
export async function requireNoOther(ctx: Ctx, organizationId: string, user: User): Promise<void> {
  const out = await outsiders(ctx, organizationId, [user.id]);
  if (out.size > 0) throw errors.USER_ELSEWHERE(user.email);
}
