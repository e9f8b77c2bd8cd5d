/**
 * Organizations: the customers of an app. This module owns their rows and what may be said of them; what
 * hangs on an organization (domains, connections, members, sessions) belongs to the modules below, which
 * react to `organization.deleted`.
 */
import { type Ctx, inRepeatedTransaction, inTransaction, ownOrganization } from "../../context.ts";
import { addToCount, readCount } from "../../db/counters.ts";
import { brokenUniqueIndex, isMissingParent } from "../../db/scope.ts";
import { invalidArgument, requireAtMost } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import { organizationErrors as errors } from "./errors.ts";
import { organizationCreated, organizationData, organizationDeleted, organizationUpdated } from "./events.ts";
import type { Organization, OrganizationRef } from "./organizations.store.ts";
import * as store from "./organizations.store.ts";
import * as searchStore from "./search.store.ts";

export type { Organization, OrganizationRef };

export interface NewOrganization {
  displayName: string;
  regionCode?: "US" | "EU";
  externalId?: string;
  slug?: string;
  logoUrl?: string;
  metadata?: Record<string, string>;
}

/** What an update may change; an absent field stays as it is, an empty slug or logo is cleared. */
export type OrganizationPatch = Partial<Omit<NewOrganization, "regionCode">>;

/** The contract sets no limit; an index of PostgreSQL does, at some 2,700 bytes. */
const longestExternalId = 255;
const mostCounted = 1_000;

/**
 * Creates an organization, with single sign-on switched on.
 * @throws INVALID_ARGUMENT, ORGANIZATION_EXTERNAL_ID_TAKEN, ORGANIZATION_SLUG_TAKEN
 */
export async function create(ctx: Ctx, input: NewOrganization): Promise<Organization> {
  checkFields(input);
  const now = ctx.now();
  const row: store.OrganizationInsert = {
    id: newId("org"),
    environment_id: ctx.environmentId,
    display_name: input.displayName,
    region_code: input.regionCode ?? "US",
    external_id: input.externalId || null,
    slug: input.slug || null,
    logo_url: input.logoUrl || null,
    metadata: JSON.stringify(input.metadata ?? {}),
    features: JSON.stringify({ sso: true }),
    created_at: now,
    updated_at: now,
  };
  return inTransaction(ctx, async (ctx) => {
    const organization = await store.insert(ctx, row).catch(rejectTaken(input));
    await addToCount(ctx, "organizations", "", 1);
    await ctx.emit(organizationCreated, organizationData(organization), organization.id);
    return organization;
  });
}

/** @throws ORGANIZATION_NOT_FOUND also for one that the caller is not bound to (404, never 403). */
export async function get(ctx: Ctx, ref: OrganizationRef): Promise<Organization> {
  return shown(ctx, ref, await store.find(ctx, ref));
}

/** The same, as nobody else changes it until the transaction ends. @throws ORGANIZATION_NOT_FOUND */
export async function hold(ctx: Ctx, ref: OrganizationRef): Promise<Organization> {
  return shown(ctx, ref, await store.findForChange(ctx, ref));
}

/**
 * What the database's refusal means when something was to be made in an organization that was deleted meanwhile; any
 * other error stays what it is.
 * @throws ORGANIZATION_NOT_FOUND
 */
export function rejectDeleted(id: string | null): (error: unknown) => never {
  return (error) => {
    throw id !== null && isMissingParent(error) ? errors.ORGANIZATION_NOT_FOUND(id) : error;
  };
}

function shown(ctx: Ctx, ref: OrganizationRef, organization: Organization | undefined): Organization {
  const own = ownOrganization(ctx);
  if (!organization || (own !== undefined && organization.id !== own)) throw notFound(ref);
  return organization;
}

/** One page, newest first. @throws PAGE_TOKEN_INVALID */
export async function list(
  ctx: Ctx,
  request: PageRequest & { externalId?: string },
): Promise<Page<Organization>> {
  const externalId = request.externalId || undefined;
  const page = openPage(request, `organizations:${externalId ?? ""}`);
  const rows = await store.list(ctx, { ...page.range, ...(externalId !== undefined && { externalId }) });
  const totalSize = externalId === undefined ? await readCount(ctx, "organizations", "") : rows.length;
  return page.close(rows, totalSize);
}

