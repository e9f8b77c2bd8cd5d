/** What is announced about sessions. */
import { event } from "../events/events.ts";

export interface SessionPayload {
  session_id: string;
  user_id: string;
  organization_id: string;
  status: string;
}

export const sessionEnded = event<SessionPayload>("user.logout");
