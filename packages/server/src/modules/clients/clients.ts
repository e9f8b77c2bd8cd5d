/**
 * Clients: the applications of an environment. This module owns their settings and redirect URIs, and
 * authenticates them and the machine clients of organizations for the token endpoint.
 */
import { type Ctx, inTransaction, invalidate } from "../../context.ts";
import { addToCount, readCount } from "../../db/counters.ts";
import { invalidArgument } from "../../errors.ts";
import { type IdPrefix, newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import type { Client } from "./clients.store.ts";
import * as store from "./clients.store.ts";
import { clientErrors as errors } from "./errors.ts";
import { checkAddresses } from "./redirect-uris.ts";
import { known } from "./remembered.ts";
import * as secrets from "./secrets.ts";
import { type CustomClaim, checkSessionExpiry, checkSettings } from "./settings.ts";

export type { Client };

export interface ClientPatch {
  name?: string;
  postLoginUris?: string[];
  postLogoutRedirectUris?: string[];
  backChannelLogoutUris?: string[];
  initiateLoginUri?: string;
  /** Seconds; 0 leaves it as it is. */
  accessTokenExpiry?: number;
  scopes?: string[];
  customClaims?: CustomClaim[];
  grantTypes?: string[];
  enforcePkce?: boolean;
  disallowApiAccess?: boolean;
}

export type NewClient = ClientPatch & { type: string; name: string };

const grantTypes = ["authorization_code", "refresh_token", "client_credentials"];
const publicGrantTypes = ["authorization_code", "refresh_token"];

const idPrefixOf = { ENV: "skc", WEB_APP: "webc", SPA: "spac", NTV: "ntvc" } as const satisfies Record<
  string,
  IdPrefix
>;
type ApplicationType = keyof typeof idPrefixOf;
const applicationTypes = Object.keys(idPrefixOf) as ApplicationType[];

/** Two, so that a new secret can be rolled out while the old one still works. */
const mostSecrets = 2;

/** The application that comes with an environment, made at the first start. It has no secret yet. */
export async function ensureDefault(ctx: Ctx): Promise<Client> {
  const existing = await store.findDefault(ctx);
  if (existing) return existing;
  return insert(ctx, "ENV", { name: "Default application" });
}

/** The application that came with the environment. @throws CLIENT_NOT_FOUND */
export async function getDefault(ctx: Ctx): Promise<Client> {
  const client = await store.findDefault(ctx);
  if (!client) throw errors.CLIENT_NOT_FOUND("of its own");
  return client;
}

/**
 * Registers an application, which starts without a secret.
 * @throws INVALID_ARGUMENT naming the field, and the redirect URI that cannot be registered
 */
export async function create(ctx: Ctx, { type, ...input }: NewClient): Promise<Client> {
  if (!isApplicationType(type)) throw unknownType("client.client_type");
  await check(ctx, type, input);
  return inTransaction(ctx, async (ctx) => {
    const client = await insert(ctx, type, input);
    // The id may have been asked for before it was given to anybody.
    await forget(ctx, client.id);
    return client;
  });
}

/** @throws CLIENT_NOT_FOUND also for a client of an organization */
export async function get(ctx: Ctx, id: string): Promise<Client> {
  const client = await store.findApplication(ctx, id);
  if (!client) throw errors.CLIENT_NOT_FOUND(id);
  return client;
}

/**
 * One page of the applications, newest first.
 * @param request.types none = all
 * @throws PAGE_TOKEN_INVALID, INVALID_ARGUMENT
 */
export async function list(
  ctx: Ctx,
  request: PageRequest & { types: readonly string[] },
): Promise<Page<Client>> {
  const types = request.types.length > 0 ? [...new Set(request.types)].sort() : applicationTypes;
  if (!types.every(isApplicationType)) throw unknownType("filter.client_type");
  const page = openPage(request, `clients:${types.join(",")}`);
  const rows = await store.listApplications(ctx, types, page.range);
  const counts = await Promise.all(types.map((type) => readCount(ctx, "clients", type)));
  return page.close(
    rows,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

/**
 * Changes the fields that are given; an empty list stays unchanged, as the contract's clients send it.
 * @throws CLIENT_NOT_FOUND, INVALID_ARGUMENT naming the field, and the redirect URI that cannot be registered
 */
export async function update(ctx: Ctx, id: string, patch: ClientPatch): Promise<Client> {
  return inTransaction(ctx, async (ctx) => {
    const client = await get(ctx, id);
    await check(ctx, client.type, patch);
    const change = { ...columnsOf(patch), ...(isPublic(client) && { enforce_pkce: true }) };
    const changed = await store.set(ctx, id, { ...change, updated_at: ctx.now() });
    if (!changed) throw errors.CLIENT_NOT_FOUND(id);
    await forget(ctx, id);
    return changed;
  });
}

/**
 * Deletes an application with its secrets. Its refresh tokens and access tokens are worth nothing here from then on.
 * @throws CLIENT_NOT_FOUND, DEFAULT_CLIENT
 */
async function remove(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const client = await get(ctx, id);
    if (await isDefault(ctx, client)) throw errors.DEFAULT_CLIENT();
    if (!(await store.remove(ctx, id))) throw errors.CLIENT_NOT_FOUND(id);
    await addToCount(ctx, "clients", client.type, -1);
    await forget(ctx, id);
  });
}

export { remove as delete };

/** Adds a secret beside the other one. @throws CLIENT_NOT_FOUND, CLIENT_HAS_NO_SECRETS, CLIENT_SECRET_LIMIT */
export async function addSecret(ctx: Ctx, id: string): Promise<secrets.NewSecret> {
  const client = await get(ctx, id);
  if (isPublic(client)) throw errors.CLIENT_HAS_NO_SECRETS(client.type);
  return secrets.add(ctx, id, mostSecrets);
}

/** @throws CLIENT_NOT_FOUND, CLIENT_SECRET_NOT_FOUND, CLIENT_SECRET_LIMIT, LAST_CLIENT_SECRET */
export async function setSecretStatus(
  ctx: Ctx,
  id: string,
  secretId: string,
  status: "ACTIVE" | "INACTIVE",
): Promise<secrets.ClientSecret> {
  return inTransaction(ctx, async (ctx) => {
    const client = await get(ctx, id);
    if (status === "INACTIVE") await keepWayIn(ctx, client, secretId);
    return secrets.setStatus(ctx, id, secretId, { status, most: mostSecrets });
  });
}

/** @throws CLIENT_NOT_FOUND, CLIENT_SECRET_NOT_FOUND, LAST_CLIENT_SECRET */
export async function deleteSecret(ctx: Ctx, id: string, secretId: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await keepWayIn(ctx, await get(ctx, id), secretId);
    await secrets.delete(ctx, id, secretId);
  });
}

