/** The official Node SDK, unmodified: `client.m2m` and `client.token`, method by method as its reference says. */
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  Scalekit,
  ScalekitBadRequestException,
  ScalekitNotFoundException,
  ScalekitValidateTokenFailureException,
} from "@scalekit-sdk/node";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, expect } from "vitest";
import { startTestApp, type TestApp } from "../../packages/server/src/testing/app.ts";
import { describeMethods } from "./cases.ts";

const nowhere = "org_100000000000000001";
let app: TestApp;
let sdk: Scalekit;
let home: string;
let other: string;
let userId: string;

beforeAll(async () => {
  app = await startTestApp();
  sdk = new Scalekit(app.url, app.clientId, app.clientSecret);
  const organization = async (name: string) =>
    (await sdk.organization.createOrganization(name)).organization?.id ?? "";
  [home, other] = [await organization("Home"), await organization("Other")];
  const options = { email: "owner@company.test", sendInvitationEmail: false };
  userId = (await sdk.user.createUserAndMembership(home, options)).user?.id ?? "";
});
afterAll(async () => app.stop());

const notFound = (call: Promise<unknown>) => expect(call).rejects.toBeInstanceOf(ScalekitNotFoundException);
const badRequest = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitBadRequestException);
const invalid = (call: Promise<unknown>) =>
  expect(call).rejects.toBeInstanceOf(ScalekitValidateTokenFailureException);

/** A new machine client with its first secret. */
async function robot() {
  const { client, plainSecret } = await sdk.m2m.createOrganizationClient(home, { name: "Robot" });
  return { id: client?.clientId ?? "", secret: plainSecret, secretId: client?.secrets[0]?.id ?? "" };
}

describeMethods("m2m", () => sdk, {
  async createOrganizationClient() {
    const options = {
      name: "Deployment",
      description: "Deploys",
      scopes: ["deploy:read", "deploy:write"],
      audience: ["api.acme.test"],
    };
    const { client, plainSecret } = await sdk.m2m.createOrganizationClient(home, {
      ...options,
      customClaims: { tier: "gold" },
    });
    expect(client).toMatchObject({
      ...options,
      clientId: expect.stringMatching(/^m2morg_\d{18}$/),
      organizationId: home,
      customClaims: [{ key: "tier", value: "gold" }],
      expiry: 3600n,
    });
    expect(client?.secrets).toMatchObject([{ status: 0, secretSuffix: plainSecret.slice(-4) }]);
    const token = await sdk.generateClientToken(client?.clientId ?? "", plainSecret);
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({
      sub: client?.clientId,
      client_id: client?.clientId,
      oid: home,
      aud: options.audience,
      scopes: options.scopes,
      custom_claims: { tier: "gold" },
    });
    expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600);
    const asked = { issuer: app.url, audience: ["api.acme.test"], requiredScopes: ["deploy:write"] };
    expect(await sdk.validateAccessToken(token, asked)).toBe(true);
    expect(await sdk.validateAccessToken(token, { ...asked, requiredScopes: ["admin"] })).toBe(false);
    expect((await sdk.m2m.createOrganizationClient(home)).plainSecret).toMatch(/^test_/);
    await badRequest(sdk.m2m.createOrganizationClient(home, { scopes: ["two words"] }));
    await notFound(sdk.m2m.createOrganizationClient(nowhere, { name: "Robot" }));
    await expect(sdk.m2m.createOrganizationClient("")).rejects.toThrow("organizationId is required");
  },

  async getOrganizationClient() {
    const { id, secretId } = await robot();
    const { client } = await sdk.m2m.getOrganizationClient(home, id);
    expect(client).toMatchObject({ clientId: id, name: "Robot", secrets: [{ id: secretId }] });
    expect(client?.secrets[0]?.plainSecret ?? "").toBe("");
    await notFound(sdk.m2m.getOrganizationClient(other, id));
    await notFound(sdk.m2m.getOrganizationClient(home, "m2morg_100000000000000001"));
  },

  async updateOrganizationClient() {
    const { id } = await robot();
    const change = { name: "Robot 2", description: "Rests", scopes: ["rest"] };
    const { client } = await sdk.m2m.updateOrganizationClient(home, id, change);
    expect(client).toMatchObject({ clientId: id, ...change });
    const kept = await sdk.m2m.updateOrganizationClient(home, id, { description: "Works" });
    expect(kept.client).toMatchObject({ ...change, description: "Works" });
    await notFound(sdk.m2m.updateOrganizationClient(other, id, change));
    await badRequest(sdk.m2m.updateOrganizationClient(home, id, { name: "x".repeat(129) }));
  },

  async deleteOrganizationClient() {
    const { id, secret } = await robot();
    await notFound(sdk.m2m.deleteOrganizationClient(other, id));
    await sdk.m2m.deleteOrganizationClient(home, id);
    await notFound(sdk.m2m.getOrganizationClient(home, id));
    await expect(sdk.generateClientToken(id, secret)).rejects.toThrow();
  },

  async addOrganizationClientSecret() {
    const { id, secret } = await robot();
    const { secret: added, plainSecret } = await sdk.m2m.addOrganizationClientSecret(home, id);
    expect(added).toMatchObject({ id: expect.stringMatching(/^sks_/), secretSuffix: plainSecret.slice(-4) });
    for (const each of [secret, plainSecret]) await sdk.generateClientToken(id, each);
    for (let more = 2; more < 5; more++) await sdk.m2m.addOrganizationClientSecret(home, id);
    await badRequest(sdk.m2m.addOrganizationClientSecret(home, id));
    await notFound(sdk.m2m.addOrganizationClientSecret(other, id));
  },

  async removeOrganizationClientSecret() {
    const { id, secret, secretId } = await robot();
    const { plainSecret } = await sdk.m2m.addOrganizationClientSecret(home, id);
    await sdk.m2m.removeOrganizationClientSecret(home, id, secretId);
    await expect(sdk.generateClientToken(id, secret)).rejects.toThrow();
    await sdk.generateClientToken(id, plainSecret);
    await notFound(sdk.m2m.removeOrganizationClientSecret(home, id, secretId));
    await expect(sdk.m2m.removeOrganizationClientSecret(home, id, "")).rejects.toThrow(
      "secretId is required",
    );
  },

  async listOrganizationClients() {
    const [older, newer] = [await robot(), await robot()];
    const { clients, totalSize } = await sdk.m2m.listOrganizationClients(home);
    expect(clients.map(({ clientId }) => clientId)).toEqual(expect.arrayContaining([older.id, newer.id]));
    expect(totalSize).toBeGreaterThanOrEqual(2);
    const first = await sdk.m2m.listOrganizationClients(home, { pageSize: 1 });
    const pageToken = first.nextPageToken;
    const second = await sdk.m2m.listOrganizationClients(home, { pageSize: 1, pageToken });
    expect([first.clients[0]?.clientId, second.clients[0]?.clientId]).toEqual([newer.id, older.id]);
    expect((await sdk.m2m.listOrganizationClients(other)).clients).toEqual([]);
    await notFound(sdk.m2m.listOrganizationClients(nowhere));
  },
});

