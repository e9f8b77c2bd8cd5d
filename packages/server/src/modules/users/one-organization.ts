/**
 * Environments may let a user belong to one organization only. An inactive member does not count as belonging; who is in
 * several when that begins stays there.
 */
import type { Ctx } from "../../context.ts";
import * as environments from "../environments/environments.ts";
import { userErrors as errors } from "./errors.ts";
import { findElsewhere } from "./memberships.store.ts";
import type { UserLock } from "./users.store.ts";

/** Whether that is so here: the contract has two settings for it, and either is enough. */
export async function belongToOne(ctx: Ctx): Promise<boolean> {
  const { allowMultipleMemberships, orgUserRelationship } = (await environments.current(ctx)).userManagement;
  return !allowMultipleMemberships || orgUserRelationship === "SINGLE_ORGANIZATION";
}

/** How a user is locked who is to be made a member: of two organizations at once, one has to see the other. */
export async function joiningLock(ctx: Ctx): Promise<UserLock> {
  return (await belongToOne(ctx)) ? "update" : "key share";
}

/**
 * Judges a change that has just made users members, in its transaction, which the refusal must end. The users are locked.
 * @throws USER_ELSEWHERE
 */
export async function requireNoOther(
  ctx: Ctx,
  organizationId: string,
  userIds: readonly string[],
): Promise<void> {
  if (userIds.length === 0 || !(await belongToOne(ctx))) return;
  const email = await findElsewhere(ctx, organizationId, userIds);
  if (email !== undefined) throw errors.USER_ELSEWHERE(email);
}
