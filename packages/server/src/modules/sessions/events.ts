/** What is announced about sessions. */
import { readUserAgent } from "../../lib/user-agent.ts";
import { event } from "../events/events.ts";
import type { UserData } from "../users/events.ts";
import type { Session } from "./sessions.store.ts";

export interface SessionPayload {
  /** Null when the user is gone by now. */
  user: UserData | null;
  user_session: ReturnType<typeof sessionData>;
}

/** The accounts of the user at identity providers are no part of it: no sign-in looks them up. */
export const userLoggedIn = event<SessionPayload>("user.login");
export const sessionEnded = event<SessionPayload>("user.logout");

/** A session as events show it. @param organizations those that were entered in it */
export function sessionData(session: Session, organizations: readonly string[]) {
  const { status, ended_at } = session;
  return {
    session_id: session.id,
    user_id: session.user_id,
    organization_id: session.organization_id,
    status: status.toUpperCase(),
    created_at: session.created_at,
    updated_at: session.updated_at,
    last_active_at: session.last_active_at,
    idle_expires_at: session.idle_expires_at,
    absolute_expires_at: session.absolute_expires_at,
    expired_at: status === "logout" ? null : ended_at,
    logout_at: status === "logout" ? ended_at : null,
    authenticated_organizations: [...organizations],
    device: deviceData(session),
  };
}

function deviceData({ user_agent, ip }: Session) {
  const { browser, browserVersion, os, osVersion, type } = readUserAgent(user_agent);
  return {
    browser,
    browser_version: browserVersion,
    device_type: type.charAt(0).toUpperCase() + type.slice(1),
    ip,
    os,
    os_version: osVersion,
    user_agent,
    // Where an address is is not known: that needs a table that changes every week.
    location: { city: "", region: "", region_subdivision: "", latitude: "", longitude: "" },
  };
}
