import { createHash } from "node:crypto";
import { createLocalJWKSet, jwtVerify } from "jose";
import { afterAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/db.ts";
import { newSecret } from "../../lib/secrets.ts";
import { testDatabaseUrl } from "../../testing/database.ts";
import * as connections from "../connections/connections.ts";
import { carriedFields, startSimulator, type TestSimulator } from "./testing.ts";

const db = openDb(await testDatabaseUrl(), { max: 4 });
afterAll(() => db.destroy());

const simulator = await startSimulator(db);
const redirectUri = `${simulator.publicUrl}/sso/v1/oidc/${simulator.oidcConnectionId}/callback`;
const issuer = `${simulator.publicUrl}/simulator/oidc`;
const connection = await connections.get(simulator.ctx, simulator.oidcConnectionId);
const clientSecret = connections.clientSecret(simulator.ctx, connection) ?? "";
const verifier = newSecret();
const asked = {
  response_type: "code",
  client_id: "gatehouse",
  redirect_uri: redirectUri,
  scope: "openid profile email",
  state: "state&1",
  nonce: "nonce1",
  code_challenge: createHash("sha256").update(verifier).digest("base64url"),
  code_challenge_method: "S256",
};

function authorize(changes: Record<string, string> = {}) {
  return simulator.get(`/simulator/oidc/authorize?${new URLSearchParams({ ...asked, ...changes })}`);
}

function answerOf(reply: { headers?: Record<string, unknown> }): URL {
  return new URL(String(reply.headers?.location));
}

/** A code for Ada, as the browser brings it back. */
async function newCode(changes: Record<string, string> = {}): Promise<string> {
  const carried = carriedFields(await authorize(changes));
  const reply = await simulator.post("/simulator/oidc/answer", { ...carried, person: "ada" });
  return answerOf(reply).searchParams.get("code") ?? "";
}

function redeem(code: string, changes: Record<string, string> = {}, at: TestSimulator = simulator) {
  const form = {
    grant_type: "authorization_code",
    code,
    redirect_uri: redirectUri,
    code_verifier: verifier,
    client_id: "gatehouse",
    client_secret: clientSecret,
    ...changes,
  };
  return at.post("/simulator/oidc/token", form);
}

function basic(id: string, secret: string): string {
  return `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString("base64")}`;
}

describe("authorize", () => {
  test("shows the page, which carries the request and knows who is expected", async () => {
    const reply = await authorize({ login_hint: "ben@example.com" });
    expect(reply.status).toBe(200);
    expect(carriedFields(reply)).toEqual(asked);
    expect(reply.body).toMatch(/Ben Okoro<\/strong> <span class="hint">expected/);
  });

  test("opens and fills in the form for somebody whom the list does not show", async () => {
    const { body } = await authorize({ login_hint: 'zoe"<x>@example.org' });
    expect(body).toContain('<details class="other" open>');
    expect(body).toContain('value="zoe&#34;&#60;x&#62;"');
    expect(body).toContain('<option value="example.org" selected>');
  });

  test("answers with a code, the state and the issuer", async () => {
    const carried = carriedFields(await authorize());
    const reply = await simulator.post("/simulator/oidc/answer", { ...carried, person: "ada" });
    expect(reply.status).toBe(303);
    const location = answerOf(reply);
    expect(location.origin + location.pathname).toBe(redirectUri);
    expect(Object.fromEntries(location.searchParams)).toEqual({
      code: expect.stringMatching(/^[\w-]{43}$/),
      state: "state&1",
      iss: issuer,
    });
  });

  test.each([
    ["invalid_credentials", "access_denied", "Invalid user credentials"],
    ["user_not_found", "login_required", "User not found"],
    ["server_error", "server_error", "Server error"],
  ])("answers the failure %s with %s", async (failure, error, error_description) => {
    const carried = carriedFields(await authorize());
    const reply = await simulator.post("/simulator/oidc/answer", { ...carried, failure });
    expect(Object.fromEntries(answerOf(reply).searchParams)).toEqual({
      error,
      error_description,
      state: "state&1",
      iss: issuer,
    });
  });

  test.each([
    [{ response_type: "token" }, "unsupported_response_type"],
    [{ scope: "email" }, "invalid_scope"],
    [{ code_challenge_method: "plain" }, "invalid_request"],
    [{ prompt: "none" }, "login_required"],
  ] as [Record<string, string>, string][])("redirects %j with %s", async (changes, error) => {
    const reply = await authorize(changes);
    expect(reply.status).toBe(302);
    expect(answerOf(reply).searchParams.get("error")).toBe(error);
  });

  test.each([
    [{ client_id: "stranger" }, "SIMULATOR_CLIENT_UNKNOWN"],
    [{ redirect_uri: "https://evil.test/callback" }, "SIMULATOR_SERVICE_PROVIDER_UNKNOWN"],
    [
      { redirect_uri: `https://evil.test/sso/v1/oidc/${simulator.oidcConnectionId}/callback` },
      "SIMULATOR_SERVICE_PROVIDER_UNKNOWN",
    ],
    [{ redirect_uri: `${redirectUri}?x=1` }, "SIMULATOR_SERVICE_PROVIDER_UNKNOWN"],
    [
      { redirect_uri: redirectUri.replace(simulator.oidcConnectionId, simulator.samlConnectionId) },
      "SIMULATOR_SERVICE_PROVIDER_UNKNOWN",
    ],
  ] as [Record<string, string>, string][])("never redirects %j", async (changes, code) => {
    await expect(authorize(changes)).rejects.toMatchObject({ code });
    const form = { ...asked, ...changes, person: "ada" };
    await expect(simulator.post("/simulator/oidc/answer", form)).rejects.toMatchObject({ code });
  });

  test("refuses a parameter that is given twice", async () => {
    const query = `${new URLSearchParams(asked)}&redirect_uri=https%3A%2F%2Fevil.test`;
    const reply = simulator.get(`/simulator/oidc/authorize?${query}`);
    await expect(reply).rejects.toMatchObject({ code: "SIMULATOR_REQUEST_INVALID" });
  });
});

describe("token", () => {
  test("exchanges the code for tokens that the published key verifies", async () => {
    const reply = await redeem(await newCode());
    expect(reply.headers).toMatchObject({ "cache-control": "no-store" });
    const { id_token, access_token } = JSON.parse(String(reply.body));
    const jwks = JSON.parse(String((await simulator.get("/simulator/oidc/keys")).body));
    const { payload } = await jwtVerify(id_token, createLocalJWKSet(jwks), {
      issuer,
      audience: "gatehouse",
      currentDate: simulator.clock.now,
    });
    expect(payload).toMatchObject({ email: "ada@example.com", email_verified: true, nonce: "nonce1" });
    expect(jwks.keys[0]).not.toHaveProperty("d");
    const info = await simulator.get("/simulator/oidc/userinfo", { authorization: `Bearer ${access_token}` });
    expect(JSON.parse(String(info.body))).toMatchObject({ sub: payload.sub, email: "ada@example.com" });
  });

  test("takes the client's proof in the header too, but not twice", async () => {
    const form = {
      grant_type: "authorization_code",
      code: await newCode(),
      redirect_uri: redirectUri,
      code_verifier: verifier,
    };
    const authorization = basic("gatehouse", clientSecret);
    const both = { ...form, client_secret: clientSecret };
    const twice = simulator.post("/simulator/oidc/token", both, { authorization });
    await expect(twice).rejects.toMatchObject({ code: "invalid_request" });
    expect(await simulator.post("/simulator/oidc/token", form, { authorization })).toMatchObject({
      status: 200,
    });
  });

  test.each([
    ["a wrong secret", { client_secret: "wrong" }, "invalid_client"],
    ["no secret", { client_secret: "" }, "invalid_client"],
    ["another client", { client_id: "stranger" }, "invalid_client"],
    ["another grant", { grant_type: "password" }, "unsupported_grant_type"],
    ["another redirect URI", { redirect_uri: "https://evil.test" }, "invalid_grant"],
    ["another verifier", { code_verifier: newSecret() }, "invalid_grant"],
    ["no verifier", { code_verifier: "" }, "invalid_grant"],
    ["no code", { code: "" }, "invalid_grant"],
  ] as [string, Record<string, string>, string][])("refuses %s", async (_what, changes, code) => {
    await expect(redeem(await newCode(), changes)).rejects.toMatchObject({ code });
  });

  test("refuses a verifier where no challenge was sent", async () => {
    const form = { ...asked, code_challenge: "", code_challenge_method: "", person: "ada" };
    const reply = await simulator.post("/simulator/oidc/answer", form);
    const code = answerOf(reply).searchParams.get("code") ?? "";
    await expect(redeem(code)).rejects.toMatchObject({ code: "invalid_grant" });
  });

  test("refuses a header that holds no client", async () => {
    for (const authorization of ["Basic ", "Basic Zm9v", "Bearer x", basic("gatehouse", "wrong")]) {
      const form = { grant_type: "authorization_code", code: "x" };
      const reply = simulator.post("/simulator/oidc/token", form, { authorization });
      await expect(reply).rejects.toMatchObject({ code: "invalid_client" });
    }
  });

  test("gives tokens to one of ten that use a code at once", async () => {
    const code = await newCode();
    const all = await Promise.allSettled(Array.from({ length: 10 }, () => redeem(code)));
    expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    await expect(redeem(code)).rejects.toMatchObject({ code: "invalid_grant" });
  });

  test("refuses a code after 60 seconds, and clears it away with the next one", async () => {
    const at = await startSimulator(db);
    const uri = `${at.publicUrl}/sso/v1/oidc/${at.oidcConnectionId}/callback`;
    const form = { ...asked, redirect_uri: uri, person: "ada" };
    const code = answerOf(await at.post("/simulator/oidc/answer", form)).searchParams.get("code") ?? "";
    const theirs = await connections.get(at.ctx, at.oidcConnectionId);
    const client_secret = connections.clientSecret(at.ctx, theirs) ?? "";
    at.clock.now = new Date(at.clock.now.getTime() + 60_000);
    await expect(redeem(code, { redirect_uri: uri, client_secret }, at)).rejects.toMatchObject({
      code: "invalid_grant",
    });
    await at.post("/simulator/oidc/answer", form);
    const rows = db
      .selectFrom("simulator_codes")
      .select("hash")
      .where("environment_id", "=", at.ctx.environmentId);
    expect(await rows.execute()).toHaveLength(1);
  });

  test("refuses a code and a secret of another environment", async () => {
    const other = await startSimulator(db);
    await expect(redeem(await newCode(), {}, other)).rejects.toMatchObject({ code: "invalid_client" });
    const theirs = await connections.get(other.ctx, other.oidcConnectionId);
    const client_secret = connections.clientSecret(other.ctx, theirs) ?? "";
    await expect(redeem(await newCode(), { client_secret }, other)).rejects.toMatchObject({
      code: "invalid_grant",
    });
  });
});

describe("userinfo", () => {
  test("refuses whoever brings no access token", async () => {
    const { id_token } = JSON.parse(String((await redeem(await newCode())).body));
    for (const headers of [{}, { authorization: "Bearer x" }, { authorization: `Bearer ${id_token}` }]) {
      const reply = simulator.get("/simulator/oidc/userinfo", headers as Record<string, string>);
      await expect(reply).rejects.toMatchObject({ code: "invalid_token" });
    }
  });
});

describe("discovery", () => {
  test("names only addresses that answer", async () => {
    const reply = await simulator.get("/simulator/oidc/.well-known/openid-configuration");
    const document = JSON.parse(String(reply.body));
    expect(document).toMatchObject({ issuer, code_challenge_methods_supported: ["S256"] });
    expect(await simulator.get(document.jwks_uri)).toMatchObject({ status: 200 });
    const query = new URLSearchParams(asked);
    expect(await simulator.get(`${document.authorization_endpoint}?${query}`)).toMatchObject({ status: 200 });
    const { body } = await simulator.post(document.token_endpoint, {
      grant_type: "authorization_code",
      code: await newCode(),
      redirect_uri: redirectUri,
      code_verifier: verifier,
      client_id: "gatehouse",
      client_secret: clientSecret,
    });
    const { access_token } = JSON.parse(String(body));
    const authorization = `Bearer ${access_token}`;
    expect(await simulator.get(document.userinfo_endpoint, { authorization })).toMatchObject({ status: 200 });
  });

  test("is missing in an environment that has no simulator", async () => {
    const other = await startSimulator(db);
    await db.deleteFrom("simulator_keys").where("environment_id", "=", other.ctx.environmentId).execute();
    other.app.cache.dropAll();
    await expect(other.get("/simulator/oidc/keys")).rejects.toMatchObject({ code: "SIMULATOR_NOT_SET_UP" });
    await expect(other.get("/simulator/saml/metadata")).rejects.toMatchObject({
      code: "SIMULATOR_NOT_SET_UP",
    });
  });
});
