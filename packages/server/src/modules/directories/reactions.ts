/** What happens to directories when something above them changes. */
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import * as directories from "./directories.ts";

export const directoryReactions = [
  // The rows go with the organization's; what is remembered of them must go at once, too.
  on(organizationDeleted, async (ctx, organization) => {
    for (const { id } of await directories.list(ctx, organization.id)) await directories.forget(ctx, id);
  }),
];
