/** Discovery, CORS and the Host header: what is published, to whom, and under which name. */
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addClient, bodyOf } from "../../testing/oauth.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

test("both well-known names serve one document, whose endpoints all answer", async () => {
  const read = (name: string) => bodyOf(fetch(`${app.url}/.well-known/${name}`));
  const document = await read("openid-configuration");
  expect(await read("oauth-authorization-server")).toEqual(document);
  expect(document).toMatchObject({
    issuer: app.url,
    response_types_supported: ["code"],
    code_challenge_methods_supported: ["S256"],
    id_token_signing_alg_values_supported: ["RS256"],
  });
  expect(document).not.toHaveProperty("registration_endpoint");
  for (const [name, url] of Object.entries<string>(document)) {
    if (!/_endpoint$|_uri$/.test(name)) continue;
    expect(url.startsWith(`${app.url}/`)).toBe(true);
    expect((await fetch(url, { redirect: "manual" })).status).not.toBe(404);
  }
});

test("/keys publishes RSA keys, each with its name, and nothing private", async () => {
  const answer = await fetch(`${app.url}/keys`);
  expect(answer.headers.get("content-type")).toContain("application/json");
  const { keys } = await bodyOf(answer);
  expect(keys).toHaveLength(2);
  for (const key of keys) {
    expect(Object.keys(key).toSorted()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    expect(key).toMatchObject({ alg: "RS256", kty: "RSA", use: "sig" });
    expect(key.kid).toMatch(/^snk_\d+$/);
  }
});

describe("CORS", () => {
  const registered = "https://spa.acme.test";
  const readable = ["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server", "/keys"];
  const all = [...readable, "/userinfo", "/oauth/token", "/oauth/introspect", "/revoke"];

  beforeAll(async () => {
    await addClient(app, {
      type: "SPA",
      postLoginUris: [`${registered}/callback`, "com.acme.app:/callback"],
    });
  });

  const allowed = (answer: Response) => answer.headers.get("access-control-allow-origin");

  test.each(all)("%s answers the preflight of a registered origin only", async (path) => {
    const ask = (origin: string) => fetch(app.url + path, { method: "OPTIONS", headers: { origin } });
    const yes = await ask(registered);
    expect([yes.status, allowed(yes)]).toEqual([204, registered]);
    expect(yes.headers.get("access-control-allow-headers")).toContain("authorization");
    expect(yes.headers.has("access-control-allow-credentials")).toBe(false);
    for (const origin of ["https://evil.test", "null", `${registered}.evil.test`, "http://spa.acme.test"]) {
      const no = await ask(origin);
      expect(allowed(no)).toBeNull();
      expect(no.headers.has("access-control-allow-methods")).toBe(false);
    }
  });

  test.each(readable)("%s varies by origin, asked with one or without", async (path) => {
    for (const headers of [{}, { origin: registered }, { origin: "https://evil.test" }] as Record<
      string,
      string
    >[]) {
      expect((await fetch(app.url + path, { headers })).headers.get("vary")).toBe("Origin");
    }
  });

  test("a page can read a refusal, so that it tells the end of its session from a network fault", async () => {
    const headers = { origin: registered };
    const token = await fetch(`${app.url}/oauth/token`, {
      method: "POST",
      headers,
      body: new URLSearchParams(),
    });
    expect([token.status, allowed(token)]).toEqual([400, registered]);
    const userinfo = await fetch(`${app.url}/userinfo`, { headers });
    expect([userinfo.status, allowed(userinfo)]).toEqual([401, registered]);
    expect(userinfo.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  test("an origin counts as soon as its redirect URI is registered, in any process", async () => {
    const client = await addClient(app);
    const headers = { origin: "https://late.acme.test" };
    expect(allowed(await fetch(`${app.url}/keys`, { headers }))).toBeNull();
    const body = { post_login_uris: ["https://late.acme.test/callback"] };
    await app.api(`/clients/${client.id}`, { method: "PATCH", body });
    expect(allowed(await fetch(`${app.url}/keys`, { headers }))).toBe("https://late.acme.test");
  });
});

describe("a Host header of somebody's choice", () => {
  /** `fetch` sets the header itself. */
  function askAs(host: string, path: string): Promise<string> {
    const headers = { host, "x-forwarded-host": host, forwarded: `host=${host}`, accept: "text/html" };
    return new Promise((resolve, reject) => {
      const request = httpRequest(app.url + path, { headers }, (answer) => {
        let text = JSON.stringify(answer.headers);
        answer.on("data", (chunk) => {
          text += chunk;
        });
        answer.on("end", () => resolve(text));
      });
      request.on("error", reject).end();
    });
  }

  const authorize = () =>
    `/oauth/authorize?response_type=code&client_id=${app.clientId}&scope=openid&redirect_uri=${encodeURIComponent("http://localhost:5555/cb")}`;

  test.each([
    ["discovery", () => "/.well-known/openid-configuration"],
    ["the hosted page", authorize],
    ["the identity provider", () => `${authorize()}&connection_id=${tenant.connectionId}`],
    ["an answer to the app", () => `${authorize()}&prompt=none`],
    ["an error page", () => "/oauth/authorize"],
    ["a logout", () => "/oidc/logout"],
    ["the metadata of a connection", () => `/sso/v1/saml/${tenant.connectionId}/metadata`],
    ["nothing", () => "/nowhere"],
  ])("never appears in %s", async (_, path) => {
    const answer = await askAs("evil.test", path());
    expect(answer).not.toContain("evil.test");
    expect(answer.length).toBeGreaterThan(100);
  });
});
