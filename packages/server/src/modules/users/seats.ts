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
  if (userLimit(organization) === undefined) return;
  const limit = userLimit(await forMembers(ctx, organization.id));
  if (limit === undefined) return;
  // Of all members, inactive ones too; the one who joins may not be counted yet.
  if ((await readCount(ctx, "users", organization.id)) < limit) return;
  const taken = await countSeats(ctx, organization.id, ctx.now(), limit + 1);
  if (taken > limit) throw errors.USER_LIMIT_REACHED(organization.id, limit);
}
