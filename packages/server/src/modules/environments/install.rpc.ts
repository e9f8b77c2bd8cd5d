/** The methods of EnvironmentService that concern environments themselves: making, naming, and where they answer. */
import {
  AuthenticationMode,
  EnvironmentType,
  RegionCode,
} from "@gatehouse/contract/scalekit/v1/commons/commons_pb";
import type { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import type { Handlers } from "../../transport/service.ts";
import * as customDomains from "./custom-domains.ts";
import * as install from "./install.ts";
import { nameOf, toEnvironment } from "./messages.rpc.ts";

export const installMethods = {
  async createEnvironment(ctx, { environment }) {
    const { regionCode = 0, type = 0, authenticationMode = 0 } = environment ?? {};
    const created = await install.create(ctx, {
      displayName: environment?.displayName ?? "",
      regionCode: nameOf("environment.region_code", RegionCode, regionCode) ?? "US",
      type: nameOf("environment.type", EnvironmentType, type) ?? "DEV",
      mode:
        nameOf("environment.authentication_mode", AuthenticationMode, authenticationMode) ??
        "FULL_STACK_AUTH",
    });
    return { environment: toEnvironment(created) };
  },

  async updateEnvironment(ctx, { id, environment }) {
    return { environment: toEnvironment(await install.rename(ctx, id, environment?.displayName)) };
  },

  async updateEnvironmentDomain(ctx, { id, environment }) {
    return { environment: toEnvironment(await install.setDomain(ctx, id, environment?.domain)) };
  },

  async getEnvironment(ctx, { id }) {
    return { environment: toEnvironment(await install.get(ctx, id)) };
  },

  async listEnvironment(ctx, { pageSize, pageToken }) {
    const page = await install.list(ctx, { pageSize, pageToken });
    return {
      environments: page.items.map(toEnvironment),
      nextPageToken: page.nextPageToken,
      totalSize: page.totalSize,
    };
  },

  async getRequiredDNSRecords(ctx, { id, customDomain }) {
    const record = await customDomains.requiredRecord(ctx, id, customDomain);
    return { dnsRecords: [{ hostName: record.name, type: "CNAME", value: record.value }] };
  },

  async verifyDNSRecords(ctx, { id, customDomain }) {
    await customDomains.verify(ctx, id, customDomain);
    return {};
  },

  async createCustomDomain(ctx, { id, customDomain }) {
    return { environment: toEnvironment(await customDomains.create(ctx, id, customDomain)) };
  },

  async checkCustomDomainStatus(ctx, { id }) {
    return { environment: toEnvironment(await customDomains.check(ctx, id)) };
  },
} satisfies Handlers<typeof EnvironmentService>;
