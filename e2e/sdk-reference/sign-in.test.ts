/**
 * The official Node SDK, unmodified: the client's own methods and `client.session`, as its reference says. Users sign in
 * by SAML at the address that the SDK makes.
 */
import { createHash } from "node:crypto";
import {
  Scalekit,
  ScalekitBadRequestException,
  ScalekitNotFoundException,
  ScalekitUnauthorizedException,
  ScalekitValidateTokenFailureException,
} from "@scalekit-sdk/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { TestBrowser } from "../../packages/server/src/testing/browser.ts";
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
  app = await startTestApp();
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
const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);

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
  const { sid, sub } = decodeJwt<{ sid: string; sub: string }>(result.accessToken);
  return { ...result, browser, session: sid, userId: sub };
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

describeMethods("session", () => sdk, {
  async getSession() {
    const { session, userId } = await signIn();
    const read = await sdk.session.getSession(session);
    expect(read).toMatchObject({
      sessionId: session,
      userId,
      status: "active",
      organizationId: tenant.organizationId,
      authenticatedOrganizations: [tenant.organizationId],
      authenticatedClients: [{ clientId: app.clientId }],
      device: { ip: "127.0.0.1" },
    });
    for (const time of [read.createdAt, read.absoluteExpiresAt, read.idleExpiresAt, read.lastActiveAt])
      expect(time).toBeDefined();
    await notFound(sdk.session.getSession("ses_100000000000000001"));
    await expect(sdk.session.getSession("nobody")).rejects.toBeInstanceOf(ScalekitBadRequestException);
  },

  async getUserSessions() {
    const [older, newer] = [await signIn(), await signIn()];
    const { userId } = older;
    const list = (options: Parameters<typeof sdk.session.getUserSessions>[1]) =>
      sdk.session.getUserSessions(userId, options);
    const first = await list({ filter: { status: ["active"] }, pageSize: 1 });
    const second = await list({
      pageSize: 1,
      pageToken: first.nextPageToken,
      filter: { status: ["active"] },
    });
    const shown = [...first.sessions, ...second.sessions].map(({ sessionId }) => sessionId);
    expect(shown).toEqual([newer.session, older.session]);
    await sdk.session.revokeSession(older.session);
    const active = await list({ filter: { status: ["active"] }, pageSize: 20 });
    expect(active.totalSize).toBe(first.totalSize - 1);
    const revoked = await list({ filter: { status: ["revoked"] } });
    expect(revoked.sessions.map(({ sessionId }) => sessionId)).toContain(older.session);
    const later = new Date(Date.now() + 60_000);
    expect((await list({ filter: { startTime: later } })).sessions).toEqual([]);
    expect((await list({ filter: { endTime: later } })).totalSize).toBeGreaterThan(1);
    await notFound(sdk.session.getUserSessions("usr_100000000000000001"));
  },

  async revokeSession() {
    const { session, refreshToken, browser } = await signIn();
    const { revokedSession } = await sdk.session.revokeSession(session);
    expect(revokedSession).toMatchObject({ sessionId: session, status: "revoked" });
    expect((await sdk.session.getSession(session)).status).toBe("revoked");
    await expect(sdk.refreshAccessToken(refreshToken)).rejects.toThrow(/status code 400/);
    const { organizationId } = tenant;
    const silent = await browser.visit(sdk.getAuthorizationUrl(callback, { organizationId, prompt: "none" }));
    expect(new URL(silent.location).searchParams.get("error")).toBe("login_required");
    await notFound(sdk.session.revokeSession("ses_100000000000000001"));
  },

  async revokeAllUserSessions() {
    const { userId } = await signIn();
    const { session } = await signIn();
    const answer = await sdk.session.revokeAllUserSessions(userId);
    expect(answer.totalRevoked).toBe(answer.revokedSessions.length);
    expect(answer.revokedSessions.map(({ sessionId }) => sessionId)).toContain(session);
    const left = await sdk.session.getUserSessions(userId, { filter: { status: ["active"] } });
    expect(left.sessions).toEqual([]);
    expect((await sdk.session.revokeAllUserSessions(userId)).totalRevoked).toBe(0);
    await notFound(sdk.session.revokeAllUserSessions("usr_100000000000000001"));
  },
});
