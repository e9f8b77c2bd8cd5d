/**
 * Machine clients of organizations: what a customer's programs call the app with. Their tokens carry the claims that
 * are kept here, and are no credentials for the management API.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { addToCount, readCount, removeCount } from "../../db/counters.ts";
import { isMissingParent } from "../../db/scope.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as organizations from "../organizations/organizations.ts";
import type { Client } from "./clients.store.ts";
import * as clients from "./clients.store.ts";
import { clientErrors as errors } from "./errors.ts";
import * as store from "./organization-clients.store.ts";
import { known } from "./remembered.ts";
import * as secrets from "./secrets.ts";
import { type CustomClaim, checkSettings } from "./settings.ts";

/** What is empty stays as it is, or gets its default when the client is made. */
export interface OrganizationClientPatch {
  name: string;
  description: string;
  scopes: string[];
  audience: string[];
  customClaims: CustomClaim[];
  /** Lifetime of the access tokens in seconds, 300 to 2,592,000. */
  expiry: number;
}

const mostSecrets = 5;
const shortestExpiry = 300;
const longestExpiry = 30 * 86_400;
const defaultExpiry = 3_600;
const counter = "organization_clients";

/** Makes a client with its first secret. @throws ORGANIZATION_NOT_FOUND, INVALID_ARGUMENT naming the field */
export async function create(
  ctx: Ctx,
  organizationId: string,
  input: OrganizationClientPatch,
): Promise<secrets.NewSecret & { client: Client }> {
  check(input);
  const created = inTransaction(ctx, async (ctx) => {
    await organizations.get(ctx, { id: organizationId });
    const client = await insert(ctx, organizationId, input);
    await addToCount(ctx, counter, organizationId, 1);
    return { client, ...(await secrets.add(ctx, client.id, mostSecrets)) };
  });
  return created.catch(async (error: unknown) => {
    // The organization was there when we looked, and went meanwhile: now it is said so.
    if (isMissingParent(error)) await organizations.get(ctx, { id: organizationId });
    throw error;
  });
}

/** @throws ORGANIZATION_NOT_FOUND, ORGANIZATION_CLIENT_NOT_FOUND */
export async function get(ctx: Ctx, organizationId: string, id: string): Promise<Client> {
  const client = await store.find(ctx, organizationId, id);
  if (client) return client;
  await organizations.get(ctx, { id: organizationId });
  throw errors.ORGANIZATION_CLIENT_NOT_FOUND(id);
}

/** One page, newest first. @throws ORGANIZATION_NOT_FOUND, PAGE_TOKEN_INVALID */
export async function list(ctx: Ctx, organizationId: string, request: PageRequest): Promise<Page<Client>> {
  await organizations.get(ctx, { id: organizationId });
  const page = openPage(request, `organization_clients:${organizationId}`);
  const rows = await store.list(ctx, organizationId, page.range);
  return page.close(rows, await readCount(ctx, counter, organizationId));
}

/**
 * Changes what is not empty; claims replace the former ones. Tokens that are out keep what they say.
 * @throws ORGANIZATION_NOT_FOUND, ORGANIZATION_CLIENT_NOT_FOUND, INVALID_ARGUMENT naming the field
 */
export async function update(
  ctx: Ctx,
  organizationId: string,
  id: string,
  patch: OrganizationClientPatch,
): Promise<Client> {
  check(patch);
  return inTransaction(ctx, async (ctx) => {
    await get(ctx, organizationId, id);
    const changed = await clients.set(ctx, id, { ...columnsOf(patch), updated_at: ctx.now() });
    if (!changed) throw errors.ORGANIZATION_CLIENT_NOT_FOUND(id);
    await known.forget(ctx, id);
    return changed;
  });
}

/**
 * Deletes a client with its secrets. Tokens that are out stay valid for those who check them by our keys.
 * @throws ORGANIZATION_NOT_FOUND, ORGANIZATION_CLIENT_NOT_FOUND
 */
async function remove(ctx: Ctx, organizationId: string, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await get(ctx, organizationId, id);
    if (!(await clients.remove(ctx, id))) throw errors.ORGANIZATION_CLIENT_NOT_FOUND(id);
    await addToCount(ctx, counter, organizationId, -1);
    await known.forget(ctx, id);
  });
}

export { remove as delete };

/** @throws ORGANIZATION_NOT_FOUND, ORGANIZATION_CLIENT_NOT_FOUND, CLIENT_SECRET_LIMIT */
export async function addSecret(ctx: Ctx, organizationId: string, id: string): Promise<secrets.NewSecret> {
  await get(ctx, organizationId, id);
  return secrets.add(ctx, id, mostSecrets);
}

/**
 * Deletes a secret, the last one too: the client then gets no token any more.
 * @throws ORGANIZATION_NOT_FOUND, ORGANIZATION_CLIENT_NOT_FOUND, CLIENT_SECRET_NOT_FOUND
 */
export async function deleteSecret(
  ctx: Ctx,
  organizationId: string,
  id: string,
  secretId: string,
): Promise<void> {
  await get(ctx, organizationId, id);
  await secrets.delete(ctx, id, secretId);
}

/** Makes all processes forget the clients of an organization that goes; the rows go with the organization's. */
export async function forgetAll(ctx: Ctx, organizationId: string): Promise<void> {
  for (const id of await store.ids(ctx, organizationId)) await known.forget(ctx, id);
  await removeCount(ctx, counter, organizationId);
}

async function insert(ctx: Ctx, organizationId: string, input: OrganizationClientPatch): Promise<Client> {
  const now = ctx.now();
  return clients.insert(ctx, {
    ...columnsOf(input),
    name: input.name,
    access_token_expiry: input.expiry || defaultExpiry,
    id: newId("m2morg"),
    environment_id: ctx.environmentId,
    organization_id: organizationId,
    type: "M2M",
    grant_types: ["client_credentials"],
    disallow_api_access: true,
    created_at: now,
    updated_at: now,
  });
}

function check(input: OrganizationClientPatch): void {
  checkSettings(input);
  if (input.expiry === 0 || (input.expiry >= shortestExpiry && input.expiry <= longestExpiry)) return;
  const range = `value must be ${shortestExpiry} to ${longestExpiry} seconds`;
  throw invalidArgument("client.expiry", "int64.gte_lte", range);
}

function columnsOf(patch: OrganizationClientPatch) {
  return {
    ...(patch.name !== "" && { name: patch.name }),
    ...(patch.description !== "" && { description: patch.description }),
    ...(patch.scopes.length > 0 && { scopes: patch.scopes }),
    ...(patch.audience.length > 0 && { audience: patch.audience }),
    ...(patch.customClaims.length > 0 && { custom_claims: JSON.stringify(patch.customClaims) }),
    ...(patch.expiry !== 0 && { access_token_expiry: patch.expiry }),
  };
}
