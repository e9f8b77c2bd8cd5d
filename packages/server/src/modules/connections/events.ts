/** What is announced about connections. Secrets and certificates are no part of it. */
import { event } from "../events/events.ts";

export interface ConnectionPayload {
  id: string;
  organization_id: string | null;
  type: string;
  provider: string;
  status: string;
  enabled: boolean;
}

export const connectionCreated = event<ConnectionPayload>("organization.sso_created");
export const connectionEnabled = event<ConnectionPayload>("organization.sso_enabled");
export const connectionDisabled = event<ConnectionPayload>("organization.sso_disabled");
export const connectionDeleted = event<ConnectionPayload>("organization.sso_deleted");
