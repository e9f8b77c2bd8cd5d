/** What happens to traces when something above them changes. */
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import * as store from "./traces.store.ts";

export const traceReactions = [
  on(organizationDeleted, (ctx, organization) => store.removeOfOrganization(ctx, organization.id)),
];