/** A client of any kind from the cache, which all processes drop when it changes; undefined when there is none. */
export async function lookUp(ctx: Ctx, id: string): Promise<Client | undefined> {
  return (await known.remember(ctx, id))?.client;
}

/**
 * The client that these credentials belong to; `secret` undefined means a public client.
 * @throws invalid_client (RFC 6749 section 5.2), the same for every reason
 */
export async function authenticate(ctx: Ctx, id: string, secret: string | undefined): Promise<Client> {
  const found = await known.remember(ctx, id);
  if (!found) throw errors.invalid_client();
  if (isPublic(found.client) && secret === undefined) return found.client;
  if (isPublic(found.client) || secret === undefined) throw errors.invalid_client();
  if (!secrets.accepts(ctx, found.secrets, secret)) throw errors.invalid_client();
  return found.client;
}

/** Apps that run where anybody can read them: they have no secret, and always use PKCE (RFC 6749 section 2.1). */
export function isPublic(client: Pick<Client, "type">): boolean {
  return client.type === "SPA" || client.type === "NTV";
}

async function insert(ctx: Ctx, type: ApplicationType, input: ClientPatch & { name: string }) {
  const now = ctx.now();
  const open = isPublic({ type });
  const client = await store.insert(ctx, {
    ...columnsOf(input),
    name: input.name,
    grant_types: input.grantTypes?.length ? input.grantTypes : grantTypesOf(type),
    ...(open && { enforce_pkce: true }),
    id: newId(idPrefixOf[type]),
    environment_id: ctx.environmentId,
    type,
    created_at: now,
    updated_at: now,
  });
  await addToCount(ctx, "clients", type, 1);
  return client;
}

async function check(ctx: Ctx, type: string, patch: ClientPatch): Promise<void> {
  checkSettings(patch);
  await checkAddresses(ctx, type, patch);
  if (patch.accessTokenExpiry) await checkSessionExpiry(ctx, patch.accessTokenExpiry);
  const offered = grantTypesOf(type);
  if (!(patch.grantTypes ?? []).every((grant) => offered.includes(grant))) {
    throw invalidArgument("client.grant_types", "string.in", `value must be one of ${offered.join(", ")}`);
  }
  if (isPublic({ type }) && patch.backChannelLogoutUris?.length) {
    const problem = `a client of type ${type} has no server that could be told of a logout`;
    throw invalidArgument("client.back_channel_logout_uris", "client.type", problem);
  }
}

async function forget(ctx: Ctx, id: string): Promise<void> {
  await known.forget(ctx, id);
  await invalidate(ctx, "client_origins", ctx.environmentId);
}

/** Nobody could call the API any more to make another secret. */
async function keepWayIn(ctx: Ctx, client: Client, secretId: string): Promise<void> {
  if (!(await isDefault(ctx, client))) return;
  const active = await secrets.lockActive(ctx, client.id);
  if (active.length === 1 && active[0]?.id === secretId) throw errors.LAST_CLIENT_SECRET();
}

async function isDefault(ctx: Ctx, client: Client): Promise<boolean> {
  return client.type === "ENV" && (await getDefault(ctx)).id === client.id;
}

function grantTypesOf(type: string): string[] {
  return isPublic({ type }) ? publicGrantTypes : grantTypes;
}

function isApplicationType(type: string): type is ApplicationType {
  return Object.hasOwn(idPrefixOf, type);
}

function unknownType(field: string) {
  return invalidArgument(field, "string.in", `value must be one of ${applicationTypes.join(", ")}`);
}

function columnsOf(patch: ClientPatch) {
  return {
    ...(patch.name && { name: patch.name }),
    ...(patch.postLoginUris?.length && { post_login_uris: patch.postLoginUris }),
    ...(patch.postLogoutRedirectUris?.length && { post_logout_redirect_uris: patch.postLogoutRedirectUris }),
    ...(patch.backChannelLogoutUris?.length && { back_channel_logout_uris: patch.backChannelLogoutUris }),
    ...(patch.initiateLoginUri !== undefined && { initiate_login_uri: patch.initiateLoginUri }),
    ...(patch.scopes?.length && { scopes: patch.scopes }),
    ...(patch.customClaims?.length && { custom_claims: JSON.stringify(patch.customClaims) }),
    ...(patch.grantTypes?.length && { grant_types: patch.grantTypes }),
    ...(patch.accessTokenExpiry && { access_token_expiry: patch.accessTokenExpiry }),
    ...(patch.enforcePkce !== undefined && { enforce_pkce: patch.enforcePkce }),
    ...(patch.disallowApiAccess !== undefined && { disallow_api_access: patch.disallowApiAccess }),
  };
}
