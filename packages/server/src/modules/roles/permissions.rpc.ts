/** The methods of RolesService about permissions, and about which of them roles have. */
import {
  type AddPermissionsToRoleRequest,
  type CreatePermission,
  type CreatePermissionRequest,
  type DeletePermissionRequest,
  type GetPermissionRequest,
  type ListEffectiveRolePermissionsRequest,
  type ListPermissionsRequest,
  type ListRolePermissionsRequest,
  PermissionType,
  type RemovePermissionFromRoleRequest,
  type UpdatePermissionRequest,
} from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { roleErrors as errors } from "./errors.ts";
import { toPermission } from "./messages.rpc.ts";
import * as permissions from "./permissions.ts";
import * as rolePermissions from "./role-permissions.ts";

export const permissionMethods = {
  async createPermission(ctx: Ctx, { permission }: CreatePermissionRequest) {
    return { permission: toPermission(await permissions.create(ctx, present(permission))) };
  },

  async getPermission(ctx: Ctx, { permissionName }: GetPermissionRequest) {
    return { permission: toPermission(await permissions.get(ctx, permissionName)) };
  },

  async updatePermission(ctx: Ctx, { permissionName, permission }: UpdatePermissionRequest) {
    const updated = await permissions.update(ctx, permissionName, present(permission));
    return { permission: toPermission(updated) };
  },

  async listPermissions(ctx: Ctx, { pageSize = 0, pageToken = "", type }: ListPermissionsRequest) {
    const page = await permissions.list(ctx, { pageSize, pageToken, type: typeOf(type) });
    return {
      permissions: page.items.map(toPermission),
      nextPageToken: page.nextPageToken,
      prevPageToken: page.prevPageToken,
      totalSize: page.totalSize,
    };
  },

  async deletePermission(ctx: Ctx, { permissionName }: DeletePermissionRequest) {
    await permissions.delete(ctx, permissionName);
    return {};
  },
};

export const rolePermissionMethods = {
  async listRolePermissions(ctx: Ctx, { roleName }: ListRolePermissionsRequest) {
    return { permissions: (await rolePermissions.list(ctx, roleName)).map(toPermission) };
  },

  async addPermissionsToRole(ctx: Ctx, { roleName, permissionNames }: AddPermissionsToRoleRequest) {
    const all = await rolePermissions.add(ctx, roleName, permissionNames);
    return { permissions: all.map(toPermission) };
  },

  async removePermissionFromRole(ctx: Ctx, request: RemovePermissionFromRoleRequest) {
    await rolePermissions.remove(ctx, request.roleName, request.permissionName);
    return {};
  },

  async listEffectiveRolePermissions(ctx: Ctx, { roleName }: ListEffectiveRolePermissionsRequest) {
    return { permissions: (await rolePermissions.listEffective(ctx, roleName)).map(toPermission) };
  },
};

/** @throws INVALID_ARGUMENT for a number that the contract does not have */
function typeOf(type: PermissionType): permissions.PermissionType {
  if (type === PermissionType.ALL) return "ALL";
  if (type === PermissionType.SCALEKIT) return "SCALEKIT";
  if (type === PermissionType.ENVIRONMENT) return "ENVIRONMENT";
  throw invalidArgument("type", "enum.defined_only", "value must be one of the defined enum values");
}

/** A message that the contract's rules made sure of. */
function present(permission: CreatePermission | undefined): CreatePermission {
  if (permission === undefined) throw errors.PERMISSION_REQUIRED();
  return permission;
}