describeMethods("token", () => sdk, {
  async createToken() {
    const expiry = timestampFromDate(new Date(Date.now() + 3_600_000));
    const options = { userId, customClaims: { team: "billing" }, description: "Export", expiry };
    const created = await sdk.token.createToken(home, options);
    expect(created.tokenId).toMatch(/^apit_\d{18}$/);
    expect(created.token).toMatch(/./);
    expect(created.tokenInfo).toMatchObject({ ...options, organizationId: home, tokenId: created.tokenId });
    expect((await sdk.token.createToken(home)).tokenInfo?.expiry).toBeUndefined();
    await expect(sdk.token.createToken("")).rejects.toThrow("organizationId is required");
    await notFound(sdk.token.createToken(nowhere));
    await expect(sdk.token.createToken(other, { userId })).rejects.toThrow();
  },

  async validateToken() {
    const expiry = timestampFromDate(new Date(Date.now() + 60_000));
    const { token, tokenId } = await sdk.token.createToken(home, { userId, expiry });
    for (const named of [token, tokenId]) {
      expect((await sdk.token.validateToken(named)).tokenInfo).toMatchObject({
        organizationId: home,
        userId,
        roles: ["member"],
      });
    }
    await invalid(sdk.token.validateToken("apit_made_up"));
    await expect(sdk.token.validateToken("")).rejects.toThrow("token is required");
    app.advance(120);
    await invalid(sdk.token.validateToken(token));
    app.advance(-120);
  },

  async invalidateToken() {
    const { token } = await sdk.token.createToken(home);
    await sdk.token.invalidateToken(token);
    await sdk.token.invalidateToken(token);
    await invalid(sdk.token.validateToken(token));
    await expect(sdk.token.invalidateToken("")).rejects.toThrow("token is required");
  },

  async listTokens() {
    const ids = [(await sdk.token.createToken(home)).tokenId, (await sdk.token.createToken(home)).tokenId];
    const first = await sdk.token.listTokens(home, { pageSize: 1 });
    const second = await sdk.token.listTokens(home, { pageSize: 1, pageToken: first.nextPageToken });
    expect([second.tokens[0]?.tokenId, first.tokens[0]?.tokenId]).toEqual(ids);
    const all = await sdk.token.listTokens(home, { pageSize: 10 });
    expect(all.totalCount).toBe(all.tokens.length);
    const { tokenId } = await sdk.token.createToken(home, { userId });
    const ofUser = await sdk.token.listTokens(home, { userId });
    expect(ofUser.tokens.map((token) => token.tokenId)).toContain(tokenId);
    expect(new Set(ofUser.tokens.map((token) => token.userId))).toEqual(new Set([userId]));
    await badRequest(sdk.token.listTokens(home, { pageSize: 31 }));
    await notFound(sdk.token.listTokens(nowhere));
  },

  async updateToken() {
    const customClaims = { env: "a", scope: "x" };
    const { token, tokenId } = await sdk.token.createToken(home, { customClaims, description: "Kept" });
    const changed = await sdk.token.updateToken(token, { customClaims: { env: "b" } });
    expect(changed.tokenInfo).toMatchObject({ description: "Kept", customClaims: { env: "b" } });
    expect(changed.tokenInfo?.customClaims).not.toHaveProperty("scope");
    const kept = await sdk.token.updateToken(tokenId, { description: "Changed", customClaims: {} });
    expect(kept.tokenInfo).toMatchObject({ description: "Changed", customClaims: { env: "b" } });
    await notFound(sdk.token.updateToken("apit_100000000000000001", { description: "x" }));
    await badRequest(sdk.token.updateToken(token, { description: "x".repeat(256) }));
  },
});
