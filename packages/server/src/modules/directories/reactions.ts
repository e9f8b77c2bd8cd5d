/** What happens to directories when something above them changes. */
import { type DomainData, domainCreated, domainVerified } from "../domains/events.ts";
import { on } from "../events/events.ts";
import { organizationDeleted } from "../organizations/events.ts";
import { roleReplaced } from "../roles/events.ts";
import * as directories from "./directories.ts";
import { replaceRole } from "./group-roles.ts";
import { lookAgain } from "./waiting.ts";

export const directoryReactions = [
  // The rows go with the organization's; what is remembered of them must go at once, too.
  on(organizationDeleted, async (ctx, organization) => {
    for (const { id } of await directories.list(ctx, organization.id)) await directories.forget(ctx, id);
  }),
  on(roleReplaced, replaceRole),
  on(domainCreated, async (ctx, domain) => {
    if (isOwn(domain)) await lookAgain(ctx, domain.organization_id);
  }),
  on(domainVerified, (ctx, domain) => lookAgain(ctx, domain.organization_id)),
];

function isOwn({ domain_type, verification_status }: DomainData): boolean {
  return domain_type === "ORGANIZATION_DOMAIN" && verification_status === "VERIFIED";
}
