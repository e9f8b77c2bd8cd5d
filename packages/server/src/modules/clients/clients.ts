/**
 * Clients: the applications of an environment. This module owns their settings and redirect URIs, and
 * authenticates them for the token endpoint.
 */
import { type Ctx, inTransaction, invalidate } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { isRegistered, type RedirectRules, registrationProblem } from "../../protocols/oauth/redirect-uri.ts";
import * as environments from "../environments/environments.ts";
import type { Client } from "./clients.store.ts";
import * as store from "./clients.store.ts";
import { clientErrors as errors } from "./errors.ts";
import { known } from "./remembered.ts";
import * as secrets from "./secrets.ts";

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
  grantTypes?: string[];
  enforcePkce?: boolean;
  disallowApiAccess?: boolean;
}

const mostRedirectUris = 5;
const longestName = 128;
const shortestExpiry = 60;
const grantTypes = ["authorization_code", "refresh_token", "client_credentials"];

/** The application that comes with an environment, made at the first start. It has no secret yet. */
export async function ensureDefault(ctx: Ctx): Promise<Client> {
  const existing = await store.findDefault(ctx);
  if (existing) return existing;
  const now = ctx.now();
  return store.insert(ctx, {
    id: newId("skc"),
    environment_id: ctx.environmentId,
    type: "ENV",
    name: "Default application",
    grant_types: grantTypes,
    created_at: now,
    updated_at: now,
  });
}

/** The application that came with the environment. @throws CLIENT_NOT_FOUND */
export async function getDefault(ctx: Ctx): Promise<Client> {
  const client = await store.findDefault(ctx);
  if (!client) throw errors.CLIENT_NOT_FOUND("of its own");
  return client;
}

/** @throws CLIENT_NOT_FOUND */
export async function get(ctx: Ctx, id: string): Promise<Client> {
  const client = await store.find(ctx, id);
  if (!client) throw errors.CLIENT_NOT_FOUND(id);
  return client;
}

/** A client from the cache, which all processes drop when it changes; undefined when there is none. */
export async function lookUp(ctx: Ctx, id: string): Promise<Client | undefined> {
  return (await known.remember(ctx, id))?.client;
}

/**
 * Changes the fields that are given; an empty list stays unchanged, as the contract's clients send it.
 * @throws CLIENT_NOT_FOUND, INVALID_ARGUMENT naming the field, and the redirect URI that cannot be registered
 */
export async function update(ctx: Ctx, id: string, patch: ClientPatch): Promise<Client> {
  return inTransaction(ctx, async (ctx) => {
    const client = await get(ctx, id);
    checkUris(patch, await rulesOf(ctx, client));
    await checkRest(ctx, patch);
    const changed = await store.set(ctx, id, { ...changeOf(patch), updated_at: ctx.now() });
    if (!changed) throw errors.CLIENT_NOT_FOUND(id);
    await known.forget(ctx, id);
    await invalidate(ctx, "client_origins", ctx.environmentId);
    return changed;
  });
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
  if (!secrets.accepts(found.secrets, secret, ctx.now())) throw errors.invalid_client();
  return found.client;
}

/** Apps that run where anybody can read them: they have no secret, and always use PKCE (RFC 6749 section 2.1). */
export function isPublic(client: Client): boolean {
  return client.type === "SPA" || client.type === "NTV";
}

/** Whether the app may receive the answer of a sign-in at `uri`. */
export async function allowsRedirect(ctx: Ctx, client: Client, uri: string): Promise<boolean> {
  return isRegistered(uri, client.post_login_uris, await rulesOf(ctx, client));
}

/** Whether the browser may be sent to `uri` after a logout. */
export async function allowsPostLogout(ctx: Ctx, client: Client, uri: string): Promise<boolean> {
  return isRegistered(uri, client.post_logout_redirect_uris, await rulesOf(ctx, client));
}

/** Whether pages of an origin may call the token endpoint and its kin: it stands in a client's redirect URIs. */
export async function allowsOrigin(ctx: Ctx, origin: string): Promise<boolean> {
  if ((await registeredOrigins(ctx)).has(origin)) return true;
  const { type } = await environments.current(ctx);
  return type === "DEV" && /^http:\/\/(localhost|127\.0\.0\.1)(:\d+)?$/.test(origin);
}

