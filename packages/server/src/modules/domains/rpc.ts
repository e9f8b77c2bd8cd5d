/** The door of DomainService. */
import { DomainService, DomainType } from "@gatehouse/contract/scalekit/v1/domains/domains_pb";
import { invalidArgument } from "../../errors.ts";
import { serve } from "../../transport/service.ts";
import { registeredOrigins } from "../clients/redirect-uris.ts";
import { assignedDomains, createLeading } from "../connections/domains-of-connection.ts";
import type { OrganizationRef } from "../organizations/organizations.ts";
import * as portalLinks from "../organizations/portal-links.ts";
import * as domains from "./domains.ts";
import { toDomain, withoutRecord } from "./messages.rpc.ts";
import { verify } from "./verification.ts";

export const domainService = serve(DomainService, {
  async createDomain(ctx, { identities, domain, connectionId }) {
    const input = {
      domain: domain?.domain ?? "",
      type: typeOf(domain?.domainType) ?? "ORGANIZATION_DOMAIN",
    } as const;
    const ref = refOf(identities);
    const created = connectionId
      ? await createLeading(ctx, ref, input, connectionId)
      : await domains.create(ctx, ref, input);
    return { domain: toDomain(created) };
  },

  // Its message has no field: the name, the type and the proof of a domain stay as they are.
  async updateDomain(ctx, { identities, id }) {
    return { domain: toDomain(await domains.get(ctx, refOf(identities), id)) };
  },

  async verifyDomain(ctx, { identities, id }) {
    return { verified: await verify(ctx, refOf(identities), id) };
  },

  async getDomain(ctx, { identities, id }) {
    return { domain: toDomain(await domains.get(ctx, refOf(identities), id)) };
  },

  async deleteDomain(ctx, { identities, id }) {
    await domains.delete(ctx, refOf(identities), id);
    return {};
  },

  async listDomains(ctx, { identities, pageSize, pageNumber, domainType, connectionId, include }) {
    const type = typeOf(domainType);
    const { domains: listed, ...page } = await domains.list(ctx, refOf(identities), {
      pageSize: pageSize ?? 0,
      pageNumber: pageNumber ?? 0,
      ...(type && { type }),
      ...(connectionId && { ids: await assignedDomains(ctx, connectionId) }),
    });
    return { domains: listed.map(include === "verification_details" ? toDomain : withoutRecord), ...page };
  },

  // The secret of a link's address, and not its id, shows that a page belongs to the link.
  async listAuthorizedDomains(ctx, { linkId }) {
    const link = await portalLinks.find(ctx, linkId);
    return { domains: link ? [...(await registeredOrigins(ctx))] : [] };
  },
});

type Identities =
  | { case: "organizationId" | "externalId"; value: string }
  | { case?: undefined; value?: undefined };

function refOf(identities: Identities): OrganizationRef {
  if (identities.case === "externalId") return { externalId: identities.value };
  return { id: identities.value ?? "" };
}

/** @throws INVALID_ARGUMENT for a number that the contract does not have: it must not become another type */
function typeOf(type: DomainType = DomainType.DOMAIN_TYPE_UNSPECIFIED): domains.DomainType | undefined {
  if (type === DomainType.DOMAIN_TYPE_UNSPECIFIED) return undefined;
  if (type === DomainType.ALLOWED_EMAIL_DOMAIN) return "ALLOWED_EMAIL_DOMAIN";
  if (type === DomainType.ORGANIZATION_DOMAIN) return "ORGANIZATION_DOMAIN";
  throw invalidArgument("domain_type", "enum.defined_only", "value must be one of the defined enum values");
}
