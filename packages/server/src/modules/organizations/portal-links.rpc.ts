/** The methods of OrganizationService that concern links into the admin portal. */
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type DeletePortalLinkByIdRequest,
  type DeletePortalLinkRequest,
  Feature,
  type GeneratePortalLinkRequest,
  type GetPortalLinkRequest,
} from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import * as portalLinks from "./portal-links.ts";

export const portalLinkMethods = {
  async generatePortalLink(ctx: Ctx, { id, features, ...former }: GeneratePortalLinkRequest) {
    const named = features.map(featureOf).filter((feature) => feature !== undefined);
    if (former.sso) named.push("sso");
    if (former.directorySync) named.push("dir_sync");
    const { link, location } = await portalLinks.generate(ctx, id, named);
    return { link: toLink(link, location) };
  },

  async deletePortalLink(ctx: Ctx, { id }: DeletePortalLinkRequest) {
    await portalLinks.deleteAll(ctx, id);
    return {};
  },

  async deletePortalLinkByID(ctx: Ctx, { id, linkId }: DeletePortalLinkByIdRequest) {
    await portalLinks.delete(ctx, id, linkId);
    return {};
  },

  async getPortalLinks(ctx: Ctx, { id }: GetPortalLinkRequest) {
    const { links, location } = await portalLinks.list(ctx, id);
    return { links: links.map((link) => toLink(link, location)) };
  },
};

/** @throws INVALID_ARGUMENT for a number that the contract does not have */
function featureOf(feature: Feature): portalLinks.PortalFeature | undefined {
  if (feature === Feature.FEATURE_UNSPECIFIED) return undefined;
  if (feature === Feature.sso) return "sso";
  if (feature === Feature.dir_sync) return "dir_sync";
  throw invalidArgument("features", "enum.defined_only", "value must be one of the defined enum values");
}

function toLink(row: portalLinks.PortalLink, location: string) {
  return { id: row.id, location, expireTime: timestampFromDate(row.expires_at) };
}
