/**
 * Domains of organizations: which company an e-mail address belongs to. A verified ORGANIZATION_DOMAIN routes
 * its addresses to the organization's single sign-on and lets their owners in at first sight.
 */
import { domainToASCII } from "node:url";
import { parse } from "tldts";
import { type Ctx, inTransaction } from "../../context.ts";
import { brokenUniqueIndex } from "../../db/scope.ts";
import { newId } from "../../lib/ids.ts";
import { newSecret } from "../../lib/secrets.ts";
import * as organizations from "../organizations/organizations.ts";
import type { Domain } from "./domains.store.ts";
import * as store from "./domains.store.ts";
import { domainErrors as errors } from "./errors.ts";
import { domainCreated, domainData, domainDeleted } from "./events.ts";
import { isPublicDomain } from "./public-domains.ts";
import { ownDomains } from "./remembered.ts";
import { nextCheck } from "./verification-schedule.ts";

export type { Domain };
export type DomainType = "ALLOWED_EMAIL_DOMAIN" | "ORGANIZATION_DOMAIN";

const defaultPageSize = 30;
const largestPageSize = 100;

/**
 * Adds a domain. One that an environment's client or a dashboard member adds counts as verified at once;
 * one that the customer adds must be proven by a DNS record.
 * @throws ORGANIZATION_NOT_FOUND, DOMAIN_INVALID, DOMAIN_PUBLIC, DOMAIN_EXISTS
 */
export async function create(
  ctx: Ctx,
  organization: organizations.OrganizationRef,
  input: { domain: string; type: DomainType },
): Promise<Domain> {
  const domain = normalize(input.domain);
  return inTransaction(ctx, async (ctx) => {
    const { id: organizationId } = await organizations.get(ctx, organization);
    const isTaken =
      input.type === "ORGANIZATION_DOMAIN" && (await store.findOwner(ctx, domain)) !== undefined;
    if (isTaken) throw errors.DOMAIN_EXISTS(domain);
    const id = newId("dom");
    const now = ctx.now();
    const created = await store
      .insert(ctx, {
        id,
        environment_id: ctx.environmentId,
        organization_id: organizationId,
        domain,
        type: input.type,
        ...verificationOf(ctx, input.type, now),
        txt_record_key: `gatehouse-verify-${id}`,
        txt_record_secret: Buffer.from(newSecret(16), "base64url").toString("hex"),
        created_at: now,
        updated_at: now,
      })
      .catch((error: unknown) => {
        throw brokenUniqueIndex(error) ? errors.DOMAIN_EXISTS(domain) : error;
      })
      .catch(organizations.rejectDeleted(organizationId));
    await ownDomains.forget(ctx, organizationId);
    await ctx.emit(domainCreated, domainData(created), organizationId);
    return created;
  });
}

/** @throws ORGANIZATION_NOT_FOUND, DOMAIN_NOT_FOUND */
export async function get(
  ctx: Ctx,
  organization: organizations.OrganizationRef,
  id: string,
): Promise<Domain> {
  const { id: organizationId } = await organizations.get(ctx, organization);
  const domain = await store.find(ctx, organizationId, id);
  if (!domain) throw errors.DOMAIN_NOT_FOUND(id);
  return domain;
}

/** One page by number, counted from 0, newest first; `ids` narrows it to those. @throws ORGANIZATION_NOT_FOUND */
export async function list(
  ctx: Ctx,
  organization: organizations.OrganizationRef,
  request: { type?: DomainType; ids?: readonly string[]; pageSize: number; pageNumber: number },
): Promise<{ domains: Domain[]; pageSize: number; pageNumber: number }> {
  const { id: organizationId } = await organizations.get(ctx, organization);
  const pageSize = Math.min(request.pageSize > 0 ? request.pageSize : defaultPageSize, largestPageSize);
  const pageNumber = Math.max(request.pageNumber, 0);
  const domains = await store.list(ctx, organizationId, {
    limit: pageSize,
    offset: pageNumber * pageSize,
    ...(request.type && { type: request.type }),
    ...(request.ids && { ids: request.ids }),
  });
  return { domains, pageSize, pageNumber };
}

/** @throws ORGANIZATION_NOT_FOUND, DOMAIN_NOT_FOUND */
async function remove(ctx: Ctx, organization: organizations.OrganizationRef, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const { id: organizationId } = await organizations.get(ctx, organization);
    const domain = await store.remove(ctx, organizationId, id);
    if (!domain) throw errors.DOMAIN_NOT_FOUND(id);
    await ownDomains.forget(ctx, organizationId);
    await ctx.emit(domainDeleted, domainData(domain), organizationId);
  });
}

export { remove as delete };

/** The organization whose verified domain this is, by exact match; undefined when it is nobody's. */
export async function ownerOf(ctx: Ctx, domain: string): Promise<string | undefined> {
  return (await verified(ctx, domain))?.organization_id;
}

/** The domains that an organization has verified; an address is in one of them only by exact match. */
export async function verifiedOf(ctx: Ctx, organizationId: string): Promise<ReadonlySet<string>> {
  return (await ownDomains.remember(ctx, organizationId)) ?? new Set();
}

/** A verified domain by its name, by exact match; undefined when nobody has verified it. */
export async function verified(ctx: Ctx, domain: string): Promise<Domain | undefined> {
  return store.findOwner(ctx, asciiForm(domain));
}

/** Domains of one organization by their ids. @throws DOMAIN_NOT_FOUND naming the first that is not there */
export async function ofIds(ctx: Ctx, organizationId: string, ids: readonly string[]): Promise<Domain[]> {
  const found = ids.length === 0 ? [] : await store.findAll(ctx, organizationId, ids);
  const missing = ids.find((id) => !found.some((domain) => domain.id === id));
  if (missing !== undefined) throw errors.DOMAIN_NOT_FOUND(missing);
  return found;
}

/** The same for an e-mail address. */
export async function ownerOfEmail(ctx: Ctx, email: string): Promise<string | undefined> {
  const domain = email.slice(email.lastIndexOf("@") + 1);
  return domain === "" ? undefined : ownerOf(ctx, domain);
}

/** A host name of at least two labels (RFC 1123 section 2.1). */
const hostName = /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
/** What belongs to a URL or an address: the conversion to ASCII would cut it off without a word. */
const notOfNames = /[/\\?#@:%]/;

function normalize(input: string): string {
  const domain = asciiForm(input);
  const { isIp, domain: registrable } = parse(domain, { allowPrivateDomains: true });
  if (notOfNames.test(input) || !hostName.test(domain) || isIp) throw errors.DOMAIN_INVALID(input);
  if (registrable === null || isPublicDomain(registrable)) throw errors.DOMAIN_PUBLIC(domain);
  return domain;
}

/** Lower case, IDN as `xn--` labels (RFC 5891), without the dot that ends an absolute name. */
function asciiForm(domain: string): string {
  return domainToASCII(domain.trim().toLowerCase().replace(/\.$/, ""));
}

function verificationOf(ctx: Ctx, type: DomainType, now: Date) {
  if (type === "ALLOWED_EMAIL_DOMAIN") {
    return { verification_method: "NOT_APPLICABLE", verification_status: "AUTO_VERIFIED" };
  }
  const trusted = ctx.caller.kind === "CLIENT" || ctx.caller.kind === "WORKSPACE";
  return trusted
    ? { verification_method: "ADMIN", verification_status: "VERIFIED" }
    : {
        verification_method: "DNS",
        verification_status: "PENDING",
        next_check_at: nextCheck(now, now) ?? null,
      };
}
