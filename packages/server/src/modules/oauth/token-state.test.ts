/** Who believes a token: userinfo, introspection and the API, for live, ended and forged ones. */
import { createHmac, createPublicKey, generateKeyPairSync } from "node:crypto";
import { decodeJwt, SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addClient, bodyOf, type SignedIn, signInForTokens } from "../../testing/oauth.ts";
import { createSamlTenant, postToken, type SamlTenant } from "../../testing/sign-in.ts";
import { sign } from "../keys/keys.ts";

let app: TestApp;
let tenant: SamlTenant;
let ada: SignedIn;

beforeAll(async () => {
  app = await startTestApp();
  tenant = await createSamlTenant(app);
  ada = await signInForTokens(app, tenant);
});
afterAll(async () => app.stop());

function userinfo(token: string | undefined, method = "GET") {
  return fetch(`${app.url}/userinfo`, { method, headers: { authorization: `Bearer ${token}` } });
}

async function ask(path: string, form: Record<string, string>) {
  const body = new URLSearchParams({ client_id: app.clientId, client_secret: app.clientSecret, ...form });
  const answer = await fetch(app.url + path, { method: "POST", body });
  const text = await answer.text();
  return { status: answer.status, body: text === "" ? undefined : JSON.parse(text), headers: answer.headers };
}

const introspect = async (token: string | undefined) =>
  (await ask("/oauth/introspect", { token: token ?? "" })).body;

/** A token counts nowhere. */
async function expectWorthless(token: string) {
  expect((await userinfo(token)).status).toBe(401);
  expect(await introspect(token)).toEqual({ active: false });
  expect((await app.api("/organizations", { token })).status).toBe(401);
}

describe("/userinfo", () => {
  test.each(["GET", "POST"])("tells the profile by %s", async (method) => {
    const answer = await userinfo(ada.tokens.access_token, method);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const { sub } = decodeJwt(ada.tokens.id_token ?? "");
    expect(await answer.json()).toMatchObject({ sub, email: `ada@${tenant.domain}`, given_name: "Ada" });
  });

  test("keeps to the scope of the token", async () => {
    const authorize = { connection_id: tenant.connectionId, scope: "openid email" };
    const { tokens } = await signInForTokens(app, tenant, { authorize });
    expect(await (await userinfo(tokens.access_token)).json()).not.toHaveProperty("given_name");
  });

  test.each([
    ["no token", ""],
    ["another scheme", "Basic abc"],
    ["nonsense", "Bearer abc"],
  ])("refuses %s with a challenge", async (_, authorization) => {
    const answer = await fetch(`${app.url}/userinfo`, { headers: { authorization } });
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
  });

  test("knows nothing of an application's own token", async () => {
    expect((await userinfo(await app.token())).status).toBe(401);
  });
});

