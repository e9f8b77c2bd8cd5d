/**
 * The official Node SDK, unmodified: machine clients of organizations and API tokens, each call that its reference
 * documents for them.
 */
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Scalekit,
  ScalekitBadRequestException,
  ScalekitNotFoundException,
  ScalekitValidateTokenFailureException,
} from "@scalekit-sdk/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";
import { signInForTokens } from "../packages/server/src/testing/oauth.ts";
import { createSamlTenant } from "../packages/server/src/testing/sign-in.ts";

let app: TestApp;
let sdk: Scalekit;
let organizationId: string;
let userId: string;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  const tenant = await createSamlTenant(app);
  organizationId = tenant.organizationId;
  const { tokens } = await signInForTokens(app, tenant);
  userId = decodeJwt(tokens.access_token ?? "").sub ?? "";
});
afterAll(async () => app.stop());

describe("machine clients", () => {
  test("are created, read, changed, listed and deleted", async () => {
    const created = await sdk.m2m.createOrganizationClient(organizationId, {
      name: "Robot",
      description: "Deploys",
      scopes: ["deploy"],
      audience: ["api.acme.test"],
      customClaims: { tier: "gold" },
    });
    const clientId = created.client?.clientId ?? "";
    expect(clientId).toMatch(/^m2morg_\d{18}$/);
    const got = await sdk.m2m.getOrganizationClient(organizationId, clientId);
    expect(got.client).toMatchObject({ clientId, name: "Robot", audience: ["api.acme.test"] });
    const changed = await sdk.m2m.updateOrganizationClient(organizationId, clientId, {
      name: "Robot 2",
      description: "Rests",
    });
    expect(changed.client).toMatchObject({ name: "Robot 2", description: "Rests", scopes: ["deploy"] });
    const added = await sdk.m2m.addOrganizationClientSecret(organizationId, clientId);
    expect([added.secret?.id, added.plainSecret]).toEqual([
      expect.stringMatching(/^sks_/),
      expect.stringMatching(/^test_/),
    ]);
    await sdk.m2m.removeOrganizationClientSecret(organizationId, clientId, added.secret?.id ?? "");
    const listed = await sdk.m2m.listOrganizationClients(organizationId);
    expect(listed.clients.map((client) => client.clientId)).toContain(clientId);
    await sdk.m2m.deleteOrganizationClient(organizationId, clientId);
    const gone = sdk.m2m.getOrganizationClient(organizationId, clientId);
    await expect(gone).rejects.toThrow(ScalekitNotFoundException);
  });

  test("get tokens that the SDK takes by issuer, audience and scopes", async () => {
    const { client, plainSecret } = await sdk.m2m.createOrganizationClient(organizationId, {
      name: "Robot",
      scopes: ["read", "write"],
      audience: ["api.acme.test"],
    });
    const robot = new Scalekit(app.url, client?.clientId ?? "", plainSecret);
    const token = await robot.generateClientToken(client?.clientId ?? "", plainSecret);
    const options = { issuer: app.url, audience: ["api.acme.test"], requiredScopes: ["write"] };
    const claims = await sdk.validateToken<{ oid: string }>(token, options);
    expect(claims.oid).toBe(organizationId);
    const more = { ...options, requiredScopes: ["admin"] };
    await expect(sdk.validateToken(token, more)).rejects.toThrow(ScalekitValidateTokenFailureException);
  });

  test("are refused with an exception of the right class", async () => {
    const wrong = sdk.m2m.createOrganizationClient(organizationId, { scopes: ["two words"] });
    await expect(wrong).rejects.toThrow(ScalekitBadRequestException);
    const elsewhere = sdk.m2m.listOrganizationClients("org_100000000000000001");
    await expect(elsewhere).rejects.toThrow(ScalekitNotFoundException);
  });
});

describe("API tokens", () => {
  test("are created, for an organization and for a member, and validated by value and id", async () => {
    const expiry = timestampFromDate(new Date(Date.now() + 3_600_000));
    const created = await sdk.token.createToken(organizationId, {
      userId,
      customClaims: { team: "billing" },
      description: "Export",
      expiry,
    });
    expect(created.tokenId).toMatch(/^apit_/);
    for (const named of [created.token, created.tokenId]) {
      const { tokenInfo } = await sdk.token.validateToken(named);
      expect(tokenInfo).toMatchObject({ organizationId, userId, customClaims: { team: "billing" } });
    }
    expect(created.tokenInfo?.expiry?.seconds).toBe(expiry.seconds);
  });

  test("are listed page by page", async () => {
    await sdk.token.createToken(organizationId);
    await sdk.token.createToken(organizationId);
    const first = await sdk.token.listTokens(organizationId, { pageSize: 1 });
    const second = await sdk.token.listTokens(organizationId, {
      pageSize: 1,
      pageToken: first.nextPageToken,
    });
    expect(first.tokens).toHaveLength(1);
    expect(first.totalCount).toBeGreaterThan(1);
    expect(second.tokens[0]?.tokenId).not.toBe(first.tokens[0]?.tokenId);
    const ofUser = await sdk.token.listTokens(organizationId, { userId });
    expect(ofUser.tokens.every((token) => token.userId === userId)).toBe(true);
  });

  test("are changed: claims are replaced, an empty map leaves them", async () => {
    const { token } = await sdk.token.createToken(organizationId, { customClaims: { env: "a", scope: "x" } });
    const changed = await sdk.token.updateToken(token, {
      description: "Changed",
      customClaims: { env: "b", team: "t" },
    });
    expect(changed.tokenInfo).toMatchObject({
      description: "Changed",
      customClaims: { env: "b", team: "t" },
    });
    expect(changed.tokenInfo?.customClaims).not.toHaveProperty("scope");
    const kept = await sdk.token.updateToken(token, { customClaims: {} });
    expect(kept.tokenInfo?.customClaims).toEqual({ env: "b", team: "t" });
  });

  test("are invalidated, twice if need be, and then fail validation in the SDK's own way", async () => {
    const { token } = await sdk.token.createToken(organizationId);
    await sdk.token.invalidateToken(token);
    await sdk.token.invalidateToken(token);
    await expect(sdk.token.validateToken(token)).rejects.toThrow(ScalekitValidateTokenFailureException);
  });
});
