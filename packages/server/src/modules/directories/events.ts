/** What is announced about directories, their users and their groups. */
import { event } from "../events/events.ts";
import type { DirectoryRow } from "./directories.store.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import type { DeletedUserData, UserData } from "./person.ts";

export const directoryEnabled = event<DirectoryPayload>("organization.directory_enabled");
export const directoryDisabled = event<DirectoryPayload>("organization.directory_disabled");

export const directoryUserCreated = event<UserData>("organization.directory.user_created");
export const directoryUserUpdated = event<UserData>("organization.directory.user_updated");
/** Also when a person is deactivated: some identity providers never delete anybody. */
export const directoryUserDeleted = event<DeletedUserData>("organization.directory.user_deleted");
export const directoryGroupCreated = event<GroupData>("organization.directory.group_created");
export const directoryGroupUpdated = event<GroupData>("organization.directory.group_updated");
export const directoryGroupDeleted = event<DeletedGroupData>("organization.directory.group_deleted");

/** The public list of events has none about these; they are for the audit log. */
export const directoryCreated = event<DirectoryPayload>("gatehouse.directory.created", "internal");
export const directoryUpdated = event<DirectoryPayload>("gatehouse.directory.updated", "internal");
export const directoryDeleted = event<DirectoryPayload>("gatehouse.directory.deleted", "internal");
export const secretCreated = event<SecretPayload>("gatehouse.directory.secret_created", "internal");
export const secretRevoked = event<SecretPayload>("gatehouse.directory.secret_revoked", "internal");
export const secretsRegenerated = event<SecretPayload>("gatehouse.directory.secrets_regenerated", "internal");

export type DirectoryPayload = ReturnType<typeof directoryData>;

interface SecretPayload {
  id: string;
  directory_id: string;
  suffix: string;
}

export type GroupData = ReturnType<typeof groupData>;

/** `dp_id` is what the others call `external_id`. */
export interface DeletedGroupData {
  id: string;
  organization_id: string;
  directory_id: string;
  display_name: string;
  dp_id: string | null;
  raw_attributes: Record<string, unknown>;
}

/** A directory as events show it. */
export function directoryData(row: DirectoryRow) {
  return {
    id: row.id,
    organization_id: row.organization_id,
    directory_type: row.type,
    provider: row.provider,
    enabled: row.enabled,
    updated_at: row.updated_at,
  };
}

/** A group as events and `group_detail` show it. */
export function groupData(row: DirectoryGroupRow) {
  return {
    id: row.id,
    organization_id: row.organization_id,
    directory_id: row.directory_id,
    display_name: row.display_name,
    external_id: row.external_id,
    raw_attributes: row.document as Record<string, unknown>,
  };
}
