import { createServer } from "node:http";
import { ScalekitClient } from "@scalekit-sdk/node";
import type { JWTPayload } from "jose";
import { expect, onTestFinished, test } from "vitest";
import { createApp } from "./app.ts";
import {
  CLIENT_ID,
  CLIENT_SECRET,
  createBrowser,
  inSeconds,
  listen,
  startFakeEnvironment,
} from "./fake-environment.ts";
import type { Shortcuts } from "./pages.ts";

async function startDemo(shortcuts: Shortcuts = {}) {
  const environment = await startFakeEnvironment();
  const server = createServer();
  const baseUrl = await listen(server);
  const scalekit = new ScalekitClient(environment.url, CLIENT_ID, CLIENT_SECRET);
  server.on(
    "request",
    createApp({ scalekit, environmentUrl: environment.url, clientId: CLIENT_ID, baseUrl, shortcuts }),
  );
  onTestFinished(() => {
    environment.close();
    server.close();
  });
  return { environment, baseUrl, browser: createBrowser(baseUrl) };
}

type Demo = Awaited<ReturnType<typeof startDemo>>;

async function authorizeUrl({ browser }: Demo, path = "/login"): Promise<URL> {
  const response = await browser.get(path);
  expect(response.status).toBe(303);
  return new URL(response.headers.get("location") ?? "");
}

async function signIn(demo: Demo, claims?: JWTPayload): Promise<Response> {
  const url = await authorizeUrl(demo);
  const code = demo.environment.grant(url, claims);
  return await demo.browser.get(`/callback?code=${code}&state=${url.searchParams.get("state")}`);
}

