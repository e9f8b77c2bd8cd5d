/** Sign-ins at a real OpenID provider, in each way that a connection may be set up. */
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createOidcTenant, type OidcTenant, readConnection } from "../../testing/connections.ts";
import { type OidcOp, startOidcOp } from "../../testing/oidc-op.ts";
import { authorizeUrl, callback, postToken } from "../../testing/sign-in.ts";

let app: TestApp;
let op: OidcOp;

beforeAll(async () => {
  [app, op] = await Promise.all([startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }), startOidcOp()]);
});
afterAll(async () => {
  await Promise.all([app.stop(), op.stop()]);
});

const secret = "a secret that only the two of them know";
let tenants = 0;

/** @param method how the client proves itself at the token endpoint */
async function createTenant(method: string, config: Record<string, unknown>): Promise<OidcTenant> {
  const clientId = `client-${++tenants}`;
  const tenant = await createOidcTenant(app, `op-tenant-${tenants}.com`, (redirectUri) => {
    const known = method === "none" ? {} : { client_secret: secret };
    op.register({
      client_id: clientId,
      ...known,
      redirect_uris: [redirectUri],
      token_endpoint_auth_method: method,
    });
    return { client_id: clientId, ...known, ...config };
  });
  const email = `ada@${tenant.domain}`;
  op.people.set(email, {
    sub: `sub of ${email}`,
    email,
    email_verified: true,
    given_name: "Ada",
    family_name: "Lovelace",
  });
  return tenant;
}

async function signIn(tenant: OidcTenant): Promise<{ url: URL; answer: URLSearchParams }> {
  const browser = new TestBrowser(app.url);
  const values = { connection_id: tenant.connectionId, login_hint: `ada@${tenant.domain}` };
  const { location } = await browser.visit(authorizeUrl(app, values));
  const visit = await browser.visit(await op.signIn(location));
  return { url: new URL(location), answer: new URL(visit.location).searchParams };
}

const discovery = () => ({ issuer: op.issuer });
const manual = () => ({
  issuer: op.issuer,
  authorize_uri: `${op.issuer}/auth`,
  token_uri: `${op.issuer}/token`,
  user_info_uri: `${op.issuer}/me`,
  jwks_uri: `${op.issuer}/jwks`,
});

describe("a sign-in at an OpenID provider", () => {
  const cases: [string, string, () => Record<string, unknown>, { pkce: boolean }][] = [
    ["discovery, client_secret_post", "client_secret_post", discovery, { pkce: true }],
    [
      "discovery, client_secret_basic",
      "client_secret_basic",
      () => ({ ...discovery(), token_auth_type: "BASIC_AUTH" }),
      { pkce: true },
    ],
    ["discovery, no secret but PKCE", "none", () => ({ ...discovery(), pkce_enabled: true }), { pkce: true }],
    [
      "discovery at an address of its own",
      "client_secret_post",
      () => ({ ...discovery(), discovery_endpoint: `${op.issuer}/.well-known/openid-configuration` }),
      { pkce: true },
    ],
    ["endpoints by hand, client_secret_post", "client_secret_post", manual, { pkce: false }],
    [
      "endpoints by hand, no secret but PKCE",
      "none",
      () => ({ ...manual(), pkce_enabled: true }),
      { pkce: true },
    ],
  ];
  test.each(cases)("%s", async (_name, method, config, { pkce }) => {
    const tenant = await createTenant(method, config());
    const { url, answer } = await signIn(tenant);
    expect(url.searchParams.get("login_hint")).toBe(`ada@${tenant.domain}`);
    expect(url.searchParams.get("nonce")).toMatch(/^.{43}$/);
    expect(url.searchParams.has("code_challenge")).toBe(pkce);
    const code = answer.get("code") ?? "";
    const { status, body } = await postToken(app, {
      grant_type: "authorization_code",
      code,
      redirect_uri: callback,
    });
    expect(status).toBe(200);
    expect(decodeJwt(body.id_token ?? "")).toMatchObject({
      email: `ada@${tenant.domain}`,
      email_verified: true,
      given_name: "Ada",
      amr: [tenant.connectionId],
      oid: tenant.organizationId,
    });
  });

  test("the secret is never read back", async () => {
    const tenant = await createTenant("client_secret_post", discovery());
    expect(JSON.stringify(await readConnection(app, tenant))).not.toContain(secret);
  });

  test("a wrong secret is told to the app, and stays unsaid", async () => {
    const tenant = await createTenant("client_secret_post", { ...discovery(), client_secret: "another" });
    const { answer } = await signIn(tenant);
    expect(answer.get("error")).toBe("failed_to_exchange_token");
    expect(answer.get("error_description")).toMatch(/client_secret/);
    expect(answer.get("error_description")).not.toContain("another");
  });

  test("a second answer with the same state ends on a page", async () => {
    const tenant = await createTenant("client_secret_post", discovery());
    const browser = new TestBrowser(app.url);
    const values = { connection_id: tenant.connectionId, login_hint: `ada@${tenant.domain}` };
    const { location } = await browser.visit(authorizeUrl(app, values));
    const back = await op.signIn(location);
    expect(new URL((await browser.visit(back)).location).searchParams.has("code")).toBe(true);
    expect((await browser.visit(back)).status).toBe(400);
  });

  test("of twenty answers at once, one signs in, and the code is sent once", async () => {
    const tenant = await createTenant("client_secret_post", discovery());
    const browser = new TestBrowser(app.url);
    const values = { connection_id: tenant.connectionId, login_hint: `ada@${tenant.domain}` };
    const { location } = await browser.visit(authorizeUrl(app, values));
    const back = await op.signIn(location);
    const visits = await Promise.all(Array.from({ length: 20 }, () => browser.visit(back)));
    expect(visits.filter((visit) => visit.location.includes("code="))).toHaveLength(1);
    const errors = visits.map((visit) => visit.location && new URL(visit.location).searchParams.get("error"));
    expect(errors.filter((error) => error && error !== "invalid_state")).toEqual([]);
  });

  test("another browser, another connection, no state: a page", async () => {
    const [tenant, other] = [
      await createTenant("none", { ...discovery(), pkce_enabled: true }),
      await createTenant("client_secret_post", discovery()),
    ];
    const browser = new TestBrowser(app.url);
    const values = { connection_id: tenant.connectionId, login_hint: `ada@${tenant.domain}` };
    const { location } = await browser.visit(authorizeUrl(app, values));
    const back = await op.signIn(location);
    const elsewhere = back.replace(tenant.connectionId, other.connectionId);
    expect((await new TestBrowser(app.url).visit(back)).status).toBe(400);
    expect((await browser.visit(elsewhere)).status).toBe(400);
    expect((await browser.visit(`${tenant.redirectUri}?code=x`)).status).toBe(400);
  });
});
