/** What an event is called for people and what its payload describes, from its type: the envelope of log and webhooks. */

/** The names of the contract's ObjectType that our events have. */
export type EventObject =
  | "Organization"
  | "Connection"
  | "Directory"
  | "DirectoryUser"
  | "DirectoryGroup"
  | "User"
  | "OrgMembership"
  | "Role"
  | "Permission"
  | "ConnectedAccount"
  | "JSON";

/** The first prefix that fits decides. */
const objects: readonly (readonly [prefix: string, object: EventObject])[] = [
  ["organization.sso_", "Connection"],
  ["organization.directory.user_", "DirectoryUser"],
  ["organization.directory.group_", "DirectoryGroup"],
  ["organization.directory_", "Directory"],
  ["organization.", "Organization"],
  ["user.login", "User"],
  ["user.logout", "User"],
  ["user.", "OrgMembership"],
  ["role.", "Role"],
  ["permission.", "Permission"],
  ["connected_account.", "ConnectedAccount"],
  ["gatehouse.connection.", "Connection"],
];

/** What the payload of an event describes; JSON for what a page reports. */
export function objectOf(type: string): EventObject {
  return objects.find(([prefix]) => type.startsWith(prefix))?.[1] ?? "JSON";
}

const abbreviations: Readonly<Record<string, string>> = { sso: "SSO", dns: "DNS" };

/** The title of an event, such as "Organization Domain DNS Verification Success". */
export function displayNameOf(type: string): string {
  return type
    .replace(/^gatehouse\./, "")
    .replace(/^organization\.sso_/, "sso_connection_")
    .replace(/^organization\.directory/, "directory")
    .split(/[._]/)
    .map((word) => abbreviations[word] ?? word.charAt(0).toUpperCase() + word.slice(1))
    .join(" ");
}

/** What the envelope is made of: the columns of an event's row. */
export interface StoredEvent {
  id: string;
  type: string;
  organization_id: string | null;
  environment_id: string;
  occurred_at: Date;
  payload: unknown;
}

/**
 * An event as webhooks send it, in compact JSON. Receivers verify signatures over what they get from parsing it and
 * writing it again, and what `JSON.stringify` wrote comes out of that byte for byte.
 */
export function bodyOf(event: StoredEvent): string {
  return JSON.stringify({
    spec_version: "1",
    id: event.id,
    type: event.type,
    object: objectOf(event.type),
    // As the log shows it: without a fraction where there is none.
    occurred_at: event.occurred_at.toISOString().replace(".000Z", "Z"),
    environment_id: event.environment_id,
    ...(event.organization_id !== null && { organization_id: event.organization_id }),
    data: event.payload,
    display_name: displayNameOf(event.type),
  });
}
