/** The methods of OrganizationService that concern the organizations themselves, and the mapper of their rows. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { RegionCode } from "@gatehouse/contract/scalekit/v1/commons/commons_pb";
import type {
  CreateOrganizationRequest,
  DeleteOrganizationRequest,
  GetOrganizationRequest,
  ListOrganizationsRequest,
  OrganizationSchema,
  SearchOrganizationsRequest,
  UpdateOrganizationRequest,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import type { Page } from "../../paging.ts";
import { organizationErrors } from "./errors.ts";
import * as organizations from "./organizations.ts";

export const organizationMethods = {
  async createOrganization(ctx: Ctx, { organization }: CreateOrganizationRequest) {
    const input = present(organization);
    const created = await organizations.create(ctx, {
      ...given(input),
      displayName: input.displayName,
      regionCode: regionOf(input.regionCode),
    });
    return { organization: toOrganization(created) };
  },

  async updateOrganization(ctx: Ctx, { identities, organization }: UpdateOrganizationRequest) {
    const input = present(organization);
    const patch = {
      ...given(input),
      ...(input.displayName !== undefined && { displayName: input.displayName }),
    };
    return { organization: toOrganization(await organizations.update(ctx, refOf(identities), patch)) };
  },

  async getOrganization(ctx: Ctx, { identities }: GetOrganizationRequest) {
    return { organization: toOrganization(await organizations.get(ctx, refOf(identities))) };
  },

  async getOrganizationByExternalId(ctx: Ctx, { identities }: GetOrganizationRequest) {
    if (identities.case !== "externalId" || identities.value === "")
      throw organizationErrors.EXTERNAL_ID_REQUIRED();
    return { organization: toOrganization(await organizations.get(ctx, refOf(identities))) };
  },

  async listOrganization(ctx: Ctx, request: ListOrganizationsRequest) {
    const page = await organizations.list(ctx, {
      pageSize: request.pageSize,
      pageToken: request.pageToken,
      ...(request.externalId !== undefined && { externalId: request.externalId }),
    });
    return toPage(page);
  },

  async searchOrganization(ctx: Ctx, { query, ...page }: SearchOrganizationsRequest) {
    return toPage(await organizations.search(ctx, query, page));
  },

  async deleteOrganization(ctx: Ctx, { identities }: DeleteOrganizationRequest) {
    await organizations.delete(ctx, refOf(identities));
    return {};
  },
};

type Identities = { case: "id" | "externalId"; value: string } | { case?: undefined; value?: undefined };

/** @throws INVALID_ARGUMENT for a number that the contract does not have */
function regionOf(region: RegionCode): "US" | "EU" {
  if (region === RegionCode.EU) return "EU";
  if (region === RegionCode.US || region === RegionCode.REGION_CODE_UNSPECIFIED) return "US";
  const problem = "value must be one of the defined enum values";
  throw invalidArgument("organization.region_code", "enum.defined_only", problem);
}

/** The organization that a request names, by the arm of its `identities` oneof. */
function refOf(identities: Identities): organizations.OrganizationRef {
  if (identities.case === "externalId") return { externalId: identities.value };
  return { id: identities.value ?? "" };
}

/** A message that the contract's rules made sure of. */
function present<T>(message: T | undefined): T {
  if (message === undefined) throw organizationErrors.ORGANIZATION_REQUIRED();
  return message;
}

/** The fields that creating and updating share, only those that were sent. */
function given(input: {
  externalId?: string | undefined;
  slug?: string | undefined;
  logoUrl?: string | undefined;
  metadata: Record<string, string>;
}) {
  return {
    ...(input.externalId !== undefined && { externalId: input.externalId }),
    ...(input.slug !== undefined && { slug: input.slug }),
    ...(input.logoUrl !== undefined && { logoUrl: input.logoUrl }),
    ...(Object.keys(input.metadata).length > 0 && { metadata: input.metadata }),
  };
}

function toPage({ items, ...page }: Page<organizations.Organization>) {
  return { organizations: items.map(toOrganization), ...page };
}

export function toOrganization(row: organizations.Organization): MessageInitShape<typeof OrganizationSchema> {
  return {
    id: row.id,
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    displayName: row.display_name,
    regionCode: RegionCode[row.region_code as "US" | "EU"],
    ...(row.external_id !== null && { externalId: row.external_id }),
    ...(row.slug !== null && { slug: row.slug }),
    ...(row.logo_url !== null && { logoUrl: row.logo_url }),
    metadata: row.metadata as Record<string, string>,
    settings: { features: toFeatures(row.features as Record<string, boolean>) },
  };
}

function toFeatures(features: Record<string, boolean>) {
  return Object.entries(features).map(([name, enabled]) => ({ name, enabled }));
}
