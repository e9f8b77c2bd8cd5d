/**
 * The simulator: identity providers for development, one SAML and one OpenID Connect, so that a newcomer signs in
 * through the real protocols without an account anywhere, and a SCIM client that hires and dismisses people. This
 * module owns them, and the test organization that they belong to. Nothing of it is trusted more than any identity
 * provider is.
 */

import { type Ctx, inTransaction } from "../../context.ts";
import { AppError } from "../../errors.ts";
import type { Connection, ConnectionPatch, ConnectionType } from "../connections/connections.ts";
import * as connections from "../connections/connections.ts";
import type { OidcSettings, SamlSettings } from "../connections/settings.ts";
import * as domains from "../domains/domains.ts";
import * as environments from "../environments/environments.ts";
import * as organizations from "../organizations/organizations.ts";
import { simulatorAddresses } from "./addresses.ts";
import { simulatorErrors as errors } from "./errors.ts";
import { ensureKey, type SimulatorKey } from "./key.ts";

export interface TestOrganization {
  organizationId: string;
  samlConnectionId: string;
  oidcConnectionId: string;
}

/** The one client that the OpenID provider knows: the product itself. */
export const clientId = "gatehouse";
/** A name of the contract's ConnectionProvider. */
const provider = "IDP_SIMULATOR";
const externalId = "test-organization";
const testDomains = ["example.com", "example.org"];

/**
 * Makes what is missing of the test organization, its domains and its two connections, and brings the connections'
 * addresses up to the environment's public URL. What a developer changed otherwise (a connection switched off, another
 * signing option) stays. Call it outside a transaction, since each step commits by itself.
 * @param ctx whose caller is a CLIENT or a WORKSPACE member: only their domains count as verified
 * @throws SIMULATOR_CALLER_UNTRUSTED
 */
export async function ensure(ctx: Ctx): Promise<TestOrganization> {
  if (ctx.caller.kind !== "CLIENT" && ctx.caller.kind !== "WORKSPACE")
    throw errors.SIMULATOR_CALLER_UNTRUSTED();
  const key = await ensureKey(ctx);
  const organizationId = await ensureOrganization(ctx);
  for (const domain of testDomains) await ensureDomain(ctx, organizationId, domain);
  const { publicUrl } = await environments.current(ctx);
  // SAML first: an organization signs in through its oldest connection.
  const samlConnectionId = await ensureConnection(ctx, organizationId, samlConnection(publicUrl, key));
  const oidcConnectionId = await ensureConnection(ctx, organizationId, oidcConnection(publicUrl, key));
  return { organizationId, samlConnectionId, oidcConnectionId };
}

/**
 * The test organization's connection to the simulator.
 * @throws SIMULATOR_NOT_SET_UP where somebody has deleted it
 */
export async function testConnection(ctx: Ctx, type: ConnectionType): Promise<Connection> {
  const found = await existing(ctx, await testOrganizationId(ctx), type);
  if (!found) throw errors.SIMULATOR_NOT_SET_UP();
  return found;
}

/** @throws SIMULATOR_NOT_SET_UP in an environment that `ensure` was never called for */
export async function testOrganizationId(ctx: Ctx): Promise<string> {
  const { items } = await organizations.list(ctx, { externalId, pageSize: 1, pageToken: "" });
  const [organization] = items;
  if (!organization) throw errors.SIMULATOR_NOT_SET_UP();
  return organization.id;
}

/** For whom a connection signs people in: what the simulator's page shows and offers. */
export async function audienceOf(
  ctx: Ctx,
  connection: Connection,
): Promise<{ name: string; domains: string[] }> {
  if (connection.organization_id === null) return { name: "this environment", domains: [] };
  const organization = { id: connection.organization_id };
  const { display_name } = await organizations.get(ctx, organization);
  return { name: display_name, domains: await domainsOf(ctx, organization.id) };
}

/** The domains of an organization, oldest first. */
export async function domainsOf(ctx: Ctx, organizationId: string): Promise<string[]> {
  const owned = await domains.list(
    ctx,
    { id: organizationId },
    { type: "ORGANIZATION_DOMAIN", pageSize: 100, pageNumber: 0 },
  );
  return owned.domains.map(({ domain }) => domain).reverse();
}

