/**
 * Connections: how the people of an organization sign in at their own identity provider (SAML, OIDC), and how those
 * of the whole environment may (social, mail, passkeys). This module owns the settings of all kinds and their life:
 * draft, completed, enabled.
 */
import { type Ctx, inTransaction, ownOrganization } from "../../context.ts";
import { addToCount } from "../../db/counters.ts";
import { requireAtMost } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import * as domains from "../domains/domains.ts";
import * as organizations from "../organizations/organizations.ts";
import * as users from "../users/users.ts";
import * as certificates from "./certificates.ts";
import * as connectionDomains from "./connection-domains.store.ts";
import type { Connection, ListedConnection } from "./connections.store.ts";
import * as store from "./connections.store.ts";
import type { OAuthSettings, PasswordlessSettings, WebauthnSettings } from "./environment-settings.ts";
import { connectionErrors as errors } from "./errors.ts";
import { connectionEvents, environmentConnectionEvents } from "./events.ts";
import * as ownCertificates from "./own-certificates.ts";
import { known } from "./remembered.ts";
import { missingSettings } from "./required-settings.ts";
import type { OidcSettings, SamlSettings } from "./settings.ts";
import { type AnySettings, checkSettings, namesAnotherProvider } from "./settings-rules.ts";

export type { Connection, ListedConnection };
/** What a connection can be of: the first two belong to an organization, the others to the environment. */
export { missingSettings };
export type ConnectionType = "SAML" | "OIDC" | "OAUTH" | "PASSWORDLESS" | "WEBAUTHN";

export interface NewConnection {
  type: ConnectionType;
  /** A name of the contract's ConnectionProvider. */
  provider: string;
  providerKey?: string;
  keyId?: string;
}

/** What an update may change; an absent field stays as it is. */
export interface ConnectionPatch {
  type: string | undefined;
  provider?: string;
  providerKey?: string;
  keyId?: string;
  debugEnabled?: boolean;
  uiButtonTitle?: string;
  configurationType?: "DISCOVERY" | "MANUAL";
  attributeMapping?: Record<string, string>;
  saml?: SamlSettings;
  oidc?: OidcSettings;
  oauth?: OAuthSettings;
  passwordless?: PasswordlessSettings;
  webauthn?: WebauthnSettings;
  clientSecret?: string;
  /** PEM blocks of the identity provider; empty removes those that are there. */
  idpCertificates?: string;
}

/** The count of the connections of all organizations. */
export const countOfOrganizations = "organization_connections";

/** The contract sets no limit to the names of a connection. */
const longestName = 255;

/** More than any organization has; the contract's list is not paged. */
const listLimit = 1_000;

/**
 * Creates a draft.
 * @param organizationId null for a connection of the environment
 * @throws ORGANIZATION_NOT_FOUND, INVALID_ARGUMENT
 */
export async function create(
  ctx: Ctx,
  organizationId: string | null,
  input: NewConnection,
): Promise<Connection> {
  requireShortNames(input);
  return inTransaction(ctx, async (ctx) => {
    if (organizationId !== null) await organizations.get(ctx, { id: organizationId });
    const now = ctx.now();
    const row = {
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
    };
    const connection = await store.insert(ctx, row).catch(organizations.rejectDeleted(organizationId));
    if (organizationId !== null) await addToCount(ctx, countOfOrganizations, "", 1);
    await announce(ctx, "created", connection);
    return connection;
  });
}

/**
 * @param organizationId null where only a connection of the environment will do
 * @throws CONNECTION_NOT_FOUND also for another organization's
 */
export async function get(ctx: Ctx, id: string, organizationId?: string | null): Promise<Connection> {
  const connection = await store.find(ctx, id, organizationId);
  const own = ownOrganization(ctx);
  if (!connection || (own !== undefined && connection.organization_id !== own))
    throw errors.CONNECTION_NOT_FOUND(id);
  return connection;
}

/**
 * The connections of an organization, or those that a domain may lead to, oldest first. Only those that can sign
 * users in, unless `all`.
 */
export async function list(
  ctx: Ctx,
  filter: { organizationId?: string; domain?: string; all: boolean },
): Promise<ListedConnection[]> {
  const domain = filter.domain === undefined ? undefined : await domains.verified(ctx, filter.domain);
  const organizationId = ownOrganization(ctx) ?? filter.organizationId ?? domain?.organization_id;
  if (organizationId === undefined && filter.domain !== undefined) return [];
  const listed = await store.list(ctx, {
    usable: !filter.all,
    limit: listLimit,
    ...(organizationId !== undefined && { organizationId }),
  });
  const assigned = domain && (await connectionDomains.findAssigned(ctx, domain.id));
  // Without an assignment, and while the assigned one is not there to be used, any of them may be the one.
  const leads = listed.filter((connection) => connection.id === assigned);
  return leads.length > 0 ? leads : listed;
}

/**
 * Changes the settings that are given; a connection that has all it needs becomes COMPLETED.
 * @throws CONNECTION_NOT_FOUND, CONNECTION_TYPE_FIXED, CONNECTION_URL_INVALID, CONNECTION_CERTIFICATE_INVALID,
 *   CONNECTION_CERTIFICATE_UNKNOWN, CONNECTION_CERTIFICATE_EXPIRED, and those of `environment-settings.ts`
 */
