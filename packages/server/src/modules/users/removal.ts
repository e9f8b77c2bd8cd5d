/** Removal of a user with all that hangs on them. */
import type { Ctx } from "../../context.ts";
import { addToCounts } from "../../db/counters.ts";
import * as organizations from "../organizations/organizations.ts";
import { userErrors as errors } from "./errors.ts";
import { membershipData, membershipDeleted, userData, userDeleted } from "./events.ts";
import * as memberships from "./memberships.store.ts";
import { identitiesOf } from "./people.ts";
import type { User } from "./users.store.ts";
import * as store from "./users.store.ts";

/**
 * Removes a user from every organization and from the environment. Sessions end before, while they can be found.
 * @param user locked against any change
 * @throws USER_NOT_FOUND
 */
export async function erase(ctx: Ctx, user: User): Promise<void> {
  const identities = await identitiesOf(ctx, [user]);
  const held = await memberships.organizationsOf(ctx, user.id);
  for (const id of held) {
    const organization = await organizations.get(ctx, { id });
    await ctx.emit(membershipDeleted, membershipData(organization, user, identities), id);
  }
  await ctx.emit(userDeleted, { user: userData(user, identities) });
  if (!(await store.remove(ctx, user.id))) throw errors.USER_NOT_FOUND(user.id);
  await addToCounts(ctx, "users", ["", ...held], -1);
}