test("a stranger sees the four ways, with ready-made connections where they are known", async () => {
  const { browser } = await startDemo({
    organizationId: "org_7",
    samlConnectionId: "conn_8",
    oidcConnectionId: "conn_9",
  });
  const response = await browser.get("/");
  const text = await response.text();
  for (const part of [
    'name="email"',
    'value="org_7"',
    "/login?connection_id=conn_8",
    "/login?connection_id=conn_9",
    'href="/login"',
    'href="/failures"',
    "/simulator/saml/start",
  ])
    expect(text).toContain(part);
  expect(response.headers.get("content-security-policy")).toContain("default-src 'none'; style-src 'self'");
  expect(text).not.toMatch(/<script|style="|https:\/\//);
  expect((await browser.get("/style.css")).headers.get("content-type")).toBe("text/css; charset=utf-8");
});

test.each([
  ["/login", {}],
  [
    "/login?email=mia%40Acme.test",
    { domain: "acme.test", domain_hint: "acme.test", login_hint: "mia@Acme.test" },
  ],
  ["/login?organization_id=org_1", { organization_id: "org_1" }],
  ["/login?connection_id=conn_1", { connection_id: "conn_1" }],
  ["/login?connection_id=conn_1&fresh=1", { connection_id: "conn_1", prompt: "login" }],
  ["/login?invitation_token=a%26b", { invitation_token: "a&b" }],
  ["/login?organization_id=org_1&organization_id=org_2", {}],
])("%s becomes an authorization request", async (path, selectors) => {
  const demo = await startDemo();
  const url = await authorizeUrl(demo, path);
  expect(url.origin + url.pathname).toBe(`${demo.environment.url}/oauth/authorize`);
  const { state, code_challenge, ...rest } = Object.fromEntries(url.searchParams);
  expect([state, code_challenge]).toEqual([
    expect.stringMatching(/^[\w-]{43}$/),
    expect.stringMatching(/^[\w-]{43}$/),
  ]);
  expect(rest).toEqual({
    response_type: "code",
    client_id: CLIENT_ID,
    redirect_uri: `${demo.baseUrl}/callback`,
    scope: "openid profile email offline_access",
    code_challenge_method: "S256",
    ...selectors,
  });
});

test("the code becomes a session that shows who it is, with the claims of both tokens", async () => {
  const demo = await startDemo();
  const response = await signIn(demo, { nickname: "<script>alert(1)</script>" });
  expect([response.status, response.headers.get("location")]).toEqual([303, "/"]);
  expect(response.headers.getSetCookie().find((line) => line.startsWith("demo_session="))).toMatch(
    /HttpOnly; SameSite=Lax$/,
  );
  const text = await (await demo.browser.get("/")).text();
  for (const part of [
    "Mia Rao",
    "mia@acme.test",
    "org_1",
    "conn_1",
    "ses_1",
    "usr_1",
    "admin",
    "tkn_0",
    ">valid<",
  ])
    expect(text).toContain(part);
  expect(text).toMatch(/4 min 5\d s left|5 min 0 s left/);
  expect(text).toContain("&#60;script&#62;alert(1)");
  expect(text).not.toContain("<script");
});

test("another state, no cookie, or a cookie used before: the code is not exchanged", async () => {
  const demo = await startDemo();
  const url = await authorizeUrl(demo);
  const code = demo.environment.grant(url);
  const state = url.searchParams.get("state");
  for (const visit of [
    () => createBrowser(demo.baseUrl).get(`/callback?code=${code}&state=${state}`),
    () => createBrowser(demo.baseUrl).get(`/callback?code=${code}&state=`),
    () => demo.browser.get(`/callback?code=${code}&state=other`),
    () => demo.browser.get(`/callback?code=${code}&state=${state}`),
  ]) {
    const response = await visit();
    expect(response.status).toBe(400);
    expect(await response.text()).toContain("did not begin here");
  }
  expect(demo.browser.cookies.has("demo_session")).toBe(false);
});

test("a refusal is shown escaped, with advice", async () => {
  const demo = await startDemo();
  const state = (await authorizeUrl(demo)).searchParams.get("state");
  const words = encodeURIComponent('<img src=x onerror="alert(1)">');
  const response = await demo.browser.get(
    `/callback?error=access_denied&error_description=${words}&state=${state}`,
  );
  const text = await response.text();
  expect(response.status).toBe(400);
  expect(text).toContain("&#60;img src=x onerror=&#34;alert(1)&#34;&#62;");
  expect(text).toContain("cancelled");
  expect(text).not.toContain("<img");
});

test("the words of a refusal that answers nothing of this browser are not shown", async () => {
  const { browser } = await startDemo();
  const text = await (
    await browser.get("/callback?error=server_error&error_description=Call+555-0100")
  ).text();
  expect(text).toContain("server_error");
  expect(text).not.toContain("555-0100");
});

test.each([
  ["of the environment is a link", (url: string) => `${url}/sso/v1/traces/abc`, true],
  ["of another site is none", () => "https://evil.example/sso/v1/traces/abc", false],
  ["that is a script is none", () => "javascript:alert(1)", false],
])("an error_uri %s", async (_what, uriAt, isShown) => {
  const demo = await startDemo();
  const uri = uriAt(demo.environment.url);
  const state = (await authorizeUrl(demo)).searchParams.get("state");
  const query = new URLSearchParams({ error: "invalid_saml_response", error_uri: uri, state: String(state) });
  const text = await (await demo.browser.get(`/callback?${query}`)).text();
  expect(text.includes(`href="${uri}"`)).toBe(isShown);
  expect(text.includes("See what happened")).toBe(isShown);
  const stray = await (await demo.browser.get(`/callback?${query}`)).text();
  expect(stray).not.toContain("See what happened");
});

test("the page about failing offers what is known of the simulator", async () => {
  const { browser } = await startDemo({ samlConnectionId: "conn_8", oidcConnectionId: "conn_9" });
  const text = await (await browser.get("/failures")).text();
  for (const part of [
    "/login?connection_id=conn_8&amp;fresh=1",
    "conn_9",
    "Wrong audience",
    "invalid_acs_url",
  ])
    expect(text).toContain(part);
  const without = await startDemo();
  expect(await (await without.browser.get("/failures")).text()).toContain("no simulated identity provider");
  expect(await (await without.browser.get("/")).text()).not.toContain("/failures");
});

test("an error of the token endpoint is shown", async () => {
  const demo = await startDemo();
  const state = (await authorizeUrl(demo)).searchParams.get("state");
  const response = await demo.browser.get(`/callback?code=unknown&state=${state}`);
  expect(response.status).toBe(400);
  expect(await response.text()).toContain("code &#60;b&#62;used&#60;/b&#62;");
});

test.each([
  ["of another issuer", { iss: "https://elsewhere.test" }],
  ["for another client", { aud: ["skc_2"] }],
  ["that are over", { exp: inSeconds(-10) }],
])("tokens %s open no session", async (_what, claims) => {
  const demo = await startDemo();
  expect((await signIn(demo, claims)).status).toBe(502);
  expect(demo.browser.cookies.has("demo_session")).toBe(false);
});

test("two clicks on refresh use the refresh token once", async () => {
  const demo = await startDemo();
  await signIn(demo);
  const answers = await Promise.all([demo.browser.post("/refresh"), demo.browser.post("/refresh")]);
  expect(answers.map((answer) => answer.status)).toEqual([303, 303]);
  expect(demo.environment.refreshes).toBe(1);
  const text = await (await demo.browser.get("/")).text();
  expect(text).toContain("tkn_1");
  expect(text).toContain("Refreshed at");
});

test("a refused refresh ends the session here", async () => {
  const demo = await startDemo();
  await signIn(demo);
  demo.environment.refuse(400, "invalid_grant");
  const response = await demo.browser.post("/refresh");
  expect([response.status, await response.text()]).toEqual([
    401,
    expect.stringContaining("Your session has ended"),
  ]);
  expect(await (await demo.browser.get("/")).text()).toContain("Four ways");
});

test.each([429, 503])("a refresh that meets %i ends nothing", async (status) => {
  const demo = await startDemo();
  await signIn(demo);
  demo.environment.refuse(status, "temporarily_unavailable");
  expect((await demo.browser.post("/refresh")).status).toBe(502);
  expect(await (await demo.browser.get("/")).text()).toContain("Mia Rao");
});

test("sign-out ends the session here and sends the browser to end the shared one", async () => {
  const demo = await startDemo();
  await signIn(demo);
  const response = await demo.browser.post("/logout");
  const url = new URL(response.headers.get("location") ?? "");
  expect([response.status, url.origin + url.pathname]).toEqual([303, `${demo.environment.url}/oidc/logout`]);
  expect(url.searchParams.get("post_logout_redirect_uri")).toBe(`${demo.baseUrl}/signed-out`);
  expect(url.searchParams.get("id_token_hint")).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+$/);
  expect(await (await demo.browser.get("/signed-out")).text()).toContain("You are signed out");
  expect(await (await demo.browser.get("/")).text()).toContain("Four ways");
});

