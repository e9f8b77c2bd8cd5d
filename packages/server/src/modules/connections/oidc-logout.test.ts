/** Signing out at OpenID providers, begun here and there, with `oidc-provider` and with tokens written by hand. */
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser, type Visit } from "../../testing/browser.ts";
import { createOidcTenant, type OidcTenant } from "../../testing/connections.ts";
import { type HandMadeOp, startHandMadeOp } from "../../testing/hand-made-op.ts";
import { bodyOf } from "../../testing/oauth.ts";
import { createOpTenant, oidcSignIn, upstreamClient } from "../../testing/oidc-leg.ts";
import { type OidcOp, startOidcOp } from "../../testing/oidc-op.ts";
import { authorizeUrl } from "../../testing/sign-in.ts";

let app: TestApp;
let op: OidcOp;
const goodbye = "https://app.acme.test/goodbye";

beforeAll(async () => {
  [app, op] = await Promise.all([startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }), startOidcOp()]);
  const patch = { post_logout_redirect_uris: [goodbye] };
  await app.api(`/clients/${app.clientId}`, { method: "PATCH", body: patch });
});
afterAll(async () => {
  await Promise.all([app.stop(), op.stop()]);
});

async function isSignedIn(browser: TestBrowser): Promise<boolean> {
  const { location } = await browser.visit(authorizeUrl(app, { prompt: "none" }));
  return new URL(location).searchParams.has("code");
}

function logout(browser: TestBrowser, values: Record<string, string> = {}): Promise<Visit> {
  return browser.visit(`${app.url}/oidc/logout?${new URLSearchParams(values)}`);
}

const backChannel = (tenant: { connectionId: string }) =>
  `${app.url}/sso/v1/oidc/${tenant.connectionId}/backchannel-logout`;

describe("at oidc-provider", () => {
  let tenants = 0;
  const secret = "a secret that only the two of them know";

  async function createTenant(config: Record<string, unknown> = {}): Promise<OidcTenant> {
    const clientId = `client-${++tenants}`;
    const tenant = await createOidcTenant(app, `logout-${tenants}.com`, (redirectUri) => {
      op.register({
        client_id: clientId,
        client_secret: secret,
        redirect_uris: [redirectUri],
        token_endpoint_auth_method: "client_secret_post",
        post_logout_redirect_uris: [redirectUri.replace("/callback", "/logout/callback")],
        backchannel_logout_uri: redirectUri.replace("/callback", "/backchannel-logout"),
        backchannel_logout_session_required: true,
      });
      return { issuer: op.issuer, client_id: clientId, client_secret: secret, ...config };
    });
    const email = `ada@${tenant.domain}`;
    op.people.set(email, { sub: `sub of ${email}`, email, email_verified: true });
    return tenant;
  }

  async function signIn(tenant: OidcTenant, upstream = new TestBrowser(op.issuer)) {
    const browser = new TestBrowser(app.url);
    const values = { connection_id: tenant.connectionId, login_hint: `ada@${tenant.domain}` };
    const { location } = await browser.visit(authorizeUrl(app, values));
    await browser.visit(await op.signIn(location, upstream));
    return { browser, upstream };
  }

  test("the session ends here, then there, and the browser comes back to the app", async () => {
    const tenant = await createTenant({ idp_logout_required: true });
    const { browser, upstream } = await signIn(tenant);
    expect(await isSignedIn(browser)).toBe(true);
    const { location } = await logout(browser, { post_logout_redirect_uri: goodbye, state: "s" });
    expect(await isSignedIn(browser)).toBe(false);
    const asked = new URL(location).searchParams;
    expect(location.startsWith(`${op.issuer}/session/end`)).toBe(true);
    expect(asked.get("id_token_hint")?.split(".")).toHaveLength(3);
    expect(asked.get("client_id")).toBe(`client-${tenants}`);
    const back = await op.signOut(location, upstream);
    expect(back.startsWith(`${app.url}/sso/v1/oidc/${tenant.connectionId}/logout/callback?state=`)).toBe(
      true,
    );
    expect((await browser.visit(back)).location).toBe(`${goodbye}?state=s`);
    // The handle was for once.
    expect((await browser.visit(back)).status).toBe(400);
  });

  test("without an address of the app it ends on our page", async () => {
    const tenant = await createTenant({ idp_logout_required: true });
    const { browser, upstream } = await signIn(tenant);
    const back = await op.signOut((await logout(browser)).location, upstream);
    const visit = await browser.visit(back);
    expect([visit.status, visit.body.includes("You are signed out")]).toEqual([200, true]);
  });

  test("a connection that does not want it sends nobody away and keeps no ID token", async () => {
    const tenant = await createTenant();
    const { browser } = await signIn(tenant);
    const kept = await app.app.db
      .selectFrom("session_organizations")
      .select(["upstream", "upstream_subject", "upstream_session"])
      .where("connection_id", "=", tenant.connectionId)
      .executeTakeFirstOrThrow();
    expect(kept.upstream).toEqual({ subject: kept.upstream_subject, session: kept.upstream_session });
    expect((await logout(browser, { post_logout_redirect_uri: goodbye })).location).toBe(goodbye);
  });

  test("its back channel ends the browser's session at the provider, and not another browser's", async () => {
    const tenant = await createTenant();
    const [first, second] = [await signIn(tenant), await signIn(tenant)];
    await op.signOut(`${op.issuer}/session/end`, first.upstream);
    expect([await isSignedIn(first.browser), await isSignedIn(second.browser)]).toEqual([false, true]);
  });

  test("a provider that cannot be asked keeps nobody from leaving", async () => {
    const tenant = await createTenant({
      idp_logout_required: true,
      authorize_uri: `${op.issuer}/auth`,
      token_uri: `${op.issuer}/token`,
      user_info_uri: `${op.issuer}/me`,
      jwks_uri: `${op.issuer}/jwks`,
    });
    const { browser } = await signIn(tenant);
    expect((await logout(browser, { post_logout_redirect_uri: goodbye })).location).toBe(goodbye);
    expect(await isSignedIn(browser)).toBe(false);
    expect(app.logged.some(({ msg }) => msg === "nobody was signed out at the provider")).toBe(true);
  });

  test.each([["https://evil.test/"], [""]])("a state that nobody waits for (%s): a page", async (state) => {
    const tenant = await createTenant();
    const url = `${app.url}/sso/v1/oidc/${tenant.connectionId}/logout/callback?state=${state}`;
    const visit = await new TestBrowser(app.url).visit(url);
    expect([visit.status, visit.location]).toEqual([400, ""]);
  });
});