describe("introspection", () => {
  test("tells about a live access token and a live refresh token", async () => {
    const { tokens } = ada;
    const { sub } = decodeJwt(tokens.access_token ?? "");
    const scope = "openid profile email offline_access";
    expect(await introspect(tokens.access_token)).toMatchObject({
      active: true,
      sub,
      client_id: app.clientId,
      scope,
    });
    expect(await introspect(tokens.refresh_token)).toMatchObject({ active: true, sub, scope });
    expect(await introspect(await app.token())).toMatchObject({ active: true, sub: app.clientId });
  });

  test("calls a used refresh token, an unknown one and nonsense inactive", async () => {
    const { tokens } = await signInForTokens(app, tenant);
    await postToken(app, { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" });
    for (const token of [tokens.refresh_token, "rt_unknown", "x.y.z"]) {
      expect(await introspect(token)).toEqual({ active: false });
    }
  });

  test.each(["/oauth/introspect", "/revoke"])("%s needs a client with a secret", async (path) => {
    const spa = await addClient(app, { type: "SPA" });
    const body = new URLSearchParams({ token: "x", client_id: spa.id });
    const answer = await fetch(app.url + path, { method: "POST", body });
    expect([answer.status, (await bodyOf(answer)).error]).toEqual([401, "invalid_client"]);
    expect((await ask(path, { token: "x", client_secret: "wrong" })).status).toBe(401);
    expect((await ask(path, {})).body.error).toBe("invalid_request");
  });

  test("revoking an unknown token is no error", async () => {
    const { status, headers } = await ask("/revoke", { token: "rt_unknown" });
    expect([status, headers.get("cache-control")]).toEqual([200, "no-store"]);
  });
});

describe("a token counts nowhere", () => {
  const parts = () => (ada.tokens.access_token ?? "").split(".");
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = () => JSON.parse(Buffer.from(parts()[0] ?? "", "base64url").toString());

  test("with alg none", async () => {
    for (const alg of ["none", "None"]) {
      await expectWorthless(`${encode({ ...header(), alg })}.${parts()[1]}.`);
    }
  });

  test("signed by HMAC with the public key as the secret", async () => {
    const { keys } = await bodyOf(fetch(`${app.url}/keys`));
    const key = createPublicKey({ key: keys[0], format: "jwk" });
    const secrets = [
      key.export({ type: "spki", format: "pem" }).toString(),
      key.export({ type: "spki", format: "der" }),
      JSON.stringify(keys[0]),
    ];
    for (const secret of secrets) {
      const input = `${encode({ ...header(), alg: "HS256" })}.${parts()[1]}`;
      await expectWorthless(`${input}.${createHmac("sha256", secret).update(input).digest("base64url")}`);
    }
  });

  test("with another payload, or without its signature", async () => {
    const [head, payload, signature] = parts();
    const claims = decodeJwt(ada.tokens.access_token ?? "");
    await expectWorthless(`${head}.${encode({ ...claims, sub: "usr_000000000000000000" })}.${signature}`);
    await expectWorthless(`${head}.${payload}.`);
  });

  test("signed by a key of the sender's own, also when it is sent along", async () => {
    const pair = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const jwk = pair.publicKey.export({ format: "jwk" });
    const claims = decodeJwt(ada.tokens.access_token ?? "");
    for (const own of [
      { kid: header().kid },
      { kid: "snk_other" },
      { jwk },
      { jku: "https://evil.test/keys" },
    ]) {
      const signing = new SignJWT(claims).setProtectedHeader({ alg: "RS256", ...(own as object) });
      await expectWorthless(await signing.sign(pair.privateKey));
    }
  });

  test("of another issuer, with our key", async () => {
    const claims = decodeJwt(ada.tokens.access_token ?? "");
    await expectWorthless(await sign(app.systemCtx(), { ...claims, iss: "https://other.test" }));
  });

  test("when it is an ID token", async () => expectWorthless(ada.tokens.id_token ?? ""));

  test("when its client is gone", async () => {
    const client = await addClient(app);
    const credentials = { client_id: client.id, client_secret: client.secret };
    const { body } = await postToken(app, { grant_type: "client_credentials", ...credentials });
    await app.app.db.deleteFrom("clients").where("id", "=", client.id).execute();
    app.app.cache.dropAll();
    await expectWorthless(body.access_token ?? "");
  });

  test("when its session has ended", async () => {
    const { browser, tokens } = await signInForTokens(app, tenant, { email: `eve@${tenant.domain}` });
    await browser.visit(`${app.url}/oidc/logout`);
    await expectWorthless(tokens.access_token ?? "");
  });

  test("after five minutes", async () => {
    app.advance(301);
    await expectWorthless(ada.tokens.access_token ?? "");
  });
});

test("an application that may not call the API is refused there with 401", async () => {
  const client = await addClient(app);
  const form = { grant_type: "client_credentials", client_id: client.id, client_secret: client.secret };
  const { body } = await postToken(app, form);
  expect((await app.api("/organizations", { token: body.access_token ?? "" })).status).toBe(200);
  const path = `/clients/${client.id}`;
  await app.api(path, { method: "PATCH", body: { disallow_scalekit_api_access: true } });
  const changed = await app.api(path);
  expect(changed.body.client.disallow_scalekit_api_access).toBe(true);
  expect((await app.api("/organizations", { token: body.access_token ?? "" })).status).toBe(401);
});
