/** What happens to connections when something above them changes. */
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import * as store from "./connections.store.ts";
import { forgetCounted } from "./connections.ts";
import { known } from "./remembered.ts";

export const connectionReactions = [
  // The rows go with the organization's; what is remembered of them must go at once, too.
  on(organizationDeleted, async (ctx, organization) => {
    const ids = await store.idsOfOrganization(ctx, organization.id);
    for (const id of ids) await known.forget(ctx, id);
    await forgetCounted(ctx, ids.length);
  }),
];
