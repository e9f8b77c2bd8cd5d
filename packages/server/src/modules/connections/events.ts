/** What is announced about connections. Secrets and certificates are no part of it. */
import { event } from "../events/events.ts";

export interface ConnectionPayload {
  id: string;
  organization_id: string | null;
  connection_type: string;
  provider: string;
}

/** Of a change of the switch. */
export type SwitchedPayload = ConnectionPayload & { enabled: boolean; status: string };

export const connectionCreated = event<ConnectionPayload>("organization.sso_created");
export const connectionEnabled = event<SwitchedPayload>("organization.sso_enabled");
export const connectionDisabled = event<SwitchedPayload>("organization.sso_disabled");
export const connectionDeleted = event<ConnectionPayload>("organization.sso_deleted");

/** Of one organization. */
export const connectionEvents = {
  created: connectionCreated,
  enabled: connectionEnabled,
  disabled: connectionDisabled,
  deleted: connectionDeleted,
};

export const environmentConnectionCreated = event<ConnectionPayload>("gatehouse.connection.created");
export const environmentConnectionEnabled = event<SwitchedPayload>("gatehouse.connection.enabled");
export const environmentConnectionDisabled = event<SwitchedPayload>("gatehouse.connection.disabled");
export const environmentConnectionDeleted = event<ConnectionPayload>("gatehouse.connection.deleted");

/** Of the whole environment: social sign-in, mail, passkeys. */
export const environmentConnectionEvents = {
  created: environmentConnectionCreated,
  enabled: environmentConnectionEnabled,
  disabled: environmentConnectionDisabled,
  deleted: environmentConnectionDeleted,
};

/** A certificate of the identity provider that ends: with it, all sign-ins by the connection end, unless another is there. */
export interface CertificatePayload {
  connection_id: string;
  organization_id: string | null;
  certificate_id: string;
  issuer: string;
  expires_at: string;
}

/** `days` is 30, 7 or 1. */
export const certificateExpiring = event<CertificatePayload & { days: number }>(
  "gatehouse.connection.certificate_expiring",
);
export const certificateExpired = event<CertificatePayload>("gatehouse.connection.certificate_expired");
