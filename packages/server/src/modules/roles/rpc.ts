/** The door of RolesService; its methods are in `roles.rpc.ts` and `permissions.rpc.ts`. */
import { RolesService } from "@gatehouse/contract/scalekit/v1/roles/roles_pb";
import { serve } from "../../transport/service.ts";
import * as defaults from "./defaults.ts";
import { toRole } from "./messages.rpc.ts";
import { permissionMethods, rolePermissionMethods } from "./permissions.rpc.ts";
import { environmentRoleMethods, organizationRoleMethods, refOf } from "./roles.rpc.ts";

export const rolesService = serve(RolesService, {
  ...environmentRoleMethods,
  ...organizationRoleMethods,
  ...permissionMethods,
  ...rolePermissionMethods,

  async updateDefaultRoles(ctx, request) {
    const { creator, member } = await defaults.setDefaults(ctx, {
      creator: refOf(request.defaultCreatorRole, request.defaultCreator?.id),
      member: refOf(request.defaultMemberRole, request.defaultMember?.id),
    });
    return {
      ...(creator && { defaultCreator: await toRole(ctx, creator) }),
      ...(member && { defaultMember: await toRole(ctx, member) }),
    };
  },

  async updateDefaultOrganizationRoles(ctx, { orgId, defaultMemberRole }) {
    const role = await defaults.setDefaultOf(ctx, orgId, defaultMemberRole);
    return { defaultMember: await toRole(ctx, role, { organizationId: orgId }) };
  },
});
