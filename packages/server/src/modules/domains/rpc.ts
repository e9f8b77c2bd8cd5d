/** The door of DomainService. */
import { DomainService, DomainType } from "@gatehouse/contract/scalekit/v1/domains/domains_pb";
import { invalidArgument } from "../../errors.ts";
import { serve } from "../../transport/service.ts";
import type { OrganizationRef } from "../organizations/organizations.ts";
import * as domains from "./domains.ts";
import { toDomain } from "./messages.rpc.ts";

export const domainService = serve(DomainService, {
  async createDomain(ctx, { identities, domain }) {
    const created = await domains.create(ctx, refOf(identities), {
      domain: domain?.domain ?? "",
      type: typeOf(domain?.domainType) ?? "ORGANIZATION_DOMAIN",
    });
    return { domain: toDomain(created) };
  },

  async getDomain(ctx, { identities, id }) {
    return { domain: toDomain(await domains.get(ctx, refOf(identities), id)) };
  },

  async deleteDomain(ctx, { identities, id }) {
    await domains.delete(ctx, refOf(identities), id);
    return {};
  },

  async listDomains(ctx, { identities, pageSize, pageNumber, domainType }) {
    const type = typeOf(domainType);
    const page = await domains.list(ctx, refOf(identities), {
      pageSize: pageSize ?? 0,
      pageNumber: pageNumber ?? 0,
      ...(type && { type }),
    });
    return { domains: page.domains.map(toDomain), pageSize: page.pageSize, pageNumber: page.pageNumber };
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
