/** The limits as callers meet them: what is counted for whom, and each form of the refusal. */
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { AuthService } from "@gatehouse/contract/scalekit/v1/auth/auth_pb";
import { ErrorInfoSchema } from "@gatehouse/contract/scalekit/v1/errdetails/errdetails_pb";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { startTestApp, type TestApp } from "./testing/app.ts";
import { addClient } from "./testing/oauth.ts";

const settings = {
  GATEHOUSE_LIMITS: "on",
  // Each test comes from addresses of its own.
  GATEHOUSE_TRUSTED_PROXIES: "127.0.0.1",
  GATEHOUSE_LIMIT_API_PER_CLIENT: "4",
  GATEHOUSE_LIMIT_API_PER_ADDRESS: "6",
  GATEHOUSE_LIMIT_TOKENS_PER_CLIENT: "5",
  GATEHOUSE_LIMIT_TOKENS_PER_ADDRESS: "8",
  GATEHOUSE_LIMIT_SIGN_IN_PER_ADDRESS: "3",
  GATEHOUSE_LIMIT_WRONG_SECRETS_PER_ADDRESS: "4",
  GATEHOUSE_LIMIT_WRONG_SECRETS_PER_CLIENT: "2",
};

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp(settings);
});
afterAll(() => app.stop());
// Windows begin with the minute: none must end within a test.
beforeEach(() => app.advance(61 - ((app.app.now().getTime() / 1000) % 60)));

const here = "198.51.100.1";
const elsewhere = "198.51.100.2";

function ask(path: string, from: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const headers = { ...init.headers, "x-forwarded-for": from };
  return fetch(app.url + path, { redirect: "manual", ...init, headers });
}

function post(path: string, from: string, form: Record<string, string> = {}) {
  return ask(path, from, { method: "POST", body: new URLSearchParams(form) });
}

function tokenOf(client: { id: string; secret: string }, from: string, path = "/oauth/token") {
  const form = { grant_type: "client_credentials", token: "none" };
  return post(path, from, { ...form, client_id: client.id, client_secret: client.secret });
}

const own = () => ({ id: app.clientId, secret: app.clientSecret });

/** The statuses of as many requests, one after another. */
async function statusesOf(count: number, request: () => Promise<Response>): Promise<number[]> {
  const statuses: number[] = [];
  for (let at = 0; at < count; at++) statuses.push((await request()).status);
  return statuses;
}

function expectHeaders(headers: Headers, limit: number) {
  const seconds = Number(headers.get("retry-after"));
  expect(seconds).toSatisfy((value) => value >= 1 && value <= 60);
  expect(headers.get("ratelimit-limit")).toBe(String(limit));
  expect(headers.get("ratelimit-remaining")).toBe("0");
  expect(headers.get("ratelimit-reset")).toBe(String(seconds));
}

describe("the management API", () => {
  let token: string;
  beforeEach(async () => {
    token = await app.token();
  });
  const list = (from: string) =>
    ask("/api/v1/organizations", from, { headers: { authorization: `Bearer ${token}` } });

  test("is limited for an application wherever it calls from, until the minute is over", async () => {
    expect(await statusesOf(2, () => list(here))).toEqual([200, 200]);
    expect(await statusesOf(3, () => list(elsewhere))).toEqual([200, 200, 429]);
    const answer = await list(here);
    expectHeaders(answer.headers, 4);
    expect(await answer.json()).toEqual({
      code: 8,
      message: expect.stringMatching(/^Too many requests: at most 4 a minute/),
      details: [expect.objectContaining({ error_code: "RATE_LIMITED" })],
    });
    app.advance(Number(answer.headers.get("retry-after")));
    expect((await list(here)).status).toBe(200);
  });

  test("is limited for an address before its token is looked at", async () => {
    const guess = () => ask("/api/v1/organizations", here, { headers: { authorization: "Bearer wrong" } });
    expect(await statusesOf(7, guess)).toEqual([401, 401, 401, 401, 401, 401, 429]);
    expect((await list(here)).status).toBe(429);
    expect((await list(elsewhere)).status).toBe(200);
  });

  test("answers gRPC with RESOURCE_EXHAUSTED and RATE_LIMITED", async () => {
    const client = createClient(OrganizationService, createGrpcTransport({ baseUrl: app.url }));
    const call = () =>
      client.listOrganization({}, { headers: { authorization: `Bearer ${token}`, "x-forwarded-for": here } });
    for (let at = 0; at < 4; at++) await call();
    const error = ConnectError.from(await call().catch((thrown: unknown) => thrown));
    expect(error.code).toBe(Code.ResourceExhausted);
    expect(error.findDetails(ErrorInfoSchema)).toMatchObject([{ errorCode: "RATE_LIMITED" }]);
    expectHeaders(error.metadata, 4);
  });

  test("logs a limit once a minute, with whose it is", async () => {
    const since = app.logged.length;
    await statusesOf(9, () => list(here));
    const lines = app.logged.slice(since).filter(({ msg }) => msg === "a rate limit is used up");
    expect(lines).toMatchObject([
      { limit: "apiPerClient", key: app.clientId, perMinute: 4 },
      { limit: "apiPerAddress", key: here, perMinute: 6 },
    ]);
  });
});

