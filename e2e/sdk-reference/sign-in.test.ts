/**
 * The official Node SDK, unmodified: the client's own methods, as its reference says. Users sign in by SAML at the
 * address that the SDK makes.
 */
import { createHash } from "node:crypto";
import {
  Scalekit,
  ScalekitUnauthorizedException,
  ScalekitValidateTokenFailureException,
  WebhookVerificationError,
} from "@scalekit-sdk/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect } from "vitest";
import { startSending } from "../../packages/server/src/modules/webhooks/sending.ts";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { TestBrowser } from "../../packages/server/src/testing/browser.ts";
import { startReceiver } from "../../packages/server/src/testing/receiver.ts";
import {
  callback,
  createSamlTenant,
  readAuthnRequest,
  type SamlTenant,
} from "../../packages/server/src/testing/sign-in.ts";
import { describeMethods } from "./cases.ts";

const home = "http://localhost:5555/goodbye";
const initiate = "http://localhost:5555/login";
let app: TestApp;
let sdk: Scalekit;
let tenant: SamlTenant;
let email: string;

beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1" });
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  tenant = await createSamlTenant(app);
  email = `ada@${tenant.domain}`;
  const body = {
    post_login_uris: [callback],
    post_logout_redirect_uris: [home],
    initiate_login_uri: initiate,
  };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body });
});
afterAll(async () => app.stop());

const invalid = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitValidateTokenFailureException);

/** What the identity provider says of Ada. */
const response = (inResponseTo?: string) =>
  tenant.idp.issueResponse({
    acsUrl: tenant.acsUrl,
    audience: tenant.entityId,
    ...(inResponseTo !== undefined && { inResponseTo }),
    nameId: email,
    attributes: { email, firstName: "Ada", lastName: "Lovelace" },
    now: app.app.now(),
  });

/** Signs Ada in at an authorization URL of the SDK. @returns the query of the app's callback */
async function signInAt(url: string, browser = new TestBrowser(app.url)): Promise<URLSearchParams> {
  const request = readAuthnRequest((await browser.follow(url)).location);
  const form = { SAMLResponse: await response(request.id), RelayState: request.relayState };
  return new URL((await browser.follow(tenant.acsUrl, { form, crossSite: true })).location).searchParams;
}

/** Signs Ada in, in a browser of her own. */
async function signIn(scopes = ["openid", "profile", "email", "offline_access"]) {
  const browser = new TestBrowser(app.url);
  const { organizationId } = tenant;
  const answer = await signInAt(sdk.getAuthorizationUrl(callback, { organizationId, scopes }), browser);
  const result = await sdk.authenticateWithCode(answer.get("code") ?? "", callback);
  return { ...result, browser, userId: decodeJwt(result.accessToken).sub };
}

