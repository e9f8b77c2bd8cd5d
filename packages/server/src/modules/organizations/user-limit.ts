/** How many users an organization may have, active and invited ones together. */
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import type { Organization, OrganizationRef } from "./organizations.ts";
import { change } from "./organizations.ts";

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

/** The number that may not be passed; undefined where there is none. */
export function userLimit(organization: Organization): number | undefined {
  return organization.max_allowed_users || undefined;
}
