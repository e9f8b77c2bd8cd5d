/** What happens to sessions when something above them changes. */
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import * as store from "./sessions.store.ts";

export const sessionReactions = [
  on(organizationDeleted, (ctx, organization) => store.removeOfOrganization(ctx, organization.id)),
];
