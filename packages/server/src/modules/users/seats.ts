/** Seats: an organization may have a limit of users, whatever way they come by. */
import type { Ctx } from "../../context.ts";
import { readCount } from "../../db/counters.ts";
import type { Organization } from "../organizations/organizations.ts";
import { forMembers, userLimit } from "../organizations/user-limit.ts";
import { userErrors as errors } from "./errors.ts";
import { countSeats } from "./memberships.store.ts";

/**
 * Judges a change that has just made somebody an active or an invited member, in its transaction, which the refusal
 * must end. Whoever locks a user before should have taken the organization from `forMembers` first: deleting an
 * organization locks it before its users.
 * @throws USER_LIMIT_REACHED
 */
export async function requireSeat(ctx: Ctx, organization: Organization): Promise<void> {
  await requireSeats(ctx, organization, 1);
}

/**
 * The same for many.
 * @param uncounted how many of them are new members, whom no counter has yet
 * @throws USER_LIMIT_REACHED
 */
export async function requireSeats(ctx: Ctx, organization: Organization, uncounted: number): Promise<void> {
  if ((await userLimit(ctx, organization)) === undefined) return;
  const limit = await userLimit(ctx, await forMembers(ctx, organization.id));
  if (limit === undefined) return;
  // Of all members, inactive ones too; those who join may not be counted yet.
  if ((await readCount(ctx, "users", organization.id)) + uncounted <= limit) return;
  const taken = await countSeats(ctx, organization.id, ctx.now(), limit + 1);
  if (taken > limit) throw errors.USER_LIMIT_REACHED(organization.id, limit);
}

/** How many more members an organization may have; undefined where there is no limit. */
export async function seatsLeft(ctx: Ctx, organization: Organization): Promise<number | undefined> {
  const limit = await userLimit(ctx, organization);
  if (limit === undefined) return undefined;
  return limit - (await countSeats(ctx, organization.id, ctx.now(), limit + 1));
}
