/** /oidc/logout: ends the browser's session for all apps, and sends it only where the app has said. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser, type Visit } from "../../testing/browser.ts";
import { addClient, type SignedIn, signInForTokens } from "../../testing/oauth.ts";
import { authorizeUrl, createSamlTenant, postToken, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;
const goodbye = "https://app.acme.test/goodbye";

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  const patch = { post_logout_redirect_uris: [goodbye] };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body: patch });
});
afterAll(async () => app.stop());

function logout(browser: TestBrowser, values: Record<string, string> = {}): Promise<Visit> {
  return browser.visit(`${app.url}/oidc/logout?${new URLSearchParams(values)}`);
}

async function isSignedIn({ browser }: SignedIn): Promise<boolean> {
  const { location } = await browser.visit(authorizeUrl(app, { prompt: "none" }));
  return new URL(location).searchParams.has("code");
}

async function eventsOf(name: string): Promise<number> {
  const { n } = await app.app.db
    .selectFrom("events")
    .select((eb) => eb.fn.countAll().as("n"))
    .where("type", "=", name)
    .executeTakeFirstOrThrow();
  return Number(n);
}

test("without parameters: ends the session, clears the cookie, and says so on a page", async () => {
  const signedIn = await signInForTokens(app, tenant);
  const before = await eventsOf("user.logout");
  const visit = await logout(signedIn.browser);
  expect(visit.status).toBe(200);
  expect(visit.body).toContain("You are signed out");
  expect(visit.headers.getSetCookie().join()).toMatch(/gh_session=; .*Max-Age=0/);
  expect(await isSignedIn(signedIn)).toBe(false);
  expect(await eventsOf("user.logout")).toBe(before + 1);
});

test("with a registered address: goes there, with the state", async () => {
  const signedIn = await signInForTokens(app, tenant);
  const hint = signedIn.tokens.id_token ?? "";
  const visit = await logout(signedIn.browser, {
    id_token_hint: hint,
    post_logout_redirect_uri: goodbye,
    state: "bye & more",
  });
  expect(visit.status).toBe(302);
  expect(visit.location).toBe(`${goodbye}?state=bye+%26+more`);
  expect(await isSignedIn(signedIn)).toBe(false);
});

test("an expired ID token serves as a hint", async () => {
  const { browser, tokens } = await signInForTokens(app, tenant);
  app.advance(3600);
  const values = { id_token_hint: tokens.id_token ?? "", post_logout_redirect_uri: goodbye };
  expect((await logout(browser, values)).location).toBe(goodbye);
});

test("a session that a stolen cookie held is over everywhere, its refresh token too", async () => {
  const signedIn = await signInForTokens(app, tenant);
  const stolen = signedIn.browser.cookies.get("gh_session") ?? "";
  await logout(signedIn.browser);
  signedIn.browser.cookies.set("gh_session", stolen);
  expect(await isSignedIn(signedIn)).toBe(false);
  const refresh_token = signedIn.tokens.refresh_token ?? "";
  expect((await postToken(app, { grant_type: "refresh_token", refresh_token })).status).toBe(400);
});

describe("refusals", () => {
  test.each([
    ["https://evil.test/"],
    ["https://app.acme.test/goodbye/"],
    ["https://app.acme.test.evil.test/goodbye"],
    ["//evil.test/"],
    ["javascript:alert(1)"],
  ])("%s: a page, no redirect, and the session is over all the same", async (uri) => {
    const signedIn = await signInForTokens(app, tenant);
    const visit = await logout(signedIn.browser, { post_logout_redirect_uri: uri });
    expect([visit.status, visit.location]).toEqual([400, ""]);
    expect(visit.body).not.toContain("evil.test");
    expect(await isSignedIn(signedIn)).toBe(false);
  });

  test("the address of another client than the hint's", async () => {
    const other = await addClient(app, { postLogoutUris: ["https://other.test/bye"] });
    const { browser, tokens } = await signInForTokens(app, tenant);
    const values = {
      id_token_hint: tokens.id_token ?? "",
      post_logout_redirect_uri: "https://other.test/bye",
    };
    expect((await logout(browser, { ...values, client_id: other.id })).status).toBe(400);
    expect((await logout(browser, values)).status).toBe(400);
    const named = { client_id: other.id, post_logout_redirect_uri: "https://other.test/bye" };
    expect((await logout(browser, named)).location).toBe("https://other.test/bye");
  });

  test("a parameter that is sent twice", async () => {
    const { browser } = await signInForTokens(app, tenant);
    const twice = new URLSearchParams([
      ["state", "a"],
      ["state", "b"],
    ]);
    expect((await browser.visit(`${app.url}/oidc/logout?${twice}`)).status).toBe(400);
  });
});

test("a POST from the app's site, without our cookie, is repeated as GET", async () => {
  const signedIn = await signInForTokens(app, tenant);
  const form = { post_logout_redirect_uri: goodbye };
  const posted = await signedIn.browser.visit(`${app.url}/oidc/logout`, { form, crossSite: true });
  expect(posted.status).toBe(303);
  expect(new URL(posted.location).origin).toBe(app.url);
  expect((await signedIn.browser.visit(posted.location)).location).toBe(goodbye);
  expect(await isSignedIn(signedIn)).toBe(false);
});

test("without a session there is nothing to end, and no error", async () => {
  expect((await logout(new TestBrowser(app.url))).status).toBe(200);
});
