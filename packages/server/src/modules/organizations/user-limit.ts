/** How many users an organization may have, active and invited ones together; `users` counts them. */
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import * as environments from "../environments/environments.ts";
import type { Organization, OrganizationRef } from "./organizations.ts";
import { change, get, hold } from "./organizations.ts";

/**
 * @param most 0 = no limit; undefined takes away what was set
 * @throws ORGANIZATION_NOT_FOUND, INVALID_ARGUMENT for a negative number
 */
export async function setUserLimit(
  ctx: Ctx,
  ref: OrganizationRef,
  most: number | undefined,
): Promise<Organization> {
  if (most !== undefined && most < 0)
    throw invalidArgument("settings.max_allowed_users", "int32.gte", "value must be 0 or greater");
  return change(ctx, ref, () => ({ max_allowed_users: most ?? null }));
}

/** The number that may not be passed: the organization's own, else the environment's; undefined where there is none. */
export async function userLimit(ctx: Ctx, organization: Organization): Promise<number | undefined> {
  const { enableMaxUsersLimit, maxUsersLimit } = (await environments.current(ctx)).userManagement;
  // 0 of an organization's own lifts the limit of the environment.
  return (organization.max_allowed_users ?? (enableMaxUsersLimit ? maxUsersLimit : 0)) || undefined;
}

/**
 * An organization whose members are about to change. Where their number is limited its row is held until the
 * transaction ends, so that those who join at once are counted one after another.
 * @throws ORGANIZATION_NOT_FOUND
 */
export async function forMembers(ctx: Ctx, id: string): Promise<Organization> {
  const organization = await get(ctx, { id });
  return (await userLimit(ctx, organization)) === undefined ? organization : hold(ctx, { id });
}
