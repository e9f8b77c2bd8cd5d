/** The REST reference of signing in: the authorization URL, and the token URL with each of its two grants. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import {
  callback,
  createSamlTenant,
  type SamlTenant,
  samlSignIn,
} from "../../packages/server/src/testing/sign-in.ts";
import { describeEndpoints } from "./endpoints.ts";

const redirectUri = "https://mysaasapp.test/redirect_uri";
let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  const body = { post_login_uris: [redirectUri, callback] };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body });
});
afterAll(async () => app.stop());

describeEndpoints("oauth", () => app, {
  async "GET /oauth/authorize"(call) {
    const asked = {
      client_id: app.clientId,
      redirect_uri: redirectUri,
      response_type: "code",
      state: "hf68uyjh2189iuhj56789",
      scope: "openid email profile",
    };
    const location = async (more: Record<string, string>) => {
      const { status, headers } = await call({}, { query: { ...asked, ...more } });
      expect([302, 303]).toContain(status);
      return new URL(headers.get("location") ?? "", app.url);
    };
    for (const selector of [
      { domain: tenant.domain },
      { connection_id: tenant.connectionId },
      { organization_id: tenant.organizationId },
      { login_hint: `ada@${tenant.domain}` },
    ])
      expect((await location(selector)).href.startsWith(tenant.idp.ssoUrl)).toBe(true);
    expect((await location({})).pathname).toBe("/a/auth/login");
    const refused = await location({ connection_id: "conn_100000000000000001" });
    expect(refused.href.startsWith(redirectUri)).toBe(true);
    expect(Object.fromEntries(refused.searchParams)).toMatchObject({
      error: "invalid_connection_id",
      state: asked.state,
    });
    const elsewhere = { ...asked, redirect_uri: `${redirectUri}/` };
    expect((await call({}, { query: elsewhere })).status).toBe(400);
  },

  async "POST /oauth/token"(call) {
    const client = { client_id: app.clientId, client_secret: app.clientSecret };
    const form = (fields: Record<string, string>) => ({
      body: new URLSearchParams({ ...client, ...fields }),
    });
    const machine = await call({}, form({ grant_type: "client_credentials" }));
    expect(machine).toMatchObject({
      status: 200,
      body: { access_token: expect.any(String), token_type: "Bearer", expires_in: expect.any(Number) },
    });
    // Some seconds may have passed since the token's `iat`.
    expect(86_400 - machine.body.expires_in).toBeLessThan(60);
    const wrong = form({ grant_type: "client_credentials", client_secret: "test_wrong" });
    expect(await call({}, wrong)).toMatchObject({ status: 401, body: { error: "invalid_client" } });
    const code = async () => (await samlSignIn(app, tenant)).answer.get("code") ?? "";
    const redeem = async () => ({
      grant_type: "authorization_code",
      code: await code(),
      redirect_uri: callback,
    });
    const tokens = { access_token: expect.any(String), id_token: expect.any(String), token_type: "Bearer" };
    const signedIn = await call({}, form(await redeem()));
    expect(signedIn).toMatchObject({ status: 200, body: tokens });
    expect(decodeJwt(signedIn.body.id_token)).toMatchObject({ email: `ada@${tenant.domain}` });
    // The older reference prints the parameters in the query, which development takes.
    const byQuery = await call({}, { query: { ...client, ...(await redeem()) } });
    expect(byQuery).toMatchObject({ status: 200, body: tokens });
    const unknown = form({ grant_type: "authorization_code", code: "jhasd72", redirect_uri: callback });
    expect(await call({}, unknown)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  },
});
