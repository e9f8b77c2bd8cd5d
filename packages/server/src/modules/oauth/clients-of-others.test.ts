/** Sign-ins by OpenID Connect clients that nobody here wrote, each with its own checks of what we send. */
import * as oauth from "oauth4webapi";
import * as openid from "openid-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { callback, createSamlTenant, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;
const goodbye = "https://app.acme.test/goodbye";
const scope = "openid profile email offline_access";

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  const body = { post_logout_redirect_uris: [goodbye] };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body });
});
afterAll(async () => app.stop());

/** The user's part: from the client's authorization URL to its callback. */
async function signIn(url: URL) {
  const { browser, visit } = await samlSignIn(app, tenant, {
    authorize: Object.fromEntries(url.searchParams),
  });
  return { browser, back: new URL(visit.location) };
}

async function configure(method?: openid.ClientAuth): Promise<openid.Configuration> {
  const options = { execute: [openid.allowInsecureRequests, openid.enableNonRepudiationChecks] };
  return openid.discovery(new URL(app.url), app.clientId, app.clientSecret, method, options);
}

test.each([
  ["post", () => openid.ClientSecretPost(app.clientSecret)],
  ["basic", () => openid.ClientSecretBasic(app.clientSecret)],
])("openid-client by %s: discovery to end of session", async (_, method) => {
  const config = await configure(method());
  const [pkceCodeVerifier, expectedState, expectedNonce] = [
    openid.randomPKCECodeVerifier(),
    openid.randomState(),
    openid.randomNonce(),
  ];
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope,
    state: expectedState,
    nonce: expectedNonce,
    code_challenge: await openid.calculatePKCECodeChallenge(pkceCodeVerifier),
    code_challenge_method: "S256",
    connection_id: tenant.connectionId,
    max_age: "600",
  });
  const { browser, back } = await signIn(url);
  const checks = { pkceCodeVerifier, expectedState, expectedNonce, idTokenExpected: true, maxAge: 600 };
  const tokens = await openid.authorizationCodeGrant(config, back, checks);
  const { sub } = tokens.claims() ?? { sub: "" };
  expect((await openid.fetchUserInfo(config, tokens.access_token, sub)).email).toBe(`ada@${tenant.domain}`);
  const next = await openid.refreshTokenGrant(config, tokens.refresh_token ?? "");
  expect(next.claims()?.sub).toBe(sub);
  expect((await openid.tokenIntrospection(config, next.access_token)).active).toBe(true);
  await openid.tokenRevocation(config, next.refresh_token ?? "");
  await expect(openid.refreshTokenGrant(config, next.refresh_token ?? "")).rejects.toMatchObject({
    error: "invalid_grant",
  });
  const end = openid.buildEndSessionUrl(config, {
    id_token_hint: next.id_token ?? "",
    post_logout_redirect_uri: goodbye,
  });
  expect((await browser.visit(end.href)).location).toBe(goodbye);
});

test("openid-client: the application's own token", async () => {
  const config = await configure();
  const { access_token } = await openid.clientCredentialsGrant(config);
  expect((await app.api("/organizations", { token: access_token })).status).toBe(200);
});

test("openid-client: an error at the callback is an error of its own kind", async () => {
  const config = await configure();
  const url = openid.buildAuthorizationUrl(config, {
    redirect_uri: callback,
    scope,
    prompt: "none",
    state: "s",
  });
  const refused = await fetch(url, { redirect: "manual" });
  const back = new URL(refused.headers.get("location") ?? "");
  await expect(openid.authorizationCodeGrant(config, back, { expectedState: "s" })).rejects.toMatchObject({
    error: "login_required",
  });
});

test("oauth4webapi: discovery, sign-in, userinfo, refresh, with the ID token's signature", async () => {
  const insecure = { [oauth.allowInsecureRequests]: true };
  const issuer = new URL(app.url);
  const as = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));
  const client = { client_id: app.clientId };
  const secret = oauth.ClientSecretPost(app.clientSecret);
  const [verifier, state, nonce] = [
    oauth.generateRandomCodeVerifier(),
    oauth.generateRandomState(),
    oauth.generateRandomNonce(),
  ];
  const url = new URL(as.authorization_endpoint ?? "");
  url.search = new URLSearchParams({
    response_type: "code",
    client_id: app.clientId,
    redirect_uri: callback,
    scope,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    organization_id: tenant.organizationId,
  }).toString();
  const { back } = await signIn(url);
  const parameters = oauth.validateAuthResponse(as, client, back, state);
  const response = await oauth.authorizationCodeGrantRequest(
    as,
    client,
    secret,
    parameters,
    callback,
    verifier,
    insecure,
  );
  const expected = { expectedNonce: nonce, requireIdToken: true };
  const tokens = await oauth.processAuthorizationCodeResponse(as, client, response, expected);
  await oauth.validateApplicationLevelSignature(as, response, insecure);
  const { sub } = oauth.getValidatedIdTokenClaims(tokens) ?? { sub: "" };
  const asked = await oauth.userInfoRequest(as, client, tokens.access_token, insecure);
  expect((await oauth.processUserInfoResponse(as, client, sub, asked)).given_name).toBe("Ada");
  const refresh = tokens.refresh_token ?? "";
  const refreshed = await oauth.refreshTokenGrantRequest(as, client, secret, refresh, insecure);
  const next = await oauth.processRefreshTokenResponse(as, client, refreshed);
  await oauth.validateApplicationLevelSignature(as, refreshed, insecure);
  expect(oauth.getValidatedIdTokenClaims(next)?.sub).toBe(sub);
});
