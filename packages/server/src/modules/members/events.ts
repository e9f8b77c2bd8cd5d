/** What is announced about members: for the audit log, since they are nobody's users. */
import { event } from "../events/events.ts";

export interface MemberPayload {
  id: string;
  email: string;
  role: string;
}

export const memberCreated = event<MemberPayload>("member.created", "internal");
export const memberUpdated = event<MemberPayload>("member.updated", "internal");
export const memberDeleted = event<MemberPayload>("member.deleted", "internal");
export const memberSignedIn = event<MemberPayload>("member.signed_in", "internal");
