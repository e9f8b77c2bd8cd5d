/** Answers of OpenID providers that must not sign anyone in, and what the app is told. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { createOidcTenant, type OidcTenant } from "../../testing/connections.ts";
import {
  type HandMadeOp,
  type OpReply,
  startHandMadeOp,
  type TokenForm,
} from "../../testing/hand-made-op.ts";
import { type Outcome, outcomeOf } from "../../testing/saml-leg.ts";
import { authorizeUrl } from "../../testing/sign-in.ts";

let app: TestApp;
let op: HandMadeOp;
let tenant: OidcTenant;

beforeAll(async () => {
  [app, op] = await Promise.all([startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "localhost" }), startHandMadeOp()]);
  tenant = await createTenant("op-one.com");
});
afterEach(() => op.replies.clear());
afterAll(async () => {
  await Promise.all([app.stop(), op.stop()]);
});

const client = { client_id: "gatehouse", client_secret: "a secret" };
const createTenant = (domain: string, config: Record<string, unknown> = {}) =>
  createOidcTenant(app, domain, () => ({ issuer: op.issuer, ...client, ...config }));

interface Bend {
  claims?: Record<string, unknown>;
  form?: TokenForm;
  /** In place of the token endpoint's answer. */
  token?: OpReply;
  /** Over the query of the answer to our redirect URI. */
  answer?: Record<string, string>;
  /** Leaves the answer without the issuer. */
  withoutIssuer?: boolean;
}

async function signIn(of: OidcTenant, bend: Bend = {}): Promise<Outcome> {
  const browser = new TestBrowser(app.url);
  const begun = await browser.visit(authorizeUrl(app, { connection_id: of.connectionId }));
  if (!begun.location.startsWith(`${op.issuer}/authorize`)) return outcomeOf(begun);
  const asked = new URL(begun.location).searchParams;
  const idToken = await op.idToken(claimsOf(of, asked.get("nonce"), bend.claims), bend.form);
  const usual = { body: { access_token: "at", token_type: "Bearer", expires_in: 60, id_token: idToken } };
  if (!op.replies.has("/token")) op.replies.set("/token", () => bend.token ?? usual);
  const back = new URL(of.redirectUri);
  const answer = { code: "a code", state: asked.get("state") ?? "", iss: op.issuer, ...bend.answer };
  back.search = new URLSearchParams(answer).toString();
  if (bend.withoutIssuer) back.searchParams.delete("iss");
  const outcome = outcomeOf(await browser.visit(back.href));
  op.replies.delete("/token");
  return outcome;
}

function claimsOf(of: OidcTenant, nonce: string | null, claims: Record<string, unknown> = {}) {
  const now = Math.floor(app.app.now().getTime() / 1000);
  const who = { sub: "ada", email: `ada@${of.domain}`, email_verified: true };
  return { iss: op.issuer, aud: client.client_id, iat: now, exp: now + 300, nonce, ...who, ...claims };
}

const anHourAgo = () => Math.floor(app.app.now().getTime() / 1000) - 3600;

describe("an ID token is refused, and the app is told why", () => {
  const cases: [string, () => Bend, string, RegExp][] = [
    ["alg none", () => ({ form: "none" }), "invalid_id_token", /./],
    [
      "HS256 with the public key as the secret",
      () => ({ form: "HS256 with the public key" }),
      "invalid_id_token",
      /./,
    ],
    ["a key id that is not published", () => ({ form: "unknown kid" }), "invalid_id_token", /./],
    [
      "another key under a known id",
      () => ({ form: "another key under the known kid" }),
      "invalid_id_token",
      /signature/,
    ],
    [
      "for another client",
      () => ({ claims: { aud: "another-client" } }),
      "invalid_id_token",
      /aud.*another-client.*gatehouse/,
    ],
    [
      "for another client too, and issued to it",
      () => ({ claims: { aud: ["gatehouse", "other"], azp: "other" } }),
      "invalid_id_token",
      /azp/,
    ],
    [
      "of another issuer",
      () => ({ claims: { iss: "https://evil.example" } }),
      "invalid_id_token",
      /iss.*evil\.example/,
    ],
    ["with another nonce", () => ({ claims: { nonce: "another" } }), "invalid_id_token", /nonce/],
    ["without a nonce", () => ({ claims: { nonce: undefined } }), "invalid_id_token", /nonce/],
    ["expired", () => ({ claims: { exp: anHourAgo() } }), "invalid_id_token", /exp/],
    ["not valid yet", () => ({ claims: { nbf: anHourAgo() + 7200 } }), "invalid_id_token", /nbf/],
    ["without a subject", () => ({ claims: { sub: undefined } }), "invalid_id_token", /sub/],
    [
      "garbage",
      () => ({ token: { body: { access_token: "at", token_type: "Bearer", id_token: "a.b.c" } } }),
      "invalid_id_token",
      /./,
    ],
    [
      "none at all",
      () => ({ token: { body: { access_token: "at", token_type: "Bearer" } } }),
      "invalid_id_token",
      /id_token/,
    ],
  ];
  test.each(cases)("%s", async (_name, bend, code, description) => {
    const outcome = await signIn(tenant, bend());
    expect(outcome).toMatchObject({ at: "app", error: code, code: "", state: "state-1", issuer: app.url });
    expect(outcome.description).toMatch(description);
  });

  test("the same without any change is taken, so the refusals are for what was bent", async () => {
    expect((await signIn(tenant)).code).toMatch(/^.{43}$/);
  });
});