describe("addresses", () => {
  test("of IPv6 count by their /64", async () => {
    const of = (network: string) => (at: number) => ask("/oauth/authorize", `2001:db8:0:${network}::${at}`);
    const [first, second] = [of("1"), of("2")];
    for (let at = 1; at <= 3; at++) expect((await first(at)).status).toBe(400);
    expect((await first(4)).status).toBe(429);
    expect((await second(1)).status).toBe(400);
  });

  test("are not what a client says of itself, but what the nearest proxy saw", async () => {
    for (let at = 1; at <= 3; at++) await ask("/oauth/authorize", `203.0.113.${at}, ${here}`);
    expect((await ask("/oauth/authorize", `203.0.113.4, ${here}`)).status).toBe(429);
  });
});

describe("what strangers can begin", () => {
  const connection = "/sso/v1/saml/conn_1";
  const beginnings: [string, (from: string) => Promise<Response>][] = [
    ["authorize", (from) => ask("/oauth/authorize", from)],
    ["authorize by POST", (from) => post("/oauth/authorize", from)],
    ["the way to an identity provider", (from) => ask(`${connection}/init`, from)],
    ["a SAML response", (from) => post(`${connection}/callback`, from, { SAMLResponse: "x" })],
    ["the end of a SAML leg", (from) => ask(`${connection}/callback?ticket=x`, from)],
    ["a test link", (from) => ask(`${connection}/test`, from)],
    ["a SAML logout", (from) => post(`${connection}/slo`, from)],
    ["the answer of an OpenID provider", (from) => ask("/sso/v1/oidc/conn_1/callback", from)],
    ["the answer of a social provider", (from) => ask("/sso/v1/oauth/conn_1/callback", from)],
    ["a back-channel logout", (from) => post("/sso/v1/oidc/conn_1/backchannel-logout", from)],
    ["a logout", (from) => ask("/oidc/logout", from)],
    ["a trace", (from) => ask("/sso/v1/traces/guess", from)],
  ];

  test.each(beginnings)("%s", async (_name, begin) => {
    const statuses = await statusesOf(4, () => begin(here));
    expect(statuses.map((status) => status === 429)).toEqual([false, false, false, true]);
    expectHeaders((await begin(here)).headers, 3);
    expect((await begin(elsewhere)).status).not.toBe(429);
  });

  test("hosted discovery", async () => {
    const auth = createClient(AuthService, createGrpcTransport({ baseUrl: app.url }));
    const codes: Code[] = [];
    for (let at = 0; at < 4; at++) {
      const call = auth.discoveryAuthMethod(
        { discoveryRequest: { email: "ann@nobody.example" } },
        { headers: { "x-forwarded-for": here } },
      );
      codes.push(ConnectError.from(await call.catch((thrown: unknown) => thrown)).code);
    }
    expect(codes).toEqual([Code.NotFound, Code.NotFound, Code.NotFound, Code.ResourceExhausted]);
  });

  test("the refusal is a page, and comes before the body is read", async () => {
    await statusesOf(3, () => ask("/oauth/authorize", here));
    const huge = { SAMLResponse: "x".repeat(2_000_000) };
    const answer = await post(`${connection}/callback`, here, huge);
    expect(answer.status).toBe(429);
    expect(await answer.text()).toContain("<code>RATE_LIMITED</code>");
  });

  test("documents that anybody may keep are not limited", async () => {
    const paths = ["/keys", "/.well-known/openid-configuration", "/healthz"];
    for (const path of paths) expect(await statusesOf(9, () => ask(path, here))).toEqual(Array(9).fill(200));
  });
});