/**
 * One page of those whose name, id or external id contains `query` in any case, newest first; counted up to 1,000.
 * @throws PAGE_TOKEN_INVALID
 */
export async function search(ctx: Ctx, query: string, request: PageRequest): Promise<Page<Organization>> {
  const page = openPage(request, `organizations:search=${query}`);
  const rows = await searchStore.list(ctx, query, page.range);
  return page.close(rows, await searchStore.count(ctx, query, mostCounted));
}

/**
 * Changes the fields that are given. A metadata map that is not empty replaces the former one.
 * @throws ORGANIZATION_NOT_FOUND, INVALID_ARGUMENT, ORGANIZATION_EXTERNAL_ID_TAKEN, ORGANIZATION_SLUG_TAKEN
 */
export async function update(
  ctx: Ctx,
  ref: OrganizationRef,
  patch: OrganizationPatch,
): Promise<Organization> {
  checkFields(patch);
  return change(ctx, ref, () => changeOf(patch), rejectTaken(patch));
}

/**
 * What every change of an organization is: one row and its event, in one transaction.
 * @param changeTo the new values, from the row as it is now, which nobody else changes meanwhile
 * @throws ORGANIZATION_NOT_FOUND, and whatever `onError` makes of the database's refusal
 */
export async function change(
  ctx: Ctx,
  ref: OrganizationRef,
  changeTo: (former: Organization) => store.OrganizationChange,
  onError?: (error: unknown) => never,
): Promise<Organization> {
  return inTransaction(ctx, async (ctx) => {
    const former = await hold(ctx, ref);
    const set = store.set(ctx, former.id, { ...changeTo(former), updated_at: ctx.now() });
    const organization = await (onError ? set.catch(onError) : set);
    if (!organization) throw notFound(ref);
    await ctx.emit(organizationUpdated, organizationData(organization), organization.id);
    return organization;
  });
}

/**
 * Deletes an organization with all that belongs to it; its slug and external id become free again. A job or another
 * request may hold what goes with it and then want the organization: one of the two has to begin again.
 * @throws ORGANIZATION_NOT_FOUND
 */
async function remove(ctx: Ctx, ref: OrganizationRef): Promise<void> {
  await inRepeatedTransaction(ctx, async (ctx) => {
    const organization = await get(ctx, ref);
    // Whoever makes something in it holds its row, so we wait for them before we hold what they may wait for.
    if (!(await store.lock(ctx, organization.id))) throw notFound(ref);
    // Reactions run before the row goes, while what hangs on it can still be found.
    const told = { ...organizationData(organization), deleted_at: ctx.now() };
    await ctx.emit(organizationDeleted, told, organization.id);
    if (!(await store.remove(ctx, organization.id))) throw notFound(ref);
    await addToCount(ctx, "organizations", "", -1);
  });
}

export { remove as delete };

/** What the contract says in words only. */
function checkFields({ externalId = "", logoUrl = "" }: OrganizationPatch): void {
  requireAtMost("organization.external_id", externalId, longestExternalId);
  if (logoUrl !== "" && URL.parse(logoUrl)?.protocol !== "https:") {
    throw invalidArgument("organization.logo_url", "string.uri", "value must be an https URL");
  }
}

function changeOf(patch: OrganizationPatch): store.OrganizationChange {
  return {
    ...(patch.displayName !== undefined && { display_name: patch.displayName }),
    ...(patch.externalId !== undefined && { external_id: patch.externalId || null }),
    ...(patch.slug !== undefined && { slug: patch.slug || null }),
    ...(patch.logoUrl !== undefined && { logo_url: patch.logoUrl || null }),
    ...(patch.metadata &&
      Object.keys(patch.metadata).length > 0 && { metadata: JSON.stringify(patch.metadata) }),
  };
}

function rejectTaken(input: OrganizationPatch): (error: unknown) => never {
  return (error) => {
    const index = brokenUniqueIndex(error);
    if (index === "organizations_external_id")
      throw errors.ORGANIZATION_EXTERNAL_ID_TAKEN(input.externalId ?? "");
    if (index === "organizations_slug") throw errors.ORGANIZATION_SLUG_TAKEN(input.slug ?? "");
    throw error;
  };
}

function notFound(ref: OrganizationRef) {
  return errors.ORGANIZATION_NOT_FOUND("id" in ref ? ref.id : `with the external id "${ref.externalId}"`);
}
