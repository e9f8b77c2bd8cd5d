/** What happens to clients when something above them changes. */
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import { forgetAll } from "./organization-clients.ts";

export const clientReactions = [
  on(organizationDeleted, (ctx, organization) => forgetAll(ctx, organization.id)),
];
