/** What happens to users when something above them changes. */
import { addToCount, removeCount } from "../../db/counters.ts";
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import * as store from "./users.store.ts";

export const userReactions = [
  // A person whose only organization goes, goes with it; others keep their account.
  on(organizationDeleted, async (ctx, organization) => {
    const removed = await store.removeOnlyMembersOf(ctx, organization.id);
    if (removed > 0) await addToCount(ctx, "users", "", -removed);
    await removeCount(ctx, "users", organization.id);
  }),
];