test("posts of other pages, and visits by GET, change nothing", async () => {
  const demo = await startDemo();
  await signIn(demo);
  for (const path of ["/refresh", "/logout"]) {
    expect((await demo.browser.post(path, "http://localhost:9")).status).toBe(403);
    expect((await demo.browser.get(path)).status).toBe(404);
  }
  expect(demo.environment.refreshes).toBe(0);
  expect(await (await demo.browser.get("/")).text()).toContain("Mia Rao");
});

test("a sign-in that began at the identity provider begins again here, with a state of ours", async () => {
  const demo = await startDemo();
  const claims = {
    connection_id: "conn_1",
    organization_id: "org_1",
    login_hint: "mia@acme.test",
    relay_state: "x",
  };
  const token = await demo.environment.sign({ ...claims, exp: inSeconds(300) });
  for (const path of ["/login", "/callback"]) {
    const url = await authorizeUrl(demo, `${path}?idp_initiated_login=${token}`);
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      connection_id: "conn_1",
      login_hint: "mia@acme.test",
    });
    expect(url.searchParams.get("state")).toHaveLength(43);
  }
  const stale = await demo.environment.sign({ ...claims, exp: inSeconds(-1) });
  expect((await demo.browser.get(`/login?idp_initiated_login=${stale}`)).status).toBe(400);
  const foreign = await demo.environment.sign({
    ...claims,
    exp: inSeconds(300),
    iss: "https://elsewhere.test",
  });
  expect((await demo.browser.get(`/login?idp_initiated_login=${foreign}`)).status).toBe(400);
  expect((await demo.browser.get("/login?idp_initiated_login=nonsense")).status).toBe(400);
});

test("behind https the cookies are Secure and bound to the host", async () => {
  const scalekit = new ScalekitClient("https://auth.acme.test", CLIENT_ID, CLIENT_SECRET);
  const options = {
    environmentUrl: "https://auth.acme.test",
    clientId: CLIENT_ID,
    baseUrl: "https://app.acme.test",
    shortcuts: {},
  };
  const server = createServer(createApp({ scalekit, ...options }));
  onTestFinished(() => void server.close());
  const response = await fetch(`${await listen(server)}/login`, { redirect: "manual" });
  expect(response.headers.getSetCookie()[0]).toMatch(
    /^__Host-demo_sign_in=[^;]+; Max-Age=600; Path=\/; .*HttpOnly; Secure; SameSite=Lax$/,
  );
});