describe("other answers that are none", () => {
  const cases: [string, Bend, string, RegExp][] = [
    [
      "the issuer of another provider (RFC 9207)",
      { answer: { iss: "https://evil.example" } },
      "invalid_id_token",
      /iss/,
    ],
    [
      "no issuer, although the provider says that it sends one",
      { withoutIssuer: true },
      "invalid_id_token",
      /iss/,
    ],
    [
      "an error of the provider",
      { answer: { error: "access_denied", error_description: "Ask your manager" } },
      "access_denied",
      /Ask your manager \(access_denied\)/,
    ],
    [
      "401 with an OAuth error",
      { token: { status: 401, body: { error: "invalid_client" } } },
      "failed_to_exchange_token",
      /invalid_client/,
    ],
    [
      "401 with a challenge",
      { token: { status: 401, headers: { "www-authenticate": "Basic" }, body: "" } },
      "failed_to_exchange_token",
      /401/,
    ],
    [
      "400, the code was used",
      { token: { status: 400, body: { error: "invalid_grant", error_description: "code used" } } },
      "failed_to_exchange_token",
      /code used/,
    ],
    ["500", { token: { status: 500, body: "Oops" } }, "server_error", /token answered 500/],
    ["garbage", { token: { body: "<html>" } }, "server_error", /./],
    [
      "garbage as JSON",
      { token: { headers: { "content-type": "application/json" }, body: "{" } },
      "server_error",
      /./,
    ],
    [
      "a redirect to another place",
      { token: { status: 307, headers: { location: "http://127.0.0.1:1/" }, body: "" } },
      "server_error",
      /307/,
    ],
  ];
  test.each(cases)("%s", async (_name, bend, code, description) => {
    const outcome = await signIn(tenant, bend);
    expect(outcome).toMatchObject({ at: "app", error: code, code: "", state: "state-1", issuer: app.url });
    expect(outcome.description).toMatch(description);
  });

  test("a token endpoint on a closed port", async () => {
    const endpoints = {
      authorize_uri: `${op.issuer}/authorize`,
      jwks_uri: `${op.issuer}/jwks`,
      token_uri: "http://localhost:1/token",
    };
    const outcome = await signIn(await createTenant("op-closed.com", endpoints));
    expect(outcome).toMatchObject({ at: "app", error: "server_error" });
    expect(outcome.description).toMatch(/localhost:1/);
  });

  test("a token endpoint that never answers", async () => {
    const { fetch } = app.app;
    app.app.fetch = (url, init) => fetch(url, { ...init, timeoutMs: 150 });
    op.replies.set("/token", () => new Promise(() => undefined));
    const outcome = await signIn(tenant);
    app.app.fetch = fetch;
    expect(outcome).toMatchObject({ at: "app", error: "server_error" });
  });

  test("keys that cannot be read", async () => {
    op.replies.set("/jwks", () => ({ status: 500, body: "Oops" }));
    expect(await signIn(await createTenant("op-keyless.com"))).toMatchObject({
      at: "app",
      error: "server_error",
    });
  });
});

