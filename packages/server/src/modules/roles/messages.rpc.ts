/** From rows to the contract's messages of roles and permissions. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type { PermissionSchema, RoleSchema } from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import type { Ctx } from "../../context.ts";
import type { Permission } from "./permissions.ts";
import * as rolePermissions from "./role-permissions.ts";
import { countDependents, type Role } from "./roles.ts";

/** What a role is shown with. */
interface Shown {
  /** As much of its permissions as the request includes; nothing by default. */
  include?: string | undefined;
  /** Of whose roles the dependents are counted; undefined = of all that the caller sees. */
  organizationId?: string | undefined;
}

export async function toRole(ctx: Ctx, role: Role, shown: Shown = {}) {
  const [message] = await toRoles(ctx, [role], shown);
  return message;
}

export async function toRoles(
  ctx: Ctx,
  roles: readonly Role[],
  { include = "", organizationId }: Shown = {},
): Promise<MessageInitShape<typeof RoleSchema>[]> {
  const permissions = await rolePermissions.shown(ctx, roles, include as rolePermissions.Include);
  const dependents = await countDependents(ctx, roles, organizationId);
  return roles.map((role) => ({
    id: role.id,
    name: role.name,
    displayName: role.display_name,
    description: role.description,
    defaultCreator: role.is_default_creator,
    defaultMember: role.is_default_member,
    ...(role.base_name !== null && { extends: role.base_name }),
    permissions: (permissions?.get(role.id) ?? []).map((permission) => ({
      ...nameAndTimes(permission),
      roleName: permission.role_name,
    })),
    dependentRolesCount: dependents.get(role.id) ?? 0,
    isOrgRole: role.organization_id !== null,
  }));
}

export function toPermission(permission: Permission): MessageInitShape<typeof PermissionSchema> {
  return { ...nameAndTimes(permission), isScalekitPermission: permission.is_built_in };
}

function nameAndTimes(permission: Permission) {
  return {
    id: permission.id,
    name: permission.name,
    description: permission.description,
    createTime: timestampFromDate(permission.created_at),
    updateTime: timestampFromDate(permission.updated_at),
  };
}
