/**
 * Connections: how the people of an organization sign in at their own identity provider. This module owns the
 * settings of both kinds (SAML, OIDC) and their life: draft, completed, enabled.
 */
import { type Ctx, inTransaction, ownOrganization } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import * as domains from "../domains/domains.ts";
import * as organizations from "../organizations/organizations.ts";
import * as users from "../users/users.ts";
import * as certificates from "./certificates.ts";
import type { Connection, ListedConnection } from "./connections.store.ts";
import * as store from "./connections.store.ts";
import { connectionErrors as errors } from "./errors.ts";
import { connectionCreated, connectionDeleted, connectionDisabled, connectionEnabled } from "./events.ts";
import { known } from "./remembered.ts";
import type { OidcSettings, SamlSettings } from "./settings.ts";

export type { Connection, ListedConnection };
export type ConnectionType = "SAML" | "OIDC";

export interface NewConnection {
  type: ConnectionType;
  /** A name of the contract's ConnectionProvider. */
  provider: string;
  providerKey?: string;
  keyId?: string;
}

/** What an update may change; an absent field stays as it is. */
export interface ConnectionPatch {
  type: ConnectionType | undefined;
  provider?: string;
  providerKey?: string;
  keyId?: string;
  debugEnabled?: boolean;
  uiButtonTitle?: string;
  configurationType?: "DISCOVERY" | "MANUAL";
  attributeMapping?: Record<string, string>;
  saml?: SamlSettings;
  oidc?: OidcSettings;
  clientSecret?: string;
  /** PEM blocks of the identity provider; empty removes those that are there. */
  idpCertificates?: string;
}

/** More than any organization has; the contract's list is not paged. */
const listLimit = 1_000;

/** Creates a draft. @throws ORGANIZATION_NOT_FOUND */
export async function create(ctx: Ctx, organizationId: string, input: NewConnection): Promise<Connection> {
  return inTransaction(ctx, async (ctx) => {
    await organizations.get(ctx, { id: organizationId });
    const now = ctx.now();
    const connection = await store.insert(ctx, {
      id: newId("conn"),
      environment_id: ctx.environmentId,
      organization_id: organizationId,
      type: input.type,
      provider: input.provider,
      provider_key: input.providerKey || input.provider,
      key_id: input.keyId ?? null,
      status: "DRAFT",
      created_at: now,
      updated_at: now,
    });
    await ctx.emit(connectionCreated, payloadOf(connection), organizationId);
    return connection;
  });
}

/** @throws CONNECTION_NOT_FOUND also for another organization's */
export async function get(ctx: Ctx, id: string, organizationId?: string): Promise<Connection> {
  const connection = await store.find(ctx, id, organizationId);
  const own = ownOrganization(ctx);
  if (!connection || (own !== undefined && connection.organization_id !== own))
    throw errors.CONNECTION_NOT_FOUND(id);
  return connection;
}

/**
 * The connections of an organization, or of the organization that owns a domain, oldest first. Only those
 * that can sign users in, unless `all`.
 */
export async function list(
  ctx: Ctx,
  filter: { organizationId?: string; domain?: string; all: boolean },
): Promise<ListedConnection[]> {
  const organizationId = ownOrganization(ctx) ?? filter.organizationId ?? (await ownerOf(ctx, filter.domain));
  if (organizationId === undefined && filter.domain !== undefined) return [];
  return store.list(ctx, {
    usable: !filter.all,
    limit: listLimit,
    ...(organizationId !== undefined && { organizationId }),
  });
}

/**
 * Changes the settings that are given; a connection that has all it needs becomes COMPLETED.
 * @throws CONNECTION_NOT_FOUND, CONNECTION_TYPE_FIXED, CONNECTION_URL_INVALID, CONNECTION_CERTIFICATE_INVALID
 */
