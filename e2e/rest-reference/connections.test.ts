/** The REST reference of connections: path, verb, status and answer of every call that it prints. */
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { createSamlTenant, type SamlTenant } from "../../packages/server/src/testing/sign-in.ts";
import { describeEndpoints, notFound } from "./endpoints.ts";

let app: TestApp;
let tenant: SamlTenant;
let other: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  other = await createSamlTenant(app);
});
afterAll(async () => app.stop());

const nobody = "org_100000000000000001";
const text = expect.any(String);

/** What the reference lists of a connection in a list. */
const listed = () => ({
  id: tenant.connectionId,
  organization_id: tenant.organizationId,
  provider: "CUSTOM",
  type: "SAML",
  status: "COMPLETED",
  enabled: true,
});

/** What the reference lists of a SAML connection. */
const samlConfig = () => ({
  sp_entity_id: tenant.entityId,
  sp_assertion_url: tenant.acsUrl,
  sp_metadata_url: text,
  idp_entity_id: tenant.idp.entityId,
  idp_sso_url: tenant.idp.ssoUrl,
  idp_certificates: [{ certificate: text, expiry_time: text, issuer: text, create_time: text }],
  // The older reference leaves out HTTP_.
  idp_sso_request_binding: expect.stringMatching(/^HTTP_(POST|REDIRECT)$/),
  saml_signing_option: expect.stringMatching(/^[A-Z_]+$/),
  assertion_encrypted: false,
  want_request_signed: expect.any(Boolean),
});

/** What the reference lists of an OIDC connection; a secret that was set is not shown again. */
const oidcConfig = {
  authorize_uri: "https://op.example/authorize",
  token_uri: "https://op.example/token",
  user_info_uri: "https://op.example/userinfo",
  jwks_uri: "https://op.example/jwks",
  issuer: "https://op.example",
  redirect_uri: text,
  client_id: "gatehouse",
  scopes: expect.any(Array),
  pkce_enabled: expect.any(Boolean),
  token_auth_type: text,
};

async function oidcConnection(): Promise<string> {
  const path = `/organizations/${tenant.organizationId}/connections`;
  const kind = { provider: "OKTA", type: "OIDC" };
  const { id } = (await app.api(path, { body: kind })).body.connection;
  const { authorize_uri, token_uri, user_info_uri, jwks_uri, issuer, client_id } = oidcConfig;
  const oidc_config = {
    ...{ authorize_uri, token_uri, user_info_uri, jwks_uri, issuer, client_id },
    client_secret: "a secret",
  };
  const body = { ...kind, configuration_type: "MANUAL", oidc_config };
  expect((await app.api(`${path}/${id}`, { method: "PATCH", body })).status).toBe(200);
  return id;
}

describeEndpoints("connections", () => app, {
  async "GET /api/v1/connections"(call) {
    const idsOf = async (query: Record<string, string>) => {
      const { status, body } = await call({}, { query });
      expect(status).toBe(200);
      return body.connections.map(({ id }: { id: string }) => id);
    };
    expect(
      (await call({}, { query: { organization_id: tenant.organizationId } })).body.connections,
    ).toMatchObject([listed()]);
    expect(await idsOf({ domain: tenant.domain })).toEqual([tenant.connectionId]);
    expect(await idsOf({ domain: "unknown-to-all.com" })).toEqual([]);
    const draft = await oidcConnection();
    const { organizationId: organization_id } = tenant;
    expect(await idsOf({ organization_id })).toEqual([tenant.connectionId]);
    expect(await idsOf({ organization_id, include: "all" })).toEqual(
      expect.arrayContaining([tenant.connectionId, draft]),
    );
    // Without a filter: the connections of the environment, which has none.
    expect(await idsOf({})).toEqual(expect.any(Array));
  },

  async "GET /api/v1/organizations/{organization_id}/connections"(call) {
    const { organizationId: organization_id } = other;
    expect(await call({ organization_id })).toMatchObject({
      status: 200,
      body: { connections: [{ ...listed(), id: other.connectionId, organization_id }] },
    });
  },

  async "GET /api/v1/organizations/{organization_id}/connections/{id}"(call) {
    const at = { organization_id: tenant.organizationId, id: tenant.connectionId };
    expect(await call(at)).toMatchObject({
      status: 200,
      body: { connection: { ...listed(), saml_config: samlConfig() } },
    });
    const { body } = await call({ ...at, id: await oidcConnection() });
    expect(body.connection).toMatchObject({ type: "OIDC", provider: "OKTA", oidc_config: oidcConfig });
    expect(JSON.stringify(body)).not.toContain("a secret");
    expect(await call({ ...at, organization_id: other.organizationId })).toMatchObject(notFound);
    expect(await call({ ...at, organization_id: nobody })).toMatchObject(notFound);
  },

  async "PATCH /api/v1/organizations/{organization_id}/connections/{id}:disable"(call) {
    const at = { organization_id: tenant.organizationId, id: tenant.connectionId };
    expect(await call(at)).toMatchObject({ status: 200, body: { enabled: false } });
    expect(await call({ ...at, organization_id: other.organizationId })).toMatchObject(notFound);
  },

  async "PATCH /api/v1/organizations/{organization_id}/connections/{id}:enable"(call) {
    const at = { organization_id: tenant.organizationId, id: tenant.connectionId };
    expect(await call(at)).toMatchObject({ status: 200, body: { enabled: true } });
    expect(await call({ ...at, organization_id: other.organizationId })).toMatchObject(notFound);
  },
});
