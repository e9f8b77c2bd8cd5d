/** The methods of EnvironmentService that concern what is set for an environment. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import type { Ctx } from "../../context.ts";
import type { Handlers } from "../../transport/service.ts";
import * as customization from "./customization.ts";
import * as features from "./features.ts";
import {
  sessionInput,
  toSessionSettings,
  toTestUser,
  toUserManagement,
  userManagementInput,
} from "./messages.rpc.ts";
import { getNotes, setNotes } from "./notes.ts";
import * as sessionSettings from "./session-settings.ts";
import * as testUsers from "./test-users.ts";
import * as userManagement from "./user-management.ts";

export const settingMethods = {
  async updateFeatures(ctx, { id, features: wanted }) {
    await features.set(ctx, id, wanted);
    return { features: await features.list(ctx, id) };
  },

  async enableFeature(ctx, { id, featureId }) {
    await features.set(ctx, id, [{ name: featureId, enabled: true }]);
    return {};
  },

  async disableFeature(ctx, { id, featureId }) {
    await features.set(ctx, id, [{ name: featureId, enabled: false }]);
    return {};
  },

  async getFeatures(ctx, { id }) {
    return { features: await features.list(ctx, id) };
  },

  async getHostScopedPublicFeatureFlags(ctx) {
    const flags = (await features.publicFlags(ctx)).map(({ name, enabled }) => ({
      key: name,
      value: { kind: { case: "boolValue" as const, value: enabled } },
      variant: enabled ? "on" : "off",
      reason: "STATIC",
    }));
    return { flags };
  },

  async createEnvironmentSessionSettings(ctx, { id, sessionSettings: input }) {
    const settings = await sessionSettings.replace(ctx, id, sessionInput(input));
    return { environmentId: id, sessionSettings: toSessionSettings(settings) };
  },

  async getEnvironmentSessionSettings(ctx, { id }) {
    return { sessionSettings: toSessionSettings(await sessionSettings.get(ctx, id)) };
  },

  async updateEnvironmentSessionSettings(ctx, { id, sessionSettings: input }) {
    const settings = await sessionSettings.update(ctx, id, sessionInput(input));
    return { environmentId: id, sessionSettings: toSessionSettings(settings) };
  },

  async createEnvironmentUserManagement(ctx, { id, userManagement: input }) {
    const rules = await userManagement.replace(ctx, id, userManagementInput(input));
    return { environmentId: id, userManagement: toUserManagement(rules) };
  },

  async getEnvironmentUserManagement(ctx, { id }) {
    return { userManagement: toUserManagement(await userManagement.get(ctx, id)) };
  },

  async updateEnvironmentUserManagement(ctx, { id, userManagement: input }) {
    const rules = await userManagement.update(ctx, id, userManagementInput(input));
    return { environmentId: id, userManagement: toUserManagement(rules) };
  },

  async getEnvironmentTestUser(ctx, { id }) {
    return { testUser: toTestUser(await testUsers.get(ctx, id)) };
  },

  async updateEnvironmentTestUser(ctx, { id, testUser }) {
    const { enabled, staticConfirmationCode: code, emails = [] } = testUser ?? {};
    const updated = await testUsers.update(ctx, id, {
      emails,
      ...(enabled !== undefined && { enabled }),
      ...(code !== undefined && { code }),
    });
    return { environmentId: id, testUser: toTestUser(updated) };
  },

  async updatePortalCustomization(ctx, { id, customizationSettings = {} }) {
    const settings = await customization.set(ctx, id, customizationSettings);
    return { environmentId: environmentOf(ctx, id), customizationSettings: settings as JsonObject };
  },

  async getPortalCustomization(ctx, { id }) {
    const settings = await customization.get(ctx, id);
    return {
      environmentId: environmentOf(ctx, id),
      customizationSettings: settings as JsonObject,
      settings: { customBranding: true },
    };
  },

  async getContext(ctx, { environmentId }) {
    return { context: (await getNotes(ctx, environmentId)) as JsonObject };
  },

  async updateContext(ctx, { environmentId, context }) {
    await setNotes(ctx, environmentId, context ?? {});
    return {};
  },
} satisfies Handlers<typeof EnvironmentService>;

function environmentOf(ctx: Ctx, id: string): string {
  return id === "" || id === "-" ? ctx.environmentId : id;
}