describe("the token endpoint and its kin", () => {
  test("are limited for a client with its secret, wherever it calls from", async () => {
    const statuses = [
      ...(await statusesOf(2, () => tokenOf(own(), here))),
      ...(await statusesOf(2, () => tokenOf(own(), elsewhere, "/oauth/introspect"))),
      ...(await statusesOf(1, () => tokenOf(own(), elsewhere, "/revoke"))),
    ];
    expect(statuses).toEqual([200, 200, 200, 200, 200]);
    const refused = await tokenOf(own(), here);
    expect(refused.status).toBe(429);
    expectHeaders(refused.headers, 5);
    expect(await refused.json()).toEqual({
      error: "temporarily_unavailable",
      error_description: expect.stringContaining("Too many requests"),
    });
  });

  test("are limited for an address", async () => {
    expect(await statusesOf(9, () => post("/oauth/token", here))).toEqual([...Array(8).fill(400), 429]);
    expect((await post("/oauth/token", elsewhere)).status).toBe(400);
    expect((await ask("/userinfo", here)).status).toBe(429);
  });

  test("a browser app can read the refusal", async () => {
    const headers = { origin: "http://localhost:5173" };
    const send = () => ask("/oauth/token", here, { method: "POST", headers });
    await statusesOf(8, send);
    const refused = await send();
    expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([
      429,
      headers.origin,
    ]);
  });

  test("claims of a client's id alone use up nothing of that client", async () => {
    for (let at = 0; at < 9; at++)
      await tokenOf({ id: app.clientId, secret: "wrong" }, `198.51.100.${20 + at}`);
    expect((await tokenOf(own(), here)).status).toBe(200);
  });

  test("those of a public client count by address only: anybody may name it", async () => {
    const spa = await addClient(app, { type: "SPA" });
    const send = (from: string) =>
      post("/oauth/token", from, { grant_type: "refresh_token", client_id: spa.id });
    for (let at = 0; at < 9; at++) expect((await send(`198.51.100.${40 + at}`)).status).toBe(400);
  });
});

describe("wrong secrets", () => {
  const wrong = (from: string, id = app.clientId) => tokenOf({ id, secret: "wrong" }, from);

  test("stop an address for that client, the right secret too, until the minute is over", async () => {
    expect(await statusesOf(3, () => wrong(here))).toEqual([401, 401, 429]);
    expectHeaders((await tokenOf(own(), here)).headers, 2);
    app.advance(60);
    expect((await tokenOf(own(), here)).status).toBe(200);
  });

  test("do not lock the right one out from another address", async () => {
    await statusesOf(5, () => wrong(here));
    expect(await statusesOf(3, () => tokenOf(own(), elsewhere))).toEqual([200, 200, 200]);
  });

  test("stop an address for all clients when it tries many", async () => {
    const ids = ["skc_1", "skc_2", "no id at all", "x".repeat(5_000)];
    for (const id of ids) expect((await wrong(here, id)).status).toBe(401);
    expect((await wrong(here, "skc_5")).status).toBe(429);
    expect((await wrong(elsewhere, "skc_5")).status).toBe(401);
  });

  test("count at each endpoint that takes them, in the form or in the header", async () => {
    const authorization = `Basic ${Buffer.from(`${app.clientId}:wrong`).toString("base64")}`;
    const introspect = () => ask("/oauth/introspect", here, { method: "POST", headers: { authorization } });
    expect(await statusesOf(2, introspect)).toEqual([401, 401]);
    expect((await tokenOf(own(), here, "/revoke")).status).toBe(429);
  });

  test("of the body's other faults do not count", async () => {
    const faulty = () =>
      post("/oauth/token", here, { client_id: app.clientId, client_secret: app.clientSecret });
    expect(await statusesOf(3, faulty)).toEqual([400, 400, 400]);
    expect((await tokenOf(own(), here)).status).toBe(200);
  });
});

test("two nodes on one database count together", async () => {
  const second = await startTestApp({
    ...settings,
    GATEHOUSE_URL: app.url,
    GATEHOUSE_DATA: app.app.config.dataDir,
    DATABASE_URL: app.databaseUrl,
  });
  try {
    second.advance((app.app.now().getTime() - second.app.now().getTime()) / 1000);
    await statusesOf(3, () => ask("/oauth/authorize", here));
    const limits = second.app.limits;
    await vi.waitFor(() => expect(limits?.exceeded("signInPerAddress", here)).toBeDefined(), 5_000);
    const headers = { "x-forwarded-for": here };
    expect((await fetch(`http://localhost:${second.port}/oauth/authorize`, { headers })).status).toBe(429);
  } finally {
    await second.stop();
  }
});
