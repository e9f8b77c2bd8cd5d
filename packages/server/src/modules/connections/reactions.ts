/** What happens to connections when something above them changes. */
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import * as store from "./connections.store.ts";
import { known } from "./remembered.ts";

export const connectionReactions = [
  // The rows go with the organization's; what is remembered of them must go at once, too.
  on(organizationDeleted, async (ctx, organization) => {
    for (const id of await store.idsOfOrganization(ctx, organization.id)) await known.forget(ctx, id);
  }),
];
