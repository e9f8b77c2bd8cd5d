/** Domains assigned to connections: what an assignment moves, what it refuses, and where sign-ins go by it. */
import { Code } from "@connectrpc/connect";
import { ConnectionService } from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { TestBrowser } from "../../testing/browser.ts";
import { rpc } from "../../testing/callers.ts";
import { createConnection, patchSaml, setEnabled } from "../../testing/connections.ts";
import { authorizeUrl, createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
/** An organization with two connections that are on, and two domains: `domain` and the second. */
let tenant: SamlTenant;
let second: { connectionId: string; domain: string; ssoUrl: string };
let ids: { first: string; second: string };
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

beforeEach(async () => {
  tenant = await createSamlTenant(app);
  const domain = `second-${++made}.com`;
  const ssoUrl = `https://second-${made}.example/sso`;
  ids = { first: await domainId(tenant.organizationId), second: await addDomain(tenant, domain) };
  const owned = await createConnection(app, tenant.organizationId, "SAML");
  const { entityId, certificate } = tenant.idp;
  await patchSaml(app, owned, { idp_entity_id: entityId, idp_sso_url: ssoUrl, idp_certificate: certificate });
  expect((await setEnabled(app, owned, true)).body.enabled).toBe(true);
  second = { connectionId: owned.connectionId, domain, ssoUrl };
});

async function domainId(organizationId: string): Promise<string> {
  return (await app.api(`/organizations/${organizationId}/domains`)).body.domains[0].id;
}

async function addDomain(of: { organizationId: string }, domain: string, type?: string): Promise<string> {
  const body = { domain, ...(type && { domain_type: type }) };
  return (await app.api(`/organizations/${of.organizationId}/domains`, { body })).body.domain.id;
}

function assign(connectionId: string, domainIds: unknown): Promise<ApiAnswer> {
  const path = `/organizations/${tenant.organizationId}/connections/${connectionId}/domains`;
  return app.api(path, { method: "PUT", body: { domain_ids: domainIds } });
}

async function namesOf(connectionId: string): Promise<string[]> {
  const { body } = await app.api(`/organizations/${tenant.organizationId}/connections/${connectionId}`);
  return body.connection.domains.map((each: { domain: string }) => each.domain).sort();
}

/** The identity provider that an authorization request with these values leads to. */
async function leadsTo(values: Record<string, string>): Promise<string> {
  const { location } = await new TestBrowser(app.url).visit(authorizeUrl(app, values));
  return location.split("?")[0] ?? "";
}

describe("an assignment", () => {
  test("leads a domain to its connection, and the others to the oldest active one", async () => {
    expect(await namesOf(tenant.connectionId)).toEqual([second.domain, tenant.domain].sort());
    expect(await namesOf(second.connectionId)).toEqual([]);
    const { status, body } = await assign(second.connectionId, [ids.second]);
    expect(status).toBe(200);
    expect(body.connection).toMatchObject({ id: second.connectionId, domains: [{ domain: second.domain }] });
    expect(await namesOf(tenant.connectionId)).toEqual([tenant.domain]);
    expect(await leadsTo({ domain: second.domain })).toBe(second.ssoUrl);
    expect(await leadsTo({ login_hint: `ada@${second.domain}` })).toBe(second.ssoUrl);
    expect(await leadsTo({ domain: tenant.domain })).toBe(tenant.idp.ssoUrl);
    const discovered = await app.api("/auth:discovery", { body: { email: `ada@${second.domain}` } });
    expect(discovered.body.auth_method.connection_id).toBe(second.connectionId);
  });

  test("replaces the former one, and moves what another connection had", async () => {
    await assign(second.connectionId, [ids.first, ids.second, ids.second]);
    expect(await namesOf(second.connectionId)).toEqual([second.domain, tenant.domain].sort());
    expect(await namesOf(tenant.connectionId)).toEqual([]);
    await assign(tenant.connectionId, [ids.first]);
    expect(await namesOf(second.connectionId)).toEqual([second.domain]);
    expect(await namesOf(tenant.connectionId)).toEqual([tenant.domain]);
    await assign(second.connectionId, []);
    expect(await namesOf(second.connectionId)).toEqual([]);
    expect(await leadsTo({ domain: second.domain })).toBe(tenant.idp.ssoUrl);
  });

  test("leads to the oldest active connection while its own is off", async () => {
    await assign(second.connectionId, [ids.second]);
    await setEnabled(app, { ...second, organizationId: tenant.organizationId }, false);
    expect(await leadsTo({ domain: second.domain })).toBe(tenant.idp.ssoUrl);
  });

  test("shows in lists, and narrows the list of its domain", async () => {
    await assign(second.connectionId, [ids.second]);
    const listed = async (query: string) =>
      (await app.api(`/connections?${query}`)).body.connections.map(
        (each: { id: string; domains: string[] }) => [each.id, each.domains],
      );
    const ofSecond = [second.connectionId, [second.domain]];
    const ofFirst = [tenant.connectionId, [tenant.domain]];
    expect(await listed(`organization_id=${tenant.organizationId}`)).toEqual([ofFirst, ofSecond]);
    expect(await listed(`domain=${second.domain}`)).toEqual([ofSecond]);
    expect(await listed(`domain=${tenant.domain}`)).toEqual([ofFirst, ofSecond]);
    await setEnabled(app, { ...second, organizationId: tenant.organizationId }, false);
    expect(await listed(`domain=${second.domain}`)).toEqual([ofFirst]);
    expect(await listed(`domain=${second.domain}&include=all`)).toEqual([ofSecond]);
  });

  test("goes with its domain, and with its connection", async () => {
    await assign(second.connectionId, [ids.first, ids.second]);
    const path = `/organizations/${tenant.organizationId}`;
    await app.api(`${path}/domains/${ids.first}`, { method: "DELETE" });
    expect(await namesOf(second.connectionId)).toEqual([second.domain]);
    await app.api(`${path}/connections/${second.connectionId}`, { method: "DELETE" });
    expect(await namesOf(tenant.connectionId)).toEqual([second.domain]);
  });

  test("of two connections that swap their domains at once ends in one of the two orders", async () => {
    await assign(tenant.connectionId, [ids.first]);
    await assign(second.connectionId, [ids.second]);
    const swaps = Array.from({ length: 6 }, (_, turn) =>
      turn % 2 === 0
        ? assign(tenant.connectionId, [ids.second, ids.first])
        : assign(second.connectionId, [ids.first, ids.second]),
    );
    expect((await Promise.all(swaps)).map((answer) => answer.status)).toEqual(swaps.map(() => 200));
    const owners = [await namesOf(tenant.connectionId), await namesOf(second.connectionId)];
    expect(owners.map((names) => names.length).sort()).toEqual([0, 2]);
  });

  test("works on gRPC", async () => {
    const client = rpc(app, ConnectionService);
    const { organizationId } = tenant;
    const { connectionId } = second;
    const request = { organizationId, connectionId, domainIds: [ids.second] };
    const { connection } = await client.assignDomainsToConnection(request);
    expect(connection?.domains.map((each) => each.domain)).toEqual([second.domain]);
    const unknown = client.assignDomainsToConnection({ ...request, domainIds: ["dom_1"] });
    await expect(unknown).rejects.toMatchObject({ code: Code.NotFound });
  });
});

describe("refused, and the assignment stays as it was", () => {
  async function expectRefused(domainIds: unknown, status: number, message: RegExp) {
    await assign(second.connectionId, [ids.second]);
    const { status: seen, body } = await assign(second.connectionId, domainIds);
    expect({ status: seen, message: body.message }).toEqual({
      status,
      message: expect.stringMatching(message),
    });
    expect(await namesOf(second.connectionId)).toEqual([second.domain]);
  }

  test("an unknown domain, named", () => expectRefused([ids.first, "dom_9"], 404, /dom_9/));

  test("another organization's domain, named like an unknown one", async () => {
    const foreign = await domainId((await createSamlTenant(app)).organizationId);
    await expectRefused([foreign], 404, new RegExp(foreign));
  });

  test("a domain that only suggests the organization", async () => {
    const id = await addDomain(tenant, `allowed-${made}.com`, "ALLOWED_EMAIL_DOMAIN");
    await expectRefused([id], 400, /no verified ORGANIZATION_DOMAIN/);
  });

  test("a domain that is not verified yet", async () => {
    await app.app.db
      .updateTable("domains")
      .set({ verification_status: "PENDING" })
      .where("id", "=", ids.first)
      .execute();
    await expectRefused([ids.first], 400, /no verified ORGANIZATION_DOMAIN/);
  });

  test("51 domains", () =>
    expectRefused(
      Array.from({ length: 51 }, (_, n) => `dom_${n}`),
      400,
      /domain_ids/,
    ));

  test("another organization's connection, and one that there is not", async () => {
    const foreign = await createSamlTenant(app);
    for (const id of [foreign.connectionId, "conn_1"]) {
      const { status, body } = await assign(id, [ids.first]);
      expect([status, body.details[0].error_code]).toEqual([404, "CONNECTION_NOT_FOUND"]);
    }
    expect((await assign("lnk_1", [])).status).toBe(400);
  });
});
