/** What happens to sessions when something above them changes. */
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import { emailProven, membershipDeleted, membershipsDeactivated, userDeleted } from "../users/events.ts";
import * as store from "./sessions.store.ts";
import { allLeaveOrganization, leaveOrganization, revokeAll } from "./sessions.ts";

export const sessionReactions = [
  on(organizationDeleted, (ctx, organization) => store.removeOfOrganization(ctx, organization.id)),
  on(membershipDeleted, (ctx, { organization, user }) => leaveOrganization(ctx, user.id, organization.id)),
  on(membershipsDeactivated, (ctx, { organization_id, user_ids }) =>
    allLeaveOrganization(ctx, user_ids, organization_id),
  ),
  on(emailProven, (ctx, { user_id }) => revokeAll(ctx, user_id)),
  on(userDeleted, (ctx, { user }) => revokeAll(ctx, user.id)),
];
