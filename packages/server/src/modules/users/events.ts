/** What is announced about users and their memberships. */
import { event } from "../events/events.ts";
import type { User } from "./users.store.ts";

export interface MembershipPayload {
  user: User;
  organization_id: string;
  provisioning_method: string;
}

export const membershipCreated = event<MembershipPayload>("user.organization_membership_created");
export const userLoggedIn = event<{ user: User; session_id: string; organization_id: string }>("user.login");
