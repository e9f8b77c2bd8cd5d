/** The connections of all organizations: pages forwards and backwards, and what a search finds. */
import {
  ConnectionService,
  ConnectionType,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { createSamlTenant, type SamlTenant } from "../../testing/sign-in.ts";

let app: TestApp;
/** Newest first. */
const ids: string[] = [];
let acme: string;
let on: SamlTenant;

interface Listed {
  id: string;
  organization_name: string;
}

beforeAll(async () => {
  app = await startTestApp();
  const { body } = await app.api("/connections?include=all");
  ids.push(...body.connections.map((each: Listed) => each.id).reverse());
  acme = (await app.api("/organizations", { body: { display_name: "Acme_100%" } })).body.organization.id;
  const drafts = [
    { provider: "OKTA", type: "SAML", key_id: "Head office" },
    { provider: "GOOGLE", type: "OIDC" },
    { provider: "CUSTOM", type: "SAML", provider_key: "KEYCLOAK" },
  ];
  for (const draft of drafts) {
    const created = await app.api(`/organizations/${acme}/connections`, { body: draft });
    ids.unshift(created.body.connection.id);
  }
  on = await createSamlTenant(app);
  ids.unshift(on.connectionId);
  await app.api("/connections", { body: { provider: "GITHUB", type: "OAUTH" } });
});
afterAll(async () => app.stop());

const base = "/organizations/-/connections";

async function page(path: string) {
  const { status, body } = await app.api(path);
  return {
    status,
    ids: (body.connections ?? []).map((each: Listed) => each.id) as string[],
    next: body.next_page_token as string,
    prev: body.prev_page_token as string,
    total: body.total_size as number,
  };
}

describe("the list", () => {
  test.each([1, 2, 3, 30])(
    "in pages of %i shows every connection once, newest first, and back",
    async (size) => {
      const forwards = [await page(`${base}?page_size=${size}`)];
      while (forwards.at(-1)?.next)
        forwards.push(await page(`${base}?page_size=${size}&page_token=${forwards.at(-1)?.next}`));
      expect(forwards.flatMap((each) => each.ids)).toEqual(ids);
      expect(new Set(forwards.map((each) => each.total))).toEqual(new Set([ids.length]));
      const backwards = [forwards.at(-1)];
      while (backwards[0]?.prev)
        backwards.unshift(await page(`${base}?page_size=${size}&page_token=${backwards[0].prev}`));
      expect(backwards.map((each) => each?.ids)).toEqual(forwards.map((each) => each.ids));
    },
  );

  test("names each organization, and leaves the environment's own connections out", async () => {
    const { body } = await app.api(base);
    expect(body.connections[1]).toMatchObject({ organization_id: acme, organization_name: "Acme_100%" });
    expect(body.connections[0]).toMatchObject({ id: on.connectionId, domains: [on.domain], enabled: true });
    expect(JSON.stringify(body)).not.toContain("GITHUB");
  });

  test("counts on when connections go, alone or with their organization", async () => {
    const created = await app.api("/organizations", { body: { display_name: "Gone soon" } });
    const path = `/organizations/${created.body.organization.id}`;
    const add = () => app.api(`${path}/connections`, { body: { provider: "OKTA", type: "SAML" } });
    const [first] = await Promise.all([add(), add(), add()]);
    expect((await page(base)).total).toBe(ids.length + 3);
    await app.api(`${path}/connections/${first.body.connection.id}`, { method: "DELETE" });
    expect((await page(base)).total).toBe(ids.length + 2);
    await app.api(path, { method: "DELETE" });
    expect((await page(base)).total).toBe(ids.length);
  });

  test("refuses 31 a page, tokens of other lists, and made-up ones", async () => {
    expect((await page(`${base}?page_size=31`)).status).toBe(400);
    const { next } = await page(`${base}?page_size=1`);
    expect((await page(`${base}:search?page_token=${next}`)).status).toBe(400);
    expect((await page(`${base}?page_token=garbage`)).status).toBe(400);
  });
});

describe("a search", () => {
  const drafts = () => ids.slice(1, 4);
  const found = async (query: string) => (await page(`${base}:search?${query}`)).ids;

  test("without anything finds all", async () => {
    expect(await page(`${base}:search`)).toMatchObject({ ids: ids.slice(0, 10), total: ids.length });
  });

  test("finds the beginning of an id, and names in any letters", async () => {
    const [custom, google, okta] = drafts();
    expect(await found(`query=${custom}`)).toEqual([custom]);
    expect(await found(`query=${acme}`)).toEqual([custom, google, okta]);
    expect(await found("query=HEAD")).toEqual([okta]);
    expect(await found("query=cme_100")).toEqual([custom, google, okta]);
  });

  test("takes signs of patterns as they are written", async () => {
    expect(await found("query=100%25")).toEqual(drafts());
    for (const text of ["%25", "_", "a%25c", "Acme-100", "\\"].map(encodeURIComponent))
      expect(await found(`query=${text}none`)).toEqual([]);
    expect(await found("query=cmeX100")).toEqual([]);
  });

  test("narrows by provider, type, status and switch, all together", async () => {
    const [custom, google, okta] = drafts();
    expect(await found("provider=okta&query=acme")).toEqual([okta]);
    expect(await found("provider=KEYCLOAK")).toEqual([custom]);
    expect(await found("connection_type=OIDC&query=acme")).toEqual([google]);
    expect(await found("status=DRAFT&query=acme")).toEqual(drafts());
    expect(await found("status=COMPLETED&query=acme")).toEqual([]);
    expect(await found(`enabled=true&query=${on.connectionId}`)).toEqual([on.connectionId]);
    expect(await found(`enabled=false&query=${on.connectionId}`)).toEqual([]);
  });

  test("pages with its own tokens only", async () => {
    const first = await page(`${base}:search?query=acme&page_size=2`);
    expect(first).toMatchObject({ ids: drafts().slice(0, 2), total: 3, prev: "" });
    const second = await page(`${base}:search?query=acme&page_size=2&page_token=${first.next}`);
    expect(second).toMatchObject({ ids: drafts().slice(2), next: "", total: 3 });
    expect((await page(`${base}:search?query=other&page_token=${first.next}`)).status).toBe(400);
  });

  test("refuses what the contract does not have", async () => {
    for (const query of [`query=${"x".repeat(101)}`, "status=MOON", "connection_type=99", "query=%00"])
      expect((await page(`${base}:search?${query}`)).status).toBe(400);
  });

  test("counts exactly to 1,000, and no further", async () => {
    const created = await app.api("/organizations", { body: { display_name: "Crowded" } });
    const organization_id: string = created.body.organization.id;
    const now = app.app.now();
    const row = (number: number) => ({
      id: `conn_9${String(number).padStart(17, "0")}`,
      environment_id: app.environmentId,
      organization_id,
      ...{ type: "SAML", provider: "OKTA", status: "DRAFT", created_at: now, updated_at: now },
    });
    const add = (from: number, to: number) =>
      app.app.db
        .insertInto("connections")
        .values(Array.from({ length: to - from }, (_, n) => row(from + n)))
        .execute();
    await add(0, 999);
    expect((await page(`${base}:search?query=crowded`)).total).toBe(999);
    await add(999, 1_002);
    expect((await page(`${base}:search?query=crowded&page_size=30`)).total).toBe(1_000);
    await app.app.db.deleteFrom("organizations").where("id", "=", organization_id).execute();
  });

  test("works on gRPC", async () => {
    const client = rpc(app, ConnectionService);
    const answer = await client.searchOrganizationConnections({
      query: "acme",
      connectionType: ConnectionType.OIDC,
    });
    expect(answer.connections.map((each) => each.id)).toEqual([drafts()[1]]);
    expect((await client.listOrganizationConnections({})).totalSize).toBe(ids.length);
  });
});
