/** The methods of OrganizationService that concern its features and its limit of users. */
import type {
  GetOrganizationUserManagementSettingsRequest,
  UpdateOrganizationSettingsRequest,
  UpsertUserManagementSettingsRequest,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import type { Ctx } from "../../context.ts";
import { switchFeatures } from "./features.ts";
import { toOrganization } from "./organizations.rpc.ts";
import * as organizations from "./organizations.ts";
import { setUserLimit } from "./user-limit.ts";

export const settingMethods = {
  async updateOrganizationSettings(ctx: Ctx, { id, settings }: UpdateOrganizationSettingsRequest) {
    const organization = await switchFeatures(ctx, { id }, settings?.features ?? []);
    return { organization: toOrganization(organization) };
  },

  async upsertUserManagementSettings(
    ctx: Ctx,
    { organizationId, settings }: UpsertUserManagementSettingsRequest,
  ) {
    const limited = await setUserLimit(ctx, { id: organizationId }, settings?.maxAllowedUsers);
    return { settings: toSettings(limited) };
  },

  async getOrganizationUserManagementSetting(
    ctx: Ctx,
    { organizationId }: GetOrganizationUserManagementSettingsRequest,
  ) {
    return { settings: toSettings(await organizations.get(ctx, { id: organizationId })) };
  },
};

/** Where no limit was set, the number is absent. */
function toSettings({ max_allowed_users: most }: organizations.Organization) {
  return most === null ? {} : { maxAllowedUsers: most };
}
