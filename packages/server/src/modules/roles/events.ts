/** What is announced about roles and permissions. */
import { event } from "../events/events.ts";

export interface RolePayload {
  id: string;
  name: string;
  display_name: string;
  description: string;
  /** The name of the base role. */
  extends: string | null;
}

export interface PermissionPayload {
  id: string;
  name: string;
  description: string;
}

export interface ReplacementPayload {
  /** Whose role it was; null = the environment's. */
  organization_id: string | null;
  from: string;
  to: string;
}

export const roleCreated = event<RolePayload>("role.created");
export const roleUpdated = event<RolePayload>("role.updated");
/** `reassigned_to` names the role that the holders have now. */
export const roleDeleted = event<RolePayload & { reassigned_to: string | null }>("role.deleted");
/** Before another role takes the place of one that is to be deleted. */
export const roleReplaced = event<ReplacementPayload>("gatehouse.role.replaced", "internal");
export const permissionCreated = event<PermissionPayload>("permission.created");
export const permissionUpdated = event<PermissionPayload>("permission.updated");
/** `roles` names those that had it until now. */
export const permissionDeleted = event<PermissionPayload & { roles: string[] }>("permission.deleted");
