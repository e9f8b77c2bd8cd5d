/** The methods of RolesService about roles, of the environment and of single organizations. */
import type {
  CreateOrganizationRoleRequest,
  CreateRole,
  CreateRoleRequest,
  DeleteOrganizationRoleBaseRequest,
  DeleteOrganizationRoleRequest,
  DeleteRoleBaseRequest,
  DeleteRoleRequest,
  GetOrganizationRoleRequest,
  GetOrganizationRoleUsersCountRequest,
  GetRoleRequest,
  GetRoleUsersCountRequest,
  ListDependentRolesRequest,
  ListOrganizationRolesRequest,
  ListRolesRequest,
  UpdateOrganizationRoleRequest,
  UpdateRoleRequest,
} from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import type { Ctx } from "../../context.ts";
import * as deletion from "./deletion.ts";
import { roleErrors as errors } from "./errors.ts";
import { toRole, toRoles } from "./messages.rpc.ts";
import * as roles from "./roles.ts";

export const environmentRoleMethods = {
  async createRole(ctx: Ctx, { role }: CreateRoleRequest) {
    return { role: await toRole(ctx, await roles.create(ctx, null, newRole(role))) };
  },

  async updateRole(ctx: Ctx, { roleName, role }: UpdateRoleRequest) {
    return { role: await toRole(ctx, await roles.update(ctx, null, roleName, present(role))) };
  },

  async getRole(ctx: Ctx, { roleName, include }: GetRoleRequest) {
    return { role: await toRole(ctx, await roles.get(ctx, null, roleName), { include }) };
  },

  async listRoles(ctx: Ctx, { include }: ListRolesRequest) {
    return { roles: await toRoles(ctx, await roles.list(ctx), { include }) };
  },

  async deleteRole(ctx: Ctx, { roleName, reassignRoleName, reassignRoleId }: DeleteRoleRequest) {
    await deletion.delete(ctx, null, roleName, refOf(reassignRoleName, reassignRoleId));
    return {};
  },

  async getRoleUsersCount(ctx: Ctx, { roleName }: GetRoleUsersCountRequest) {
    return { count: BigInt(await roles.countUsers(ctx, null, roleName)) };
  },

  async listDependentRoles(ctx: Ctx, { roleName }: ListDependentRolesRequest) {
    return { roles: await toRoles(ctx, await roles.listDependents(ctx, roleName)) };
  },

  async deleteRoleBase(ctx: Ctx, { roleName }: DeleteRoleBaseRequest) {
    await roles.deleteBase(ctx, null, roleName);
    return {};
  },
};

export const organizationRoleMethods = {
  async createOrganizationRole(ctx: Ctx, { orgId, role }: CreateOrganizationRoleRequest) {
    const created = await roles.create(ctx, orgId, newRole(role));
    return { role: await toRole(ctx, created, { organizationId: orgId }) };
  },

  async updateOrganizationRole(ctx: Ctx, { orgId, roleName, role }: UpdateOrganizationRoleRequest) {
    const updated = await roles.update(ctx, orgId, roleName, present(role));
    return { role: await toRole(ctx, updated, { organizationId: orgId }) };
  },

  async getOrganizationRole(ctx: Ctx, { orgId, roleName, include }: GetOrganizationRoleRequest) {
    const role = await roles.resolve(ctx, orgId, roleName);
    return { role: await toRole(ctx, role, { include, organizationId: orgId }) };
  },

  async listOrganizationRoles(ctx: Ctx, { orgId, include }: ListOrganizationRolesRequest) {
    const all = await roles.listOf(ctx, orgId);
    return { roles: await toRoles(ctx, all, { include, organizationId: orgId }) };
  },

  async deleteOrganizationRole(
    ctx: Ctx,
    { orgId, roleName, reassignRoleName }: DeleteOrganizationRoleRequest,
  ) {
    await deletion.delete(ctx, orgId, roleName, refOf(reassignRoleName));
    return {};
  },

  async getOrganizationRoleUsersCount(ctx: Ctx, request: GetOrganizationRoleUsersCountRequest) {
    return { count: BigInt(await roles.countUsers(ctx, request.orgId, request.roleName)) };
  },

  async deleteOrganizationRoleBase(ctx: Ctx, { orgId, roleName }: DeleteOrganizationRoleBaseRequest) {
    await roles.deleteBase(ctx, orgId, roleName);
    return {};
  },
};

/** A role in a field, by its name; by its id where only that was sent. */
export function refOf(name: string | undefined, id?: string): roles.RoleRef | undefined {
  if (name !== undefined) return { name };
  return id === undefined ? undefined : { id };
}

function newRole(role: Pick<CreateRole, keyof roles.NewRole & keyof CreateRole> | undefined): roles.NewRole {
  const { name, displayName, description, extends: base, permissions } = present(role);
  return { name, displayName, description, extends: base, permissions };
}

/** A message that the contract's rules made sure of. */
function present<T>(message: T | undefined): T {
  if (message === undefined) throw errors.ROLE_REQUIRED();
  return message;
}
