/** A user's way through single sign-on in tests: an identity provider of `samlp`, a connection to it, and a sign-in. */
import { createHash } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { newSecret } from "../lib/secrets.ts";
import type { TestApp } from "./app.ts";
import { TestBrowser, type Visit } from "./browser.ts";
import { createSamlIdp } from "./saml-idp.ts";

export const callback = "http://localhost:5555/callback";

type SamlIdp = ReturnType<typeof createSamlIdp>;

export interface SamlTenant {
  organizationId: string;
  connectionId: string;
  domain: string;
  idp: SamlIdp;
  entityId: string;
  acsUrl: string;
}

let tenants = 0;

/** An organization with a domain and an enabled SAML connection to an identity provider of its own. */
export async function createSamlTenant(app: TestApp, options: { domain?: string } = {}): Promise<SamlTenant> {
  const number = ++tenants;
  const domain =
    options.domain ??
    `tenant-${number}-${newSecret(16)
      .toLowerCase()
      .replace(/[^a-z0-9]/g, "")}.com`;
  const idp = createSamlIdp({ entityId: `https://idp-${number}.example/metadata` });
  const organization = await app.api("/organizations", { body: { display_name: `Tenant ${number}` } });
  const organizationId: string = organization.body.organization.id;
  await app.api(`/organizations/${organizationId}/domains`, { body: { domain } });
  const path = `/organizations/${organizationId}/connections`;
  const created = await app.api(path, { body: { provider: "CUSTOM", type: "SAML" } });
  const connectionId: string = created.body.connection.id;
  const updated = await app.api(`${path}/${connectionId}`, {
    method: "PATCH",
    body: {
      provider: "CUSTOM",
      type: "SAML",
      configuration_type: "MANUAL",
      saml_config: { idp_entity_id: idp.entityId, idp_sso_url: idp.ssoUrl, idp_certificate: idp.certificate },
    },
  });
  const enabled = await app.api(`${path}/${connectionId}:enable`, { method: "PATCH" });
  if (!enabled.body.enabled) throw new Error(`the connection stayed off: ${JSON.stringify(enabled.body)}`);
  const { sp_entity_id: entityId, sp_assertion_url: acsUrl } = updated.body.connection.saml_config;
  return { organizationId, connectionId, domain, idp, entityId, acsUrl };
}

/** The authorization URL of an app; PKCE when a verifier is given. */
export function authorizeUrl(app: TestApp, values: Record<string, string>, verifier?: string): string {
  const url = new URL("/oauth/authorize", app.url);
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: callback,
    scope: "openid profile email offline_access",
    state: "state-1",
    ...(verifier !== undefined && {
      code_challenge: createHash("sha256").update(verifier).digest("base64url"),
      code_challenge_method: "S256",
    }),
    ...values,
  }).toString();
  return url.href;
}

/** What our AuthnRequest says, read from the redirect to the identity provider. */
export function readAuthnRequest(location: string): { id: string; relayState: string; xml: string } {
  const query = new URL(location).searchParams;
  const xml = inflateRawSync(Buffer.from(query.get("SAMLRequest") ?? "", "base64")).toString("utf8");
  return { id: /ID="([^"]+)"/.exec(xml)?.[1] ?? "", relayState: query.get("RelayState") ?? "", xml };
}

export interface SamlSignIn {
  browser: TestBrowser;
  /** The redirect that brings the app its code or error. */
  visit: Visit;
  /** The query of the app's callback. */
  answer: URLSearchParams;
}

/** Signs a user in by SAML, from the authorization URL to the app's callback. */
export async function samlSignIn(
  app: TestApp,
  tenant: SamlTenant,
  options: {
    email?: string;
    verifier?: string;
    browser?: TestBrowser;
    authorize?: Record<string, string>;
  } = {},
): Promise<SamlSignIn> {
  const browser = options.browser ?? new TestBrowser(app.url);
  const values = options.authorize ?? { connection_id: tenant.connectionId };
  const start = await browser.visit(authorizeUrl(app, values, options.verifier));
  const request = readAuthnRequest(start.location);
  const email = options.email ?? `ada@${tenant.domain}`;
  const response = await tenant.idp.issueResponse({
    acsUrl: tenant.acsUrl,
    audience: tenant.entityId,
    inResponseTo: request.id,
    nameId: email,
    attributes: { email, firstName: "Ada", lastName: "Lovelace" },
    now: app.app.now(),
  });
  const form = { SAMLResponse: response, RelayState: request.relayState };
  const visit = await browser.follow(tenant.acsUrl, { form, crossSite: true });
  const answer = visit.location === "" ? new URLSearchParams() : new URL(visit.location).searchParams;
  return { browser, visit, answer };
}

/** The token endpoint's answer to a form. */
export async function postToken(
  app: TestApp,
  form: Record<string, string>,
): Promise<{ status: number; body: Record<string, string>; headers: Headers }> {
  const answer = await fetch(`${app.url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id: app.clientId, client_secret: app.clientSecret, ...form }),
  });
  return {
    status: answer.status,
    body: (await answer.json()) as Record<string, string>,
    headers: answer.headers,
  };
}
