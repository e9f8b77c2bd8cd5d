/** Tokens of organizations' machine clients: what they say, whom they convince, and what they do not open. */
import { Scalekit, ScalekitValidateTokenFailureException } from "@scalekit-sdk/node";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { bodyOf, signInForTokens } from "../../testing/oauth.ts";
import { authorizeUrl, createSamlTenant, postToken, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
let sdk: Scalekit;
let tenant: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  tenant = await createSamlTenant(app);
});
afterAll(async () => app.stop());

const audience = "deployment-api.acme-corp.com";

interface Robot {
  id: string;
  secret: string;
  path: string;
}

async function newRobot(body: object = {}, organizationId = tenant.organizationId): Promise<Robot> {
  const path = `/organizations/${organizationId}/clients`;
  const made = (await app.api(path, { body: { name: "Robot", ...body } })).body;
  return { id: made.client.client_id, secret: made.plain_secret, path: `${path}/${made.client.client_id}` };
}

const ask = (robot: Robot, more: Record<string, string> = {}) =>
  postToken(app, {
    grant_type: "client_credentials",
    client_id: robot.id,
    client_secret: robot.secret,
    ...more,
  });

const tokenOf = async (robot: Robot, more?: Record<string, string>) =>
  (await ask(robot, more)).body.access_token ?? "";

describe("a token", () => {
  test("says who the client is, whose, for whom and what it may", async () => {
    const robot = await newRobot({
      scopes: ["deploy:applications", "read:deployments"],
      audience: [audience, "https://other.acme-corp.com"],
      custom_claims: [
        { key: "tier", value: "gold" },
        { key: "oid", value: "org_of_somebody_else" },
      ],
      expiry: 900,
    });
    const { status, body } = await ask(robot);
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(["access_token", "token_type", "expires_in", "scope"]);
    expect(body).toMatchObject({ token_type: "Bearer", scope: "deploy:applications read:deployments" });
    expect(body.expires_in).toSatisfy((seconds) => seconds === 899 || seconds === 900);
    const claims = decodeJwt(body.access_token ?? "");
    expect(decodeProtectedHeader(body.access_token ?? "").alg).toBe("RS256");
    expect(claims).toEqual({
      iss: app.url,
      sub: robot.id,
      client_id: robot.id,
      oid: tenant.organizationId,
      aud: [audience, "https://other.acme-corp.com"],
      scope: "deploy:applications read:deployments",
      scopes: ["deploy:applications", "read:deployments"],
      custom_claims: { tier: "gold", oid: "org_of_somebody_else" },
      iat: claims.iat,
      nbf: claims.iat,
      exp: (claims.iat ?? 0) + 900,
      jti: expect.stringMatching(/^tkn_\d{18}$/),
    });
  });

  test("of a client that says nothing has no audience and no scope", async () => {
    const { body } = await ask(await newRobot());
    expect(body.scope).toBe("");
    const claims = decodeJwt(body.access_token ?? "");
    expect(claims).toMatchObject({ scope: "", scopes: [] });
    expect(claims).not.toHaveProperty("aud");
    expect(claims).not.toHaveProperty("custom_claims");
  });

  test("has the scopes that are asked for, and none that the client lacks", async () => {
    const robot = await newRobot({ scopes: ["a", "b"] });
    expect(decodeJwt(await tokenOf(robot, { scope: "b" })).scopes).toEqual(["b"]);
    for (const scope of ["a c", "openid"]) {
      expect((await ask(robot, { scope })).body.error).toBe("invalid_scope");
    }
  });

  test("follows what the client is changed to", async () => {
    const robot = await newRobot({ scopes: ["a"] });
    await ask(robot);
    await app.api(robot.path, { method: "PATCH", body: { scopes: ["b"], expiry: 300 } });
    const claims = decodeJwt(await tokenOf(robot));
    expect([claims.scopes, (claims.exp ?? 0) - (claims.iat ?? 0)]).toEqual([["b"], 300]);
  });
});

describe("the official SDK", () => {
  const validate = (token: string, options: Parameters<Scalekit["validateToken"]>[1]) =>
    sdk.validateToken<{ sub: string; oid: string }>(token, options);

  test("takes it by issuer, audience and scopes", async () => {
    const robot = await newRobot({ scopes: ["read", "write"], audience: [audience] });
    const token = await tokenOf(robot);
    const payload = await validate(token, {
      issuer: app.url,
      audience: [audience],
      requiredScopes: ["read"],
    });
    expect(payload).toMatchObject({ sub: robot.id, oid: tenant.organizationId });
    expect(await sdk.validateAccessToken(token, { requiredScopes: ["read", "write"] })).toBe(true);
  });

  test("refuses it for another issuer, audience or scope, and when it has expired", async () => {
    const robot = await newRobot({ scopes: ["read"], audience: [audience], expiry: 300 });
    const token = await tokenOf(robot);
    for (const options of [
      { issuer: "https://elsewhere.test" },
      { audience: ["another-api"] },
      { requiredScopes: ["read", "write"] },
    ]) {
      await expect(validate(token, options)).rejects.toThrow(ScalekitValidateTokenFailureException);
    }
    app.advance(-400);
    const old = await tokenOf(robot);
    app.advance(400);
    await expect(validate(old, {})).rejects.toThrow(ScalekitValidateTokenFailureException);
  });
});

