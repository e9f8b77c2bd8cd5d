/** The token endpoint as a program uses it: who the client is, what it may ask for, and the form of each refusal. */
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addClient, bodyOf } from "../../testing/oauth.ts";
import { postToken } from "../../testing/sign-in.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

const grant = { grant_type: "client_credentials" };
const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`;

async function post(body: Record<string, string>, headers: Record<string, string> = {}, query = "") {
  const url = `${app.url}/oauth/token${query}`;
  const answer = await fetch(url, { method: "POST", body: new URLSearchParams(body), headers });
  return { status: answer.status, headers: answer.headers, body: await bodyOf(answer) };
}

describe("a client gets its token", () => {
  test("with the credentials in the form", async () => {
    const { status, body, headers } = await postToken(app, grant);
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
    expect(Object.keys(body)).toEqual(["access_token", "token_type", "expires_in", "scope"]);
    expect(body.expires_in).toSatisfy((seconds) => seconds === 86_399 || seconds === 86_400);
    expect(decodeProtectedHeader(body.access_token ?? "")).toMatchObject({ alg: "RS256", typ: "JWT" });
    const claims = decodeJwt(body.access_token ?? "");
    expect(claims).toMatchObject({
      iss: app.url,
      sub: app.clientId,
      client_id: app.clientId,
      scopes: ["openid"],
    });
    expect(claims.aud).toEqual([app.clientId]);
  });

  test("by HTTP Basic, form-encoded as RFC 6749 asks", async () => {
    const header = basic(app.clientId, app.clientSecret.replace("_", "%5F"));
    expect((await post(grant, { authorization: header })).status).toBe(200);
    const named = { ...grant, client_id: app.clientId };
    expect((await post(named, { authorization: header })).status).toBe(200);
  });

  test("with a stale bearer token beside the form, as some SDKs send one", async () => {
    const form = { ...grant, client_id: app.clientId, client_secret: app.clientSecret };
    expect((await post(form, { authorization: "Bearer stale" })).status).toBe(200);
  });

  test("for the scopes that it has, all or some", async () => {
    const client = await addClient(app, { scopes: ["read", "write"] });
    const ask = (scope: string) =>
      postToken(app, { ...grant, client_id: client.id, client_secret: client.secret, scope });
    expect((await ask("")).body.scope).toBe("openid read write");
    expect((await ask("read read")).body.scope).toBe("read");
    const refused = await ask("read admin");
    expect([refused.status, refused.body.error]).toEqual([400, "invalid_scope"]);
  });
});

describe("refusals", () => {
  test.each([
    ["a wrong secret", { client_secret: "wrong" }],
    ["no secret", { client_secret: "" }],
    ["an unknown client", { client_id: "skc_000000000000000000" }],
    ["no client", { client_id: "" }],
    ["a client id of 300 kB", { client_id: "x".repeat(300_000) }],
    ["SQL as client", { client_id: "' or '1'='1" }],
  ])("%s: 401 with a challenge", async (_, change) => {
    const { status, body, headers } = await postToken(app, { ...grant, ...change });
    expect([status, body.error]).toEqual([401, "invalid_client"]);
    expect(headers.get("www-authenticate")).toMatch(/^Basic realm=/);
    expect(headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    ["garbage", "Basic !!!"],
    ["no colon", `Basic ${Buffer.from("abc").toString("base64")}`],
    ["a broken encoding", `Basic ${Buffer.from("a:%zz").toString("base64")}`],
    ["a wrong secret", basic("skc_1", "wrong")],
  ])("Basic with %s: 401", async (_, authorization) => {
    const { status, body } = await post(grant, { authorization });
    expect([status, body.error]).toEqual([401, "invalid_client"]);
  });

  test("Basic and form at once, or for two clients", async () => {
    const authorization = basic(app.clientId, app.clientSecret);
    const twice = await post({ ...grant, client_secret: app.clientSecret }, { authorization });
    expect([twice.status, twice.body.error]).toEqual([400, "invalid_request"]);
    const other = await post({ ...grant, client_id: "skc_1" }, { authorization });
    expect([other.status, other.body.error]).toEqual([401, "invalid_client"]);
  });

  test.each([
    ["", "invalid_request"],
    ["password", "unsupported_grant_type"],
    ["implicit", "unsupported_grant_type"],
    ["urn:ietf:params:oauth:grant-type:device_code", "unsupported_grant_type"],
    ["urn:ietf:params:oauth:grant-type:token-exchange", "unsupported_grant_type"],
    ["__proto__", "unsupported_grant_type"],
  ])("grant type %j: %s", async (grant_type, error) => {
    const { status, body, headers } = await postToken(app, { grant_type });
    expect([status, body.error, headers.get("cache-control")]).toEqual([400, error, "no-store"]);
  });

  test("a grant that the client does not have, and any for a public client", async () => {
    const client = await addClient(app, { grantTypes: ["authorization_code"] });
    const form = { ...grant, client_id: client.id, client_secret: client.secret };
    expect((await postToken(app, form)).body.error).toBe("unauthorized_client");
    const spa = await addClient(app, { type: "SPA" });
    expect((await post({ ...grant, client_id: spa.id })).body.error).toBe("unauthorized_client");
  });

  test.each(["INACTIVE", "expired"])("a secret that is %s", async (state) => {
    const client = await addClient(app);
    const form = { ...grant, client_id: client.id, client_secret: client.secret };
    await app.app.db
      .updateTable("client_secrets")
      .set(state === "expired" ? { expires_at: new Date(app.app.now().getTime() - 1000) } : { status: state })
      .where("client_id", "=", client.id)
      .execute();
    expect((await postToken(app, form)).status).toBe(401);
  });

  test("a parameter that is sent twice", async () => {
    const body = new URLSearchParams([
      ["grant_type", "client_credentials"],
      ["grant_type", "password"],
    ]);
    const answer = await fetch(`${app.url}/oauth/token`, { method: "POST", body });
    expect(await answer.json()).toMatchObject({ error: "invalid_request" });
  });

  test("a JSON body", async () => {
    const body = JSON.stringify({ ...grant, client_id: app.clientId, client_secret: app.clientSecret });
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${app.url}/oauth/token`, { method: "POST", body, headers });
    expect(answer.status).toBe(400);
  });
});

describe("parameters in the URL", () => {
  const query = () =>
    `?${new URLSearchParams({ ...grant, client_id: app.clientId, client_secret: app.clientSecret })}`;

  test("are read in development when the body is empty, and never logged", async () => {
    expect((await post({}, {}, query())).status).toBe(200);
    expect(JSON.stringify(app.logged)).not.toContain(app.clientSecret);
  });

  test("are refused in production", async () => {
    const production = { ...app.app.config, mode: "production" as const };
    Object.assign(app.app, { config: production });
    try {
      const { status, body } = await post({}, {}, query());
      expect([status, body.error]).toEqual([400, "invalid_request"]);
    } finally {
      Object.assign(app.app, { config: { ...production, mode: "development" } });
    }
  });
});