export async function update(
  ctx: Ctx,
  id: string,
  patch: ConnectionPatch,
  organizationId?: string,
): Promise<Connection> {
  return inTransaction(ctx, async (ctx) => {
    const connection = await hold(ctx, id, organizationId);
    if (patch.type !== undefined && patch.type !== connection.type)
      throw errors.CONNECTION_TYPE_FIXED(connection.type);
    const settings = {
      ...(connection.settings as object),
      ...(connection.type === "SAML" ? patch.saml : patch.oidc),
    };
    checkUrls(ctx, settings);
    if (patch.idpCertificates !== undefined) await certificates.replace(ctx, id, patch.idpCertificates);
    const secret = patch.clientSecret
      ? ctx.app.keys.seal(patch.clientSecret, secretContext(id))
      : connection.client_secret_sealed;
    if (namesAnotherProvider(connection, settings)) await users.forgetIdentities(ctx, id);
    const complete = await isComplete(ctx, { ...connection, settings, client_secret_sealed: secret });
    const changed = await store.set(ctx, id, {
      ...columnsOf(patch),
      settings: JSON.stringify(settings),
      client_secret_sealed: secret,
      status: complete ? "COMPLETED" : "IN_PROGRESS",
      // Settings that no longer suffice must not go on answering sign-ins.
      enabled: connection.enabled && complete,
      updated_at: ctx.now(),
    });
    if (!changed) throw errors.CONNECTION_NOT_FOUND(id);
    await known.forget(ctx, id);
    if (connection.enabled && !changed.enabled) await emitDisabled(ctx, changed);
    return changed;
  });
}

/** A switch after its call, and why the call changed nothing where it did not. */
export interface Switched {
  enabled: boolean;
  problem?: string;
}

/**
 * Lets users in through the connection. An incomplete one stays off, and the answer says what is missing.
 * @throws CONNECTION_NOT_FOUND
 */
export async function enable(ctx: Ctx, id: string, organizationId?: string): Promise<Switched> {
  return inTransaction(ctx, async (ctx) => {
    const connection = await hold(ctx, id, organizationId);
    const missing = await missingSettings(ctx, connection);
    if (missing.length > 0) {
      return { enabled: false, problem: `The connection is not complete: ${missing.join(", ")} missing` };
    }
    if (connection.enabled) return { enabled: true, problem: "The connection is on already" };
    const changed = { ...connection, enabled: true };
    await store.set(ctx, id, { enabled: true, updated_at: ctx.now() });
    await known.forget(ctx, id);
    await ctx.emit(connectionEnabled, payloadOf(changed), connection.organization_id ?? undefined);
    return { enabled: true };
  });
}

/** Lets nobody in through the connection any more; sessions go on. @throws CONNECTION_NOT_FOUND */
export async function disable(ctx: Ctx, id: string, organizationId?: string): Promise<Switched> {
  return inTransaction(ctx, async (ctx) => {
    const connection = await hold(ctx, id, organizationId);
    if (!connection.enabled) return { enabled: false, problem: "The connection is off already" };
    await store.set(ctx, id, { enabled: false, updated_at: ctx.now() });
    await known.forget(ctx, id);
    await emitDisabled(ctx, { ...connection, enabled: false });
    return { enabled: false };
  });
}

/** @throws CONNECTION_NOT_FOUND */
async function remove(ctx: Ctx, id: string, organizationId?: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const connection = await get(ctx, id, organizationId);
    if (!(await store.remove(ctx, id))) throw errors.CONNECTION_NOT_FOUND(id);
    await known.forget(ctx, id);
    await ctx.emit(connectionDeleted, payloadOf(connection), connection.organization_id ?? undefined);
  });
}

export { remove as delete };

/** The connection's secret at its OpenID provider; undefined when it has none. */
export function clientSecret(ctx: Ctx, connection: Connection): string | undefined {
  if (connection.client_secret_sealed === null) return undefined;
  return ctx.app.keys.open(connection.client_secret_sealed, secretContext(connection.id)).toString("utf8");
}

/** A connection that nobody else changes until the transaction ends. @throws CONNECTION_NOT_FOUND */
async function hold(ctx: Ctx, id: string, organizationId?: string): Promise<Connection> {
  await store.lock(ctx, id);
  return get(ctx, id, organizationId);
}

async function ownerOf(ctx: Ctx, domain: string | undefined): Promise<string | undefined> {
  return domain === undefined ? undefined : domains.ownerOf(ctx, domain);
}