describe("a client of an organization", () => {
  test("does not call the management API, over REST or gRPC", async () => {
    const token = await tokenOf(await newRobot());
    for (const [path, method] of [
      ["/organizations", "GET"],
      [`/organizations/${tenant.organizationId}`, "GET"],
      [`/organizations/${tenant.organizationId}/clients`, "POST"],
      ["/tokens:validate", "POST"],
    ]) {
      const { status, body } = await app.api(path ?? "", {
        method: method ?? "",
        token,
        body: method === "POST" ? {} : undefined,
      });
      expect({ path, status, error: body.details[0].error_code }).toEqual({
        path,
        status: 403,
        error: "ORGANIZATION_CLIENT_NOT_ALLOWED",
      });
    }
    const robot = await newRobot();
    const asRobot = new Scalekit(app.url, robot.id, robot.secret);
    await expect(asRobot.organization.listOrganization({})).rejects.toThrow(/organization's client/);
  });

  test("signs nobody in and refreshes nothing", async () => {
    const robot = await newRobot();
    const url = authorizeUrl(app, { client_id: robot.id });
    const answer = await fetch(url, { redirect: "manual" });
    expect(new URL(answer.headers.get("location") ?? "").searchParams.get("error")).toBe(
      "unauthorized_client",
    );
    for (const grant_type of ["authorization_code", "refresh_token"]) {
      expect((await ask(robot, { grant_type })).body.error).toBe("unauthorized_client");
    }
    const userInfo = await fetch(`${app.url}/userinfo`, {
      headers: { authorization: `Bearer ${await tokenOf(robot)}` },
    });
    expect(userInfo.status).toBe(401);
  });

  test("learns of its own tokens only; an application of the environment, of all", async () => {
    const [robot, other] = [
      await newRobot(),
      await newRobot({}, (await createSamlTenant(app)).organizationId),
    ];
    const { tokens } = await signInForTokens(app, tenant);
    const introspect = (client: { id: string; secret: string }, token: string) =>
      bodyOf(
        fetch(`${app.url}/oauth/introspect`, {
          method: "POST",
          body: new URLSearchParams({ client_id: client.id, client_secret: client.secret, token }),
        }),
      );
    const own = await tokenOf(robot);
    expect(await introspect(robot, own)).toMatchObject({ active: true, sub: robot.id });
    for (const token of [await tokenOf(other), tokens.access_token ?? "", tokens.refresh_token ?? ""]) {
      expect(await introspect(robot, token)).toEqual({ active: false });
    }
    const application = { id: app.clientId, secret: app.clientSecret };
    expect(await introspect(application, own)).toMatchObject({ active: true, oid: tenant.organizationId });
    expect(await introspect(application, tokens.refresh_token ?? "")).toMatchObject({ active: true });
  });

  test("that is deleted gets no token, nor one whose organization is; what is out stays valid elsewhere", async () => {
    const robot = await newRobot();
    const token = await tokenOf(robot);
    await app.api(robot.path, { method: "DELETE" });
    expect((await ask(robot)).body.error).toBe("invalid_client");
    expect(await sdk.validateAccessToken(token)).toBe(true);
    expect((await app.api("/organizations", { token })).status).toBe(401);

    const { organization } = (await app.api("/organizations", { body: { display_name: "Short-lived" } }))
      .body;
    const orphan = await newRobot({}, organization.id);
    expect((await ask(orphan)).status).toBe(200);
    await app.api(`/organizations/${organization.id}`, { method: "DELETE" });
    expect((await ask(orphan)).body.error).toBe("invalid_client");
  });
});

test("what changes at one of two servers has changed at the other", async () => {
  const second = await startTestApp({
    DATABASE_URL: app.databaseUrl,
    GATEHOUSE_DATA: app.app.config.dataDir,
    GATEHOUSE_URL: app.url,
  });
  try {
    const robot = await newRobot({ scopes: ["a"] });
    const there = async () => {
      const form = { grant_type: "client_credentials", client_id: robot.id, client_secret: robot.secret };
      const url = `http://localhost:${second.port}/oauth/token`;
      const { scope, error } = await bodyOf(fetch(url, { method: "POST", body: new URLSearchParams(form) }));
      return error ?? scope;
    };
    expect(await there()).toBe("a");
    await app.api(robot.path, { method: "PATCH", body: { scopes: ["b"] } });
    await expect.poll(there, { interval: 2, timeout: 2000 }).toBe("b");
    const { client } = (await app.api(robot.path)).body;
    await app.api(`${robot.path}/secrets/${client.secrets[0].id}`, { method: "DELETE" });
    await expect.poll(there, { interval: 2, timeout: 2000 }).toBe("invalid_client");
  } finally {
    await second.stop();
  }
});