describe("discovery", () => {
  const discovery = "/.well-known/openid-configuration";
  const begin = async (domain: string, reply: OpReply) => {
    op.replies.set(discovery, () => reply);
    return signIn(await createTenant(domain));
  };
  const cases: [string, () => OpReply, string, RegExp][] = [
    ["down", () => ({ status: 503, body: "" }), "server_error", /503/],
    ["a page", () => ({ body: "<html>" }), "server_error", /./],
    [
      "of another issuer",
      () => ({ body: { issuer: "https://evil.example" } }),
      "invalid_id_token",
      /evil\.example/,
    ],
    [
      "without keys",
      () => ({
        body: {
          issuer: op.issuer,
          authorization_endpoint: `${op.issuer}/authorize`,
          token_endpoint: `${op.issuer}/token`,
        },
      }),
      "server_error",
      /jwks_uri/,
    ],
  ];
  test.each(cases)("%s", async (name, reply, code, description) => {
    const outcome = await begin(`${name.replaceAll(" ", "-")}.com`, reply());
    expect(outcome).toMatchObject({ at: "app", error: code, state: "state-1" });
    expect(outcome.description).toMatch(description);
  });

  test("a failure is not remembered", async () => {
    op.replies.set(discovery, () => ({ status: 503, body: "" }));
    const own = await createTenant("op-recovers.com");
    expect((await signIn(own)).error).toBe("server_error");
    op.replies.delete(discovery);
    expect((await signIn(own)).code).not.toBe("");
  });

  test("a new key is found at the next sign-in", async () => {
    expect((await signIn(tenant)).code).not.toBe("");
    await op.rotate();
    expect((await signIn(tenant)).code).not.toBe("");
  });
});

describe("the e-mail address", () => {
  const withoutEmail = { email: undefined, email_verified: undefined };

  test("comes from UserInfo where the ID token has none", async () => {
    op.replies.set("/userinfo", () => ({ body: { sub: "bob", email: `bob@${tenant.domain}` } }));
    expect((await signIn(tenant, { claims: { ...withoutEmail, sub: "bob" } })).code).not.toBe("");
  });

  test("of another subject's UserInfo is refused", async () => {
    op.replies.set("/userinfo", () => ({ body: { sub: "eve", email: `bob@${tenant.domain}` } }));
    expect((await signIn(tenant, { claims: { ...withoutEmail, sub: "carl" } })).error).toBe(
      "user_info_retrieve_failed",
    );
  });

  test("is asked for, and what arrived is named; a subject is none, whatever it looks like", async () => {
    op.replies.set("/userinfo", () => ({ body: { sub: `ada@${tenant.domain}`, phone: "1" } }));
    const outcome = await signIn(tenant, { claims: { ...withoutEmail, sub: `ada@${tenant.domain}` } });
    expect(outcome.error).toBe("mandatory_attribute_missing");
    expect(outcome.description).toMatch(/phone/);
  });

  test("that the provider has not verified lets no newcomer in", async () => {
    for (const unverified of [false, "false"]) {
      const claims = { sub: "self-registered", email: `ceo@${tenant.domain}`, email_verified: unverified };
      expect((await signIn(tenant, { claims })).error).toBe("unauthorized");
    }
  });

  test("of another tenant's domain is refused", async () => {
    const other = await createTenant("op-two.com");
    const outcome = await signIn(tenant, { claims: { sub: "mallory", email: `ada@${other.domain}` } });
    expect(outcome.error).toBe("invalid_user_domain");
  });
});

describe("Entra ID's issuer for all tenants of the world takes the tokens of none", () => {
  const entra = "https://login.microsoftonline.com";
  const document = "/common/v2.0/.well-known/openid-configuration";
  const named = `${entra}/{tenantid}/v2.0`;
  const mallory = { sub: "mallory", iss: `${entra}/mallorys/v2.0`, tid: "mallorys" };
  const cases: [string, Record<string, unknown>][] = [
    ["by the name that it gives itself", { issuer: named, discovery_endpoint: `${entra}${document}` }],
    ["by the address that leads to it", { issuer: `${entra}/common/v2.0` }],
  ];
  test.each(cases)("%s", async (name, config) => {
    const { fetch } = app.app;
    app.app.fetch = (url, init) => fetch(String(url).replace(entra, op.issuer), init);
    op.replies.set(document, () => ({ body: op.discovery(named) }));
    const own = await createTenant(`entra-${name.length}.com`, config);
    const outcome = await signIn(own, { claims: mallory, answer: { iss: named } });
    app.app.fetch = fetch;
    expect(outcome).toMatchObject({ at: "app", error: "invalid_id_token", code: "" });
  });
});