type Claims = Record<string, unknown>;

describe("a logout token", () => {
  let other: HandMadeOp;
  let tenant: OidcTenant;
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  const event = "http://schemas.openid.net/event/backchannel-logout";

  beforeAll(async () => {
    other = await startHandMadeOp();
    pair = await generateKeyPair("RS256", { extractable: true });
    const jwk = { ...(await exportJWK(pair.publicKey)), kid: "k", use: "sig", alg: "RS256" };
    const usual = await bodyOf(fetch(`${other.issuer}/jwks`));
    other.replies.set("/jwks", () => ({ body: { keys: [...usual.keys, jwk] } }));
    tenant = await createOpTenant(app, other, "logout-token.com");
  });
  afterAll(() => other.stop());

  let tokens = 0;

  function claims(changes: Claims = {}): Claims {
    const now = Math.floor(app.app.now().getTime() / 1000);
    const usual = { iss: other.issuer, aud: upstreamClient.client_id, iat: now, exp: now + 120 };
    return { ...usual, jti: `jti-${++tokens}`, events: { [event]: {} }, sub: "ada", ...changes };
  }

  function signed(payload: Claims, header: { typ?: string; kid?: string } = { typ: "logout+jwt" }) {
    return new SignJWT(payload)
      .setProtectedHeader({ alg: "RS256", kid: "k", ...header })
      .sign(pair.privateKey);
  }

  async function post(token: string, at: { connectionId: string } = tenant) {
    const answer = await fetch(backChannel(at), {
      method: "POST",
      body: new URLSearchParams({ logout_token: token }),
    });
    const text = await answer.text();
    return {
      status: answer.status,
      cache: answer.headers.get("cache-control"),
      body: text === "" ? undefined : JSON.parse(text),
    };
  }

  async function signIn(sid?: string, sub = "ada"): Promise<TestBrowser> {
    const browser = new TestBrowser(app.url);
    const email = `${sub}@${tenant.domain}`;
    const outcome = await oidcSignIn(app, other, tenant, {
      browser,
      claims: { sub, email, ...(sid && { sid }) },
    });
    expect(outcome.code).not.toBe("");
    return browser;
  }

  const states = (...browsers: TestBrowser[]) => Promise.all(browsers.map(isSignedIn));

  test("with sub: all sessions of the person end, and nobody else's", async () => {
    const browsers = [await signIn("s1"), await signIn("s2"), await signIn(), await signIn("s1", "bob")];
    expect(await post(await signed(claims()))).toEqual({ status: 200, cache: "no-store", body: undefined });
    expect(await states(...browsers)).toEqual([false, false, false, true]);
  });

  test("with sid: that session ends, whoever's it is", async () => {
    const browsers = [await signIn("s3"), await signIn("s4")];
    expect((await post(await signed(claims({ sub: undefined, sid: "s3" }), {}))).status).toBe(200);
    expect(await states(...browsers)).toEqual([false, true]);
  });

  test("with both: that session of that person", async () => {
    const browsers = [await signIn("s5"), await signIn("s6"), await signIn("s5", "bob")];
    expect((await post(await signed(claims({ sid: "s5" })))).status).toBe(200);
    expect(await states(...browsers)).toEqual([false, true, true]);
  });

  test("for somebody who is not known: nothing to end, and no error", async () => {
    expect((await post(await signed(claims({ sub: "nobody" })))).status).toBe(200);
  });

  test("a key that the provider has just published is found within half a minute", async () => {
    const usual = other.replies.get("/jwks");
    const next = await generateKeyPair("RS256", { extractable: true });
    const jwk = { ...(await exportJWK(next.publicKey)), kid: "next", use: "sig", alg: "RS256" };
    other.replies.set("/jwks", () => ({ body: { keys: [jwk] } }));
    const token = () =>
      new SignJWT(claims()).setProtectedHeader({ alg: "RS256", kid: "next" }).sign(next.privateKey);
    const asked = other.asked.length;
    for (let again = 0; again < 5; again++) expect((await post(await token())).status).toBe(400);
    // Strangers cannot make us ask the provider again and again.
    expect(other.asked.length).toBe(asked);
    app.advance(31);
    expect((await post(await token())).status).toBe(200);
    if (usual) other.replies.set("/jwks", usual);
    app.advance(31);
  });

  describe("is refused, and nothing ends", () => {
    const seconds = () => Math.floor(app.app.now().getTime() / 1000);
    const cases: [string, () => Promise<string>][] = [
      ["nothing", async () => ""],
      ["no token", async () => "a.b.c"],
      ["alg none", async () => other.idToken(claims(), "none")],
      ["HS256 with the public key", async () => other.idToken(claims(), "HS256 with the public key")],
      [
        "another key under the known kid",
        async () => other.idToken(claims(), "another key under the known kid"),
      ],
      ["an unknown kid", async () => other.idToken(claims(), "unknown kid")],
      [
        "tampered",
        async () => {
          const [head, , tail] = (await signed(claims({ sub: "x" }))).split(".");
          return `${head}.${Buffer.from(JSON.stringify(claims())).toString("base64url")}.${tail}`;
        },
      ],
      ["another issuer", () => signed(claims({ iss: "https://evil.test" }))],
      ["another audience", () => signed(claims({ aud: "somebody else" }))],
      ["no audience", () => signed(claims({ aud: undefined }))],
      ["expired", () => signed(claims({ iat: seconds() - 300, exp: seconds() - 180 }))],
      ["no exp", () => signed(claims({ exp: undefined }))],
      ["no iat", () => signed(claims({ iat: undefined }))],
      [
        "old, though it says that it lives long",
        () => signed(claims({ iat: seconds() - 730, exp: seconds() + 9e6 })),
      ],
      ["from the future", () => signed(claims({ iat: seconds() + 180 }))],
      ["no jti", () => signed(claims({ jti: undefined }))],
      ["an empty jti", () => signed(claims({ jti: "" }))],
      ["no events", () => signed(claims({ events: undefined }))],
      ["another event", () => signed(claims({ events: { "https://schemas.openid.net/other": {} } }))],
      ["events as text", () => signed(claims({ events: event }))],
      ["a nonce, as of an ID token", () => signed(claims({ nonce: "n" }))],
      ["neither sub nor sid", () => signed(claims({ sub: undefined }))],
      ["an empty sub", () => signed(claims({ sub: "" }))],
      ["the type of an access token", () => signed(claims(), { typ: "at+jwt" })],
      ["an ID token", () => signed(claims({ events: undefined, jti: "x" }), {})],
    ];

    test.each(cases)("%s", async (_, token) => {
      const browser = await signIn("s7");
      const answer = await post(await token());
      expect(answer).toMatchObject({ status: 400, cache: "no-store", body: { error: "invalid_request" } });
      expect(await states(browser)).toEqual([true]);
    });

    test("sent twice in one form", async () => {
      const token = await signed(claims());
      const body = new URLSearchParams([
        ["logout_token", token],
        ["logout_token", token],
      ]);
      expect((await fetch(backChannel(tenant), { method: "POST", body })).status).toBe(400);
    });

    test("replayed, also after the person has signed in again", async () => {
      const token = await signed(claims({ sub: "eve" }));
      expect((await post(token)).status).toBe(200);
      const browser = await signIn("s8", "eve");
      expect((await post(token)).status).toBe(400);
      expect(await states(browser)).toEqual([true]);
    });

    test("twenty times at once: one is taken", async () => {
      const token = await signed(claims());
      const answers = await Promise.all(Array.from({ length: 20 }, () => post(token)));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
      expect(answers.filter(({ status }) => status >= 500)).toEqual([]);
    });

    test("at another connection of the same provider, and at no connection", async () => {
      const neighbour = await createOpTenant(app, other, "logout-neighbour.com", { client_id: "neighbour" });
      const browser = await signIn("s9");
      expect((await post(await signed(claims()), neighbour)).status).toBe(400);
      const fitting = await signed(claims({ aud: "neighbour", sid: "s9" }));
      expect((await post(fitting, neighbour)).status).toBe(200);
      expect(await states(browser)).toEqual([true]);
      expect((await post(await signed(claims()), { connectionId: "conn_000000000000000000" })).status).toBe(
        400,
      );
    });
  });
});