async function ensureOrganization(ctx: Ctx): Promise<string> {
  const known = await organizations.list(ctx, { externalId, pageSize: 1, pageToken: "" });
  const [organization] = known.items;
  if (organization) return organization.id;
  return (await organizations.create(ctx, { displayName: "Test Organization", externalId })).id;
}

async function ensureDomain(ctx: Ctx, organizationId: string, domain: string): Promise<void> {
  const owner = await domains.ownerOf(ctx, domain);
  if (owner !== undefined) return;
  try {
    await domains.create(ctx, { id: organizationId }, { domain, type: "ORGANIZATION_DOMAIN" });
  } catch (error) {
    // A developer's own organization claims it and has not proven it yet: it is theirs, and no start fails for that.
    if (!(error instanceof AppError) || error.code !== "DOMAIN_EXISTS") throw error;
    ctx.log.info({ domain }, "the test organization goes without a domain that another organization has");
  }
}

interface Wanted {
  type: ConnectionType;
  /** Follows the public URL. */
  addresses: SamlSettings & OidcSettings;
  /** What a new connection starts with. */
  initial: Omit<ConnectionPatch, "type">;
}

async function ensureConnection(ctx: Ctx, organizationId: string, wanted: Wanted): Promise<string> {
  const { type, addresses } = wanted;
  const found = await existing(ctx, organizationId, type);
  if (!found) return createConnection(ctx, organizationId, wanted);
  if (!hasAddresses(found, addresses)) {
    await connections.update(ctx, found.id, { type, ...settingsPatch(type, addresses) });
  }
  return found.id;
}

async function existing(
  ctx: Ctx,
  organizationId: string,
  type: ConnectionType,
): Promise<Connection | undefined> {
  const all = await connections.list(ctx, { organizationId, all: true });
  return all.find((connection) => connection.type === type && connection.provider === provider);
}

async function createConnection(ctx: Ctx, organizationId: string, wanted: Wanted): Promise<string> {
  const { type, addresses, initial } = wanted;
  return inTransaction(ctx, async (ctx) => {
    const { id } = await connections.create(ctx, organizationId, { type, provider });
    const settings = { ...initial.saml, ...initial.oidc, ...addresses };
    await connections.update(ctx, id, { type, ...initial, ...settingsPatch(type, settings) });
    const { problem } = await connections.enable(ctx, id);
    if (problem !== undefined)
      throw new Error(`the simulator's ${type} connection cannot be enabled: ${problem}`);
    return id;
  });
}

function settingsPatch(
  type: ConnectionType,
  settings: SamlSettings & OidcSettings,
): Partial<ConnectionPatch> {
  return type === "SAML" ? { saml: settings } : { oidc: settings };
}

function hasAddresses(connection: Connection, addresses: object): boolean {
  const settings = connection.settings as Record<string, unknown>;
  return Object.entries(addresses).every(([name, value]) => settings[name] === value);
}

function samlConnection(publicUrl: string, key: SimulatorKey): Wanted {
  const { saml } = simulatorAddresses(publicUrl);
  return {
    type: "SAML",
    addresses: { idpEntityId: saml.entityId, idpSsoUrl: saml.ssoUrl },
    initial: {
      configurationType: "MANUAL",
      uiButtonTitle: "Simulated identity provider (SAML)",
      saml: {
        idpSsoBinding: "HTTP_REDIRECT",
        nameIdFormat: "EMAIL",
        signingOption: "SAML_ONLY_ASSERTION_SIGNING",
      },
      idpCertificates: key.certificate,
    },
  };
}

function oidcConnection(publicUrl: string, key: SimulatorKey): Wanted {
  const { oidc } = simulatorAddresses(publicUrl);
  return {
    type: "OIDC",
    addresses: { issuer: oidc.issuer, discoveryEndpoint: oidc.discoveryUrl },
    initial: {
      configurationType: "DISCOVERY",
      uiButtonTitle: "Simulated identity provider (OpenID Connect)",
      oidc: {
        clientId,
        scopes: ["openid", "profile", "email"],
        tokenAuthType: "BASIC_AUTH",
        pkceEnabled: true,
      },
      clientSecret: key.clientSecret,
    },
  };
}
