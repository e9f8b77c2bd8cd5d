/** Connections of tests, made and changed through the management API. */
import type { ApiAnswer, TestApp } from "./app.ts";
import type { SamlTenant } from "./sign-in.ts";

interface Owned {
  organizationId: string;
  connectionId: string;
}

/** @throws Error when the API refuses it */
export async function createOrganization(app: TestApp, domain?: string): Promise<string> {
  const created = await app.api("/organizations", { body: { display_name: "An organization" } });
  const id: string = created.body.organization.id;
  if (domain !== undefined) await expectOk(app.api(`/organizations/${id}/domains`, { body: { domain } }));
  return id;
}

/** A connection that is neither complete nor on. */
export async function createConnection(
  app: TestApp,
  organizationId: string,
  type: "SAML" | "OIDC",
): Promise<Owned> {
  const path = `/organizations/${organizationId}/connections`;
  const created = await expectOk(app.api(path, { body: { provider: "CUSTOM", type } }));
  return { organizationId, connectionId: created.body.connection.id };
}

/** @param change fields of UpdateConnection */
export async function patchConnection(
  app: TestApp,
  at: Owned,
  change: Record<string, unknown>,
): Promise<ApiAnswer> {
  const path = `/organizations/${at.organizationId}/connections/${at.connectionId}`;
  return app.api(path, { method: "PATCH", body: { provider: "CUSTOM", ...change } });
}

export async function patchSaml(
  app: TestApp,
  at: Owned,
  config: Record<string, unknown>,
): Promise<ApiAnswer> {
  return patchConnection(app, at, { type: "SAML", saml_config: config });
}

export async function setEnabled(app: TestApp, at: Owned, on: boolean): Promise<ApiAnswer> {
  const path = `/organizations/${at.organizationId}/connections/${at.connectionId}`;
  return app.api(`${path}:${on ? "enable" : "disable"}`, { method: "PATCH" });
}

export async function readConnection(app: TestApp, at: Owned) {
  const answer = await app.api(`/organizations/${at.organizationId}/connections/${at.connectionId}`);
  return answer.body.connection;
}

/** The same tenant after an update of its addresses. */
export async function reread(app: TestApp, tenant: SamlTenant): Promise<SamlTenant> {
  const { saml_config: config } = await readConnection(app, tenant);
  return { ...tenant, entityId: config.sp_entity_id, acsUrl: config.sp_assertion_url };
}

export interface OidcTenant extends Owned {
  domain: string;
  redirectUri: string;
}

/** An organization with a domain and an OpenID Connect connection, enabled when its settings suffice. */
export async function createOidcTenant(
  app: TestApp,
  domain: string,
  config: (redirectUri: string) => Record<string, unknown>,
): Promise<OidcTenant> {
  const owned = await createConnection(app, await createOrganization(app, domain), "OIDC");
  const redirectUri = `${app.url}/sso/v1/oidc/${owned.connectionId}/callback`;
  await expectOk(patchConnection(app, owned, { type: "OIDC", oidc_config: config(redirectUri) }));
  await expectOk(setEnabled(app, owned, true));
  return { ...owned, domain, redirectUri };
}

async function expectOk(asked: Promise<ApiAnswer>): Promise<ApiAnswer> {
  const answer = await asked;
  if (answer.status < 300) return answer;
  throw new Error(`the API answered ${answer.status}: ${JSON.stringify(answer.body)}`);
}