async function emitDisabled(ctx: Ctx, connection: Connection): Promise<void> {
  await ctx.emit(connectionDisabled, payloadOf(connection), connection.organization_id ?? undefined);
}

/** A subject is a name given by one identity provider: at another one it may be another person's. */
function namesAnotherProvider(connection: Connection, settings: SamlSettings & OidcSettings): boolean {
  const before = connection.settings as SamlSettings & OidcSettings;
  const known = connection.type === "SAML" ? before.idpEntityId : before.issuer;
  const named = connection.type === "SAML" ? settings.idpEntityId : settings.issuer;
  return Boolean(known) && known !== named;
}

async function isComplete(ctx: Ctx, connection: Connection): Promise<boolean> {
  return (await missingSettings(ctx, connection)).length === 0;
}

/** The settings, by their names in the contract, that signing in needs and that are not there. */
async function missingSettings(ctx: Ctx, connection: Connection): Promise<string[]> {
  if (connection.type === "SAML") {
    const saml = connection.settings as SamlSettings;
    const trusted = await certificates.list(ctx, connection.id);
    const needed = {
      idp_entity_id: saml.idpEntityId,
      idp_sso_url: saml.idpSsoUrl,
      idp_certificate: trusted[0]?.id,
    };
    return namesOfMissing(needed);
  }
  const oidc = connection.settings as OidcSettings;
  const endpoints = oidc.authorizeUri && oidc.tokenUri && oidc.jwksUri;
  return namesOfMissing({
    issuer: oidc.issuer,
    client_id: oidc.clientId,
    // Without a secret the provider knows us by PKCE alone, as a public client.
    client_secret: connection.client_secret_sealed ? "set" : oidc.pkceEnabled ? "public client" : undefined,
    discovery_endpoint: oidc.discoveryEndpoint ?? endpoints ?? oidc.issuer,
  });
}

function namesOfMissing(needed: Record<string, string | undefined>): string[] {
  return Object.entries(needed)
    .filter(([, value]) => !value)
    .map(([name]) => name);
}

const urlFields: Record<string, string> = {
  idpMetadataUrl: "idp_metadata_url",
  idpSsoUrl: "idp_sso_url",
  idpSloUrl: "idp_slo_url",
  spAssertionUrl: "sp_assertion_url",
  defaultRedirectUri: "default_redirect_uri",
  issuer: "issuer",
  discoveryEndpoint: "discovery_endpoint",
  authorizeUri: "authorize_uri",
  tokenUri: "token_uri",
  userInfoUri: "user_info_uri",
  jwksUri: "jwks_uri",
};

/** Identity providers are reached over https; http is for development only, where the guarded fetch decides. */
function checkUrls(ctx: Ctx, settings: Record<string, unknown>): void {
  const schemes = ctx.app.config.mode === "development" ? ["https:", "http:"] : ["https:"];
  for (const [key, field] of Object.entries(urlFields)) {
    const value = settings[key];
    if (typeof value !== "string" || value === "") continue;
    const url = URL.parse(value);
    if (!url || !schemes.includes(url.protocol))
      throw errors.CONNECTION_URL_INVALID(field, value.slice(0, 200));
  }
}

function columnsOf(patch: ConnectionPatch): store.ConnectionChange {
  return {
    ...(patch.provider && { provider: patch.provider }),
    ...(patch.providerKey && { provider_key: patch.providerKey }),
    ...(patch.keyId !== undefined && { key_id: patch.keyId }),
    ...(patch.debugEnabled !== undefined && { debug_enabled: patch.debugEnabled }),
    ...(patch.uiButtonTitle !== undefined && { ui_button_title: patch.uiButtonTitle }),
    ...(patch.configurationType && { configuration_type: patch.configurationType }),
    ...(patch.attributeMapping && { attribute_mapping: JSON.stringify(patch.attributeMapping) }),
  };
}

function secretContext(id: string): string {
  return `connections.client_secret_sealed:${id}`;
}

function payloadOf(connection: Connection) {
  const { id, organization_id, type, provider, status, enabled } = connection;
  return { id, organization_id, type, provider, status, enabled };
}