describeMethods("client", () => sdk, {
  async getAuthorizationUrl() {
    const { organizationId, connectionId, domain } = tenant;
    for (const selector of [
      { organizationId },
      { connectionId },
      { loginHint: email },
      { domainHint: domain },
    ]) {
      const url = sdk.getAuthorizationUrl(callback, { ...selector, state: "random-state-value" });
      const answer = await signInAt(url);
      expect(answer.get("state")).toBe("random-state-value");
      expect(answer.get("code")).toMatch(/./);
    }
    const options = { organizationId, nonce: "once", prompt: "login", scopes: ["openid"] };
    const code = (await signInAt(sdk.getAuthorizationUrl(callback, options))).get("code") ?? "";
    const { idToken } = await sdk.authenticateWithCode(code, callback);
    expect(decodeJwt(idToken)).toMatchObject({ nonce: "once" });
    const browser = new TestBrowser(app.url);
    const provider = await browser.visit(sdk.getAuthorizationUrl(callback, { provider: "google" }));
    expect(new URL(provider.location).searchParams.get("error")).toMatch(/./);
    const elsewhere = await browser.visit(
      sdk.getAuthorizationUrl("https://elsewhere.test/", { organizationId }),
    );
    expect(elsewhere).toMatchObject({ status: 400, location: "" });
  },

  async authenticateWithCode() {
    const { organizationId } = tenant;
    const codeVerifier = "a-verifier-that-is-long-enough-for-the-rfc-7636";
    const codeChallenge = createHash("sha256").update(codeVerifier).digest("base64url");
    const pkce = { organizationId, codeChallenge, codeChallengeMethod: "S256" };
    const fresh = async () => (await signInAt(sdk.getAuthorizationUrl(callback, pkce))).get("code") ?? "";
    const code = await fresh();
    const result = await sdk.authenticateWithCode(code, callback, { codeVerifier });
    expect(result.user).toMatchObject({ email, givenName: "Ada", familyName: "Lovelace" });
    // Some seconds may have passed since the token's `iat`.
    expect(result.expiresIn).toBeGreaterThan(240);
    expect(result.expiresIn).toBeLessThanOrEqual(300);
    expect(decodeJwt(result.idToken)).toMatchObject({ aud: [app.clientId], iss: app.url });
    // The SDK hands on what its HTTP client throws here.
    const refused = { response: { status: 400, data: { error: "invalid_grant" } } };
    const used = sdk.authenticateWithCode(code, callback, { codeVerifier });
    await expect(used).rejects.toMatchObject(refused);
    await expect(sdk.authenticateWithCode(await fresh(), callback)).rejects.toMatchObject(refused);
    await expect(sdk.authenticateWithCode(await fresh(), home, { codeVerifier })).rejects.toMatchObject(
      refused,
    );
    const stranger = new Scalekit(app.url, app.clientId, "test_wrong");
    await expect(stranger.authenticateWithCode("code", callback)).rejects.toMatchObject({
      response: { status: 401, data: { error: "invalid_client" } },
    });
  },

  async getIdpInitiatedLoginClaims() {
    const browser = new TestBrowser(app.url);
    const form = { SAMLResponse: await response(), RelayState: "/deep/link" };
    const { location } = await browser.follow(tenant.acsUrl, { form, crossSite: true });
    expect(location.startsWith(`${initiate}?`)).toBe(true);
    const token = new URL(location).searchParams.get("idp_initiated_login") ?? "";
    const claims = await sdk.getIdpInitiatedLoginClaims(token);
    expect(claims).toMatchObject({
      connection_id: tenant.connectionId,
      organization_id: tenant.organizationId,
      login_hint: email,
      relay_state: "/deep/link",
    });
    const next = sdk.getAuthorizationUrl(callback, {
      connectionId: claims.connection_id,
      organizationId: claims.organization_id,
      loginHint: claims.login_hint,
      ...(claims.relay_state !== undefined && { state: claims.relay_state }),
    });
    const answer = await signInAt(next, browser);
    expect([answer.get("state"), answer.get("code")]).toEqual(["/deep/link", expect.stringMatching(/./)]);
    await invalid(sdk.getIdpInitiatedLoginClaims(`${token.slice(0, -4)}AAAA`));
  },

  async validateAccessToken() {
    const { accessToken } = await signIn();
    const options = { issuer: app.url, audience: [app.clientId], requiredScopes: ["openid", "email"] };
    expect(await sdk.validateAccessToken(accessToken, options)).toBe(true);
    expect(await sdk.validateAccessToken(accessToken, { requiredScopes: ["admin"] })).toBe(false);
    expect(await sdk.validateAccessToken(accessToken, { issuer: "https://elsewhere.test" })).toBe(false);
    expect(await sdk.validateAccessToken(accessToken, { audience: ["skc_other"] })).toBe(false);
    expect(await sdk.validateAccessToken(`${accessToken.slice(0, -4)}AAAA`)).toBe(false);
  },

  async getLogoutUrl() {
    const { browser, idToken, refreshToken } = await signIn();
    const options = { idTokenHint: idToken, postLogoutRedirectUri: home, state: "some-state" };
    expect((await browser.follow(sdk.getLogoutUrl(options))).location).toBe(`${home}?state=some-state`);
    await expect(sdk.refreshAccessToken(refreshToken)).rejects.toThrow(/status code 400/);
    const { organizationId } = tenant;
    const silent = await browser.visit(sdk.getAuthorizationUrl(callback, { organizationId, prompt: "none" }));
    expect(new URL(silent.location).searchParams.get("error")).toBe("login_required");
    const elsewhere = sdk.getLogoutUrl({ postLogoutRedirectUri: "https://elsewhere.test/" });
    expect((await browser.visit(elsewhere)).location).not.toContain("elsewhere.test");
  },

  async verifyWebhookPayload() {
    const receiver = await startReceiver();
    const stop = startSending(app.app, app.systemCtx, { lookEveryMs: 20 });
    try {
      const endpoint = { url: `${receiver.url}/webhooks`, event_types: ["organization.created"] };
      const { secret } = (await app.api("/webhooks/endpoints", { body: endpoint })).body;
      expect(secret).toMatch(/^whsec_/);
      const { organization } = await sdk.organization.createOrganization("Announced");
      await expect.poll(() => receiver.received.length).toBe(1);
      const [{ headers, body } = { headers: {}, body: "" }] = receiver.received;
      const verify = (payload: string, key = secret) =>
        sdk.verifyWebhookPayload(key, headers as Record<string, string>, payload);
      expect(verify(body)).toBe(true);
      expect(JSON.parse(body)).toMatchObject({
        type: "organization.created",
        organization_id: organization?.id,
      });
      expect(() => verify(`${body} `)).toThrow(WebhookVerificationError);
      expect(() => verify(body, "whsec_b3RoZXI=")).toThrow(WebhookVerificationError);
    } finally {
      await stop();
      receiver.stop();
    }
  },

  async validateToken() {
    const { accessToken, userId } = await signIn();
    const options = { issuer: app.url, audience: [app.clientId] };
    const claims = await sdk.validateToken<Record<string, unknown>>(accessToken, options);
    expect(claims).toMatchObject({ sub: userId, oid: tenant.organizationId, roles: ["member"] });
    await invalid(sdk.validateToken(accessToken, { ...options, requiredScopes: ["admin"] }));
    await invalid(sdk.validateToken("no token"));
  },

  async verifyScopes() {
    const { accessToken } = await signIn();
    expect(sdk.verifyScopes(accessToken, ["openid", "profile"])).toBe(true);
    expect(() => sdk.verifyScopes(accessToken, ["admin"])).toThrow(ScalekitValidateTokenFailureException);
  },

  async generateClientToken() {
    const token = await sdk.generateClientToken(app.clientId, app.clientSecret);
    expect(await sdk.validateToken(token, { issuer: app.url })).toMatchObject({ client_id: app.clientId });
    const wrong = sdk.generateClientToken(app.clientId, "test_wrong");
    await expect(wrong).rejects.toBeInstanceOf(ScalekitUnauthorizedException);
  },

  async getClientAccessToken() {
    const token = await sdk.getClientAccessToken();
    expect((await app.api("/organizations", { token })).status).toBe(200);
  },

  async refreshAccessToken() {
    const first = await signIn();
    const second = await sdk.refreshAccessToken(first.refreshToken);
    expect(await sdk.validateAccessToken(second.accessToken)).toBe(true);
    expect(second.refreshToken).not.toBe(first.refreshToken);
    await expect(sdk.refreshAccessToken(first.refreshToken)).rejects.toThrow(/status code 400/);
    await expect(sdk.refreshAccessToken("")).rejects.toThrow("Refresh token is required");
  },
});