export async function update(
  ctx: Ctx,
  id: string,
  patch: ConnectionPatch,
  organizationId?: string | null,
): Promise<Connection> {
  requireShortNames(patch);
  return inTransaction(ctx, async (ctx) => {
    const connection = await hold(ctx, id, organizationId);
    if (patch.type !== undefined && patch.type !== connection.type)
      throw errors.CONNECTION_TYPE_FIXED(connection.type);
    const settings = await settingsAfter(ctx, connection, patch);
    const provider = patch.provider || connection.provider;
    checkSettings(ctx, provider, connection.type, settings);
    if (patch.idpCertificates !== undefined) await certificates.replace(ctx, id, patch.idpCertificates);
    const secret = patch.clientSecret
      ? ctx.app.keys.seal(patch.clientSecret, secretContext(id))
      : connection.client_secret_sealed;
    if (namesAnotherProvider(connection, provider, settings)) await users.forgetIdentities(ctx, id);
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
    if (connection.enabled && !changed.enabled) await announce(ctx, "disabled", changed);
    return changed;
  });
}

async function settingsAfter(ctx: Ctx, connection: Connection, patch: ConnectionPatch): Promise<AnySettings> {
  const before = connection.settings as AnySettings;
  if (connection.type === "OAUTH") return { ...before, ...patch.oauth };
  if (connection.type === "PASSWORDLESS") return { ...before, ...patch.passwordless };
  if (connection.type === "WEBAUTHN") return { ...before, ...patch.webauthn };
  if (connection.type === "OIDC") return { ...before, ...patch.oidc };
  return ownCertificates.settle(ctx, before, { ...before, ...patch.saml });
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
export async function enable(ctx: Ctx, id: string, organizationId?: string | null): Promise<Switched> {
  return inTransaction(ctx, async (ctx) => {
    const connection = await hold(ctx, id, organizationId);
    const missing = await missingSettings(ctx, connection);
    if (missing.length > 0) {
      return { enabled: false, problem: `The connection is not complete: ${missing.join(", ")} missing` };
    }
    const unbuilt = unbuiltKinds[connection.type];
    if (unbuilt) {
      return { enabled: false, problem: `${unbuilt} is not built in this version: the connection stays off` };
    }
    if (connection.enabled) return { enabled: true, problem: "The connection is on already" };
    const changed = { ...connection, enabled: true };
    await store.set(ctx, id, { enabled: true, updated_at: ctx.now() });
    await known.forget(ctx, id);
    await announce(ctx, "enabled", changed);
    return { enabled: true };
  });
}

/** Kinds of connections that can be set up before anybody can sign in through them. */
const unbuiltKinds: Record<string, string> = {
  PASSWORDLESS: "Signing in by mail",
  WEBAUTHN: "Signing in with a passkey",
};

/** Lets nobody in through the connection any more; sessions go on. @throws CONNECTION_NOT_FOUND */
export async function disable(ctx: Ctx, id: string, organizationId?: string | null): Promise<Switched> {
  return inTransaction(ctx, async (ctx) => {
    const connection = await hold(ctx, id, organizationId);
    if (!connection.enabled) return { enabled: false, problem: "The connection is off already" };
    await store.set(ctx, id, { enabled: false, updated_at: ctx.now() });
    await known.forget(ctx, id);
    await announce(ctx, "disabled", { ...connection, enabled: false });
    return { enabled: false };
  });
}

/** @throws CONNECTION_NOT_FOUND */
async function remove(ctx: Ctx, id: string, organizationId?: string | null): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const connection = await get(ctx, id, organizationId);
    if (!(await store.remove(ctx, id))) throw errors.CONNECTION_NOT_FOUND(id);
    await known.forget(ctx, id);
    if (connection.organization_id !== null) await addToCount(ctx, countOfOrganizations, "", -1);
    await announce(ctx, "deleted", connection);
  });
}

export { remove as delete };

/** Takes connections that went with their organization off the count. */
export async function forgetCounted(ctx: Ctx, removed: number): Promise<void> {
  if (removed > 0) await addToCount(ctx, countOfOrganizations, "", -removed);
}

/** The connection's secret at its OpenID provider; undefined when it has none. */
export function clientSecret(ctx: Ctx, connection: Connection): string | undefined {
  if (connection.client_secret_sealed === null) return undefined;
  return ctx.app.keys.open(connection.client_secret_sealed, secretContext(connection.id)).toString("utf8");
}

/** A connection that nobody else changes until the transaction ends. @throws CONNECTION_NOT_FOUND */
async function hold(ctx: Ctx, id: string, organizationId?: string | null): Promise<Connection> {
  await store.lock(ctx, id);
  return get(ctx, id, organizationId);
}

async function announce(
  ctx: Ctx,
  change: keyof typeof connectionEvents,
  connection: Connection,
): Promise<void> {
  const { organization_id: organizationId } = connection;
  const { enabled, disabled, ...table } =
    organizationId === null ? environmentConnectionEvents : connectionEvents;
  const { id, organization_id, type: connection_type, provider, status } = connection;
  const payload = { id, organization_id, connection_type, provider };
  const owner = organizationId ?? undefined;
  if (change === "created" || change === "deleted") return ctx.emit(table[change], payload, owner);
  const isOn = change === "enabled";
  return ctx.emit(isOn ? enabled : disabled, { ...payload, enabled: isOn, status }, owner);
}

async function isComplete(ctx: Ctx, connection: Connection): Promise<boolean> {
  return (await missingSettings(ctx, connection)).length === 0;
}

function requireShortNames({ providerKey, keyId }: Pick<NewConnection, "providerKey" | "keyId">): void {
  requireAtMost("connection.provider_key", providerKey, longestName);
  requireAtMost("connection.key_id", keyId, longestName);
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
