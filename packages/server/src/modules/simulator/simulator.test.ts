import { afterAll, describe, expect, test } from "vitest";
import { openDb } from "../../db/db.ts";
import { testDatabaseUrl } from "../../testing/database.ts";
import * as connections from "../connections/connections.ts";
import * as domains from "../domains/domains.ts";
import * as organizations from "../organizations/organizations.ts";
import { audienceOf, ensure } from "./simulator.ts";
import { startSimulator } from "./testing.ts";

const db = openDb(await testDatabaseUrl(), { max: 4 });
afterAll(() => db.destroy());

describe("ensure", () => {
  test("makes the test organization with verified domains and two connections that are on", async () => {
    const { trusted, ctx, publicUrl, organizationId, samlConnectionId, oidcConnectionId } =
      await startSimulator(db);
    expect(await organizations.get(trusted, { externalId: "test-organization" })).toMatchObject({
      id: organizationId,
      display_name: "Test Organization",
    });
    for (const domain of ["example.com", "example.org"]) {
      expect(await domains.ownerOf(ctx, domain)).toBe(organizationId);
    }
    const saml = await connections.get(ctx, samlConnectionId);
    expect(saml).toMatchObject({
      type: "SAML",
      provider: "IDP_SIMULATOR",
      enabled: true,
      status: "COMPLETED",
    });
    expect(saml.settings).toMatchObject({
      idpEntityId: `${publicUrl}/simulator/saml`,
      idpSsoUrl: `${publicUrl}/simulator/saml/sso`,
    });
    const oidc = await connections.get(ctx, oidcConnectionId);
    expect(oidc).toMatchObject({
      type: "OIDC",
      provider: "IDP_SIMULATOR",
      enabled: true,
      status: "COMPLETED",
    });
    expect(oidc.settings).toMatchObject({ issuer: `${publicUrl}/simulator/oidc`, clientId: "gatehouse" });
    expect(connections.clientSecret(ctx, oidc)).toMatch(/^[\w-]{43}$/);
    expect(await audienceOf(ctx, saml)).toEqual({
      name: "Test Organization",
      domains: ["example.com", "example.org"],
    });
  });

  test("changes nothing the second time, and leaves what a developer switched off", async () => {
    const { trusted, ...first } = await startSimulator(db);
    await connections.disable(trusted, first.samlConnectionId);
    const before = await snapshot(trusted.environmentId);
    expect(await ensure(trusted)).toEqual({
      organizationId: first.organizationId,
      samlConnectionId: first.samlConnectionId,
      oidcConnectionId: first.oidcConnectionId,
    });
    expect(await snapshot(trusted.environmentId)).toEqual(before);
  });

  test("follows the public URL of the environment", async () => {
    const { trusted, app, samlConnectionId, oidcConnectionId } = await startSimulator(db);
    const publicUrl = `http://moved-${trusted.environmentId.slice(4)}.localhost:9090`;
    await db
      .updateTable("environments")
      .set({ public_url: publicUrl })
      .where("id", "=", trusted.environmentId)
      .execute();
    app.cache.dropAll();
    await ensure(trusted);
    const saml = await connections.get(trusted, samlConnectionId);
    expect(saml).toMatchObject({ enabled: true, settings: { idpSsoUrl: `${publicUrl}/simulator/saml/sso` } });
    const oidc = await connections.get(trusted, oidcConnectionId);
    expect(oidc).toMatchObject({
      enabled: true,
      settings: {
        issuer: `${publicUrl}/simulator/oidc`,
        discoveryEndpoint: `${publicUrl}/simulator/oidc/.well-known/openid-configuration`,
      },
    });
  });

  test("goes without a domain that another organization has proven, whatever others claim", async () => {
    const { trusted, ctx, organizationId } = await startSimulator(db);
    await organizations.delete(trusted, { id: organizationId });
    const acme = await organizations.create(trusted, { displayName: "Acme" });
    await domains.create(trusted, { id: acme.id }, { domain: "example.com", type: "ORGANIZATION_DOMAIN" });
    // Nobody has proven this one.
    await domains.create(ctx, { id: acme.id }, { domain: "example.org", type: "ORGANIZATION_DOMAIN" });
    const again = await ensure(trusted);
    expect(again.organizationId).not.toBe(organizationId);
    const saml = await connections.get(trusted, again.samlConnectionId);
    expect((await audienceOf(trusted, saml)).domains).toEqual(["example.org"]);
  });

  test("refuses a caller whose domains would have to be proven", async () => {
    const { ctx } = await startSimulator(db);
    await expect(ensure(ctx)).rejects.toMatchObject({ code: "SIMULATOR_CALLER_UNTRUSTED" });
  });

  test("seals the private key under the environment's own context", async () => {
    const { trusted, app } = await startSimulator(db);
    const { environmentId } = trusted;
    const row = await db
      .selectFrom("simulator_keys")
      .selectAll()
      .where("environment_id", "=", environmentId)
      .executeTakeFirstOrThrow();
    expect(() => app.keys.open(row.private_sealed, "simulator_keys.private_sealed:env_1")).toThrow();
    expect(
      app.keys.open(row.private_sealed, `simulator_keys.private_sealed:${environmentId}`).length,
    ).toBeGreaterThan(1000);
  });
});

async function snapshot(environmentId: string) {
  const rowsOf = (
    table: "organizations" | "domains" | "connections" | "connection_certificates" | "simulator_keys",
  ) => db.selectFrom(table).selectAll().where("environment_id", "=", environmentId).execute();
  return Promise.all([
    rowsOf("organizations"),
    rowsOf("domains"),
    rowsOf("connections"),
    rowsOf("connection_certificates"),
    rowsOf("simulator_keys"),
  ]);
}