/** The origins of the redirect URIs that the clients of the environment have registered. */
export async function registeredOrigins(ctx: Ctx): Promise<ReadonlySet<string>> {
  return ctx.app.cache.get("client_origins", ctx.environmentId, async () => {
    const uris = await store.listRedirectUris({ db: ctx.app.loadDb, environmentId: ctx.environmentId });
    const origins = uris.map((uri) => URL.parse(uri)?.origin ?? opaqueOrigin);
    return new Set(origins.filter((known) => known !== opaqueOrigin));
  });
}

/** Of every custom scheme, and what sandboxed frames and local files of anybody send: it names no app. */
const opaqueOrigin = "null";

async function rulesOf(ctx: Ctx, client: Client): Promise<RedirectRules> {
  const environment = await environments.current(ctx);
  return { development: environment.type === "DEV", native: client.type === "NTV" };
}

function checkUris(patch: ClientPatch, rules: RedirectRules): void {
  const lists = {
    post_login_uris: patch.postLoginUris ?? [],
    post_logout_redirect_uris: patch.postLogoutRedirectUris ?? [],
    back_channel_logout_uris: patch.backChannelLogoutUris ?? [],
    initiate_login_uri: patch.initiateLoginUri ? [patch.initiateLoginUri] : [],
  };
  for (const [field, uris] of Object.entries(lists)) {
    for (const uri of uris) {
      const problem = registrationProblem(uri, rules);
      if (problem) throw invalidArgument(`client.${field}`, `client.${field}.uri`, `"${uri}" ${problem}`);
    }
  }
  if (lists.post_login_uris.length > mostRedirectUris) {
    throw invalidArgument(
      "client.post_login_uris",
      "repeated.max_items",
      `at most ${mostRedirectUris} are allowed`,
    );
  }
}

async function checkRest(ctx: Ctx, patch: ClientPatch): Promise<void> {
  if ([...(patch.name ?? "")].length > longestName) {
    throw invalidArgument(
      "client.name",
      "string.max_len",
      `value length must be at most ${longestName} characters`,
    );
  }
  const { sessionIdle = Number.MAX_SAFE_INTEGER, sessionAbsolute } = (await environments.current(ctx))
    .lifetimes;
  const longest = Math.min(sessionIdle, sessionAbsolute);
  const expiry = patch.accessTokenExpiry || shortestExpiry;
  if (!(expiry >= shortestExpiry && expiry < longest)) {
    const range = `value must be at least ${shortestExpiry} and less than ${longest}, when a session ends`;
    throw invalidArgument("client.access_token_expiry", "int64.gte_lt", range);
  }
  const unknown = patch.grantTypes?.find((type) => !grantTypes.includes(type));
  if (unknown !== undefined) {
    throw invalidArgument("client.grant_types", "string.in", `value must be one of ${grantTypes.join(", ")}`);
  }
  // RFC 6749 section 3.3: scopes are told apart by spaces.
  if (patch.scopes?.some((scope) => !/^[\x21\x23-\x5b\x5d-\x7e]{1,128}$/.test(scope))) {
    throw invalidArgument(
      "client.scopes",
      "string.pattern",
      'a scope has 1 to 128 visible ASCII characters but " and \\',
    );
  }
}

function changeOf(patch: ClientPatch) {
  return {
    ...(patch.name && { name: patch.name }),
    ...(patch.postLoginUris?.length && { post_login_uris: patch.postLoginUris }),
    ...(patch.postLogoutRedirectUris?.length && { post_logout_redirect_uris: patch.postLogoutRedirectUris }),
    ...(patch.backChannelLogoutUris?.length && { back_channel_logout_uris: patch.backChannelLogoutUris }),
    ...(patch.initiateLoginUri !== undefined && { initiate_login_uri: patch.initiateLoginUri }),
    ...(patch.scopes?.length && { scopes: patch.scopes }),
    ...(patch.grantTypes?.length && { grant_types: patch.grantTypes }),
    ...(patch.accessTokenExpiry && { access_token_expiry: patch.accessTokenExpiry }),
    ...(patch.enforcePkce !== undefined && { enforce_pkce: patch.enforcePkce }),
    ...(patch.disallowApiAccess !== undefined && { disallow_api_access: patch.disallowApiAccess }),
  };
}
