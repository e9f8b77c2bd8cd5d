/** Answers of OpenID providers that must not sign anyone in, and what the app is told. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import type { OidcTenant } from "../../testing/connections.ts";
import { type HandMadeOp, type OpReply, startHandMadeOp } from "../../testing/hand-made-op.ts";
import { createOpTenant, type OidcBend, oidcSignIn } from "../../testing/oidc-leg.ts";

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

const createTenant = (domain: string, config: Record<string, unknown> = {}) =>
  createOpTenant(app, op, domain, config);
const signIn = (of: OidcTenant, bend: OidcBend = {}) => oidcSignIn(app, op, of, bend);

describe("other answers that are none", () => {
  const cases: [string, OidcBend, string, RegExp][] = [
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
});
