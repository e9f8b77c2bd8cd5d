/** Organizations through the front door: the table of every operation, its refusals, and what it announces. */
import { Code } from "@connectrpc/connect";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { eventTypesSince, lastEventId, type Places, testScenarios } from "../../testing/scenarios.ts";
import { createSamlTenant, samlSignIn } from "../../testing/sign-in.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  const acme = {
    display_name: "Acme",
    external_id: "acme-1",
    slug: "acme",
    logo_url: "https://acme.com/logo.png",
  };
  for (const [name, body] of Object.entries({ acme, globex: { display_name: "Globex" } })) {
    places[name] = (await app.api("/organizations", { body })).body.organization.id;
  }
});
afterAll(async () => app.stop());

/** A validation error that names this field and rule. */
function broken(field: string, constraint: string) {
  const violation = expect.objectContaining({ field, constraint });
  const details = [
    { error_code: "INVALID_ARGUMENT", validation_error_info: { field_violations: [violation] } },
  ];
  return { code: 3, details };
}

const notFound = { code: 5, details: [{ error_code: "ORGANIZATION_NOT_FOUND" }] };

describe("create", () => {
  testScenarios(() => app, places, [
    {
      name: "answers with all that was given and single sign-on switched on",
      request: "POST /organizations",
      body: {
        display_name: "Megasoft",
        external_id: "mega-1",
        slug: "auth.megasoft.com",
        logo_url: "https://logo.debounce.com/microsoft.com",
        metadata: { plan: "gold" },
      },
      status: 201,
      answer: {
        organization: {
          id: expect.stringMatching(/^org_\d{18}$/),
          display_name: "Megasoft",
          region_code: "US",
          external_id: "mega-1",
          slug: "auth.megasoft.com",
          logo_url: "https://logo.debounce.com/microsoft.com",
          metadata: { plan: "gold" },
          settings: { features: [{ name: "sso", enabled: true }] },
          create_time: expect.stringMatching(/^\d{4}-.*Z$/),
          update_time: expect.stringMatching(/^\d{4}-.*Z$/),
        },
      },
      events: ["organization.created"],
    },
    {
      name: "needs a name only, and takes lowerCamelCase",
      request: "POST /organizations",
      body: { displayName: "ACME 株式会社 🏯", regionCode: "EU" },
      status: 201,
      answer: { organization: { display_name: "ACME 株式会社 🏯", region_code: "EU", metadata: {} } },
      events: ["organization.created"],
    },
    {
      name: "refuses an external id that is taken",
      request: "POST /organizations",
      body: { display_name: "Second", external_id: "acme-1" },
      status: 409,
      answer: { code: 6, message: expect.stringContaining("already exists") },
    },
    {
      name: "refuses a slug that is taken",
      request: "POST /organizations",
      body: { display_name: "Second", slug: "acme" },
      status: 409,
      answer: { code: 6, details: [{ error_code: "ORGANIZATION_SLUG_TAKEN" }] },
    },
    {
      name: "takes an empty external id, slug left out, and an empty logo for none",
      request: "POST /organizations",
      body: { display_name: "Plain", external_id: "", logo_url: "" },
      status: 201,
      answer: {
        organization: expect.not.objectContaining({
          external_id: expect.anything(),
          logo_url: expect.anything(),
        }),
      },
      events: ["organization.created"],
    },
    {
      name: "takes a second empty external id: it is none, so it is not taken",
      request: "POST /organizations",
      body: { display_name: "Plain too", external_id: "" },
      status: 201,
      events: ["organization.created"],
    },
  ]);

  const refused: [name: string, body: unknown, field: string, constraint: string][] = [
    ["no name", {}, "organization.display_name", "string.min_len"],
    ["an empty name", { display_name: "" }, "organization.display_name", "string.min_len"],
    [
      "a name of 201 characters",
      { display_name: "x".repeat(201) },
      "organization.display_name",
      "string.max_len",
    ],
    ["NUL in the name", { display_name: "a\0b" }, "organization", "string.storable"],
    [
      "NUL in a metadata key",
      { display_name: "A", metadata: { "pl\0an": "x" } },
      "organization",
      "string.storable",
    ],
    [
      "an external id of 256",
      { display_name: "A", external_id: "x".repeat(256) },
      "organization.external_id",
      "string.max_len",
    ],
    ["an upper-case slug", { display_name: "A", slug: "Acme" }, "organization.slug", "string.pattern"],
    ["a slug with a space", { display_name: "A", slug: "ac me" }, "organization.slug", "string.pattern"],
    [
      "a logo that is no https URL",
      { display_name: "A", logo_url: "javascript:alert(1)" },
      "organization.logo_url",
      "string.uri",
    ],
    [
      "a logo of 1025",
      { display_name: "A", logo_url: `https://a.b/${"x".repeat(1014)}` },
      "organization.logo_url",
      "string.max_len",
    ],
    [
      "a metadata key of 2",
      { display_name: "A", metadata: { ab: "x" } },
      'organization.metadata["ab"]',
      "string.min_len",
    ],
    [
      "a metadata key of 26",
      { display_name: "A", metadata: { ["k".repeat(26)]: "x" } },
      `organization.metadata["${"k".repeat(26)}"]`,
      "string.max_len",
    ],
    [
      "an empty metadata value",
      { display_name: "A", metadata: { plan: "" } },
      'organization.metadata["plan"]',
      "string.min_len",
    ],
    [
      "a metadata value of 257",
      { display_name: "A", metadata: { plan: "x".repeat(257) } },
      'organization.metadata["plan"]',
      "string.max_len",
    ],
    [
      "11 metadata pairs",
      {
        display_name: "A",
        metadata: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`key-${n}`, "x"])),
      },
      "organization.metadata",
      "map.max_pairs",
    ],
  ];
  testScenarios(
    () => app,
    places,
    refused.map(([name, body, field, constraint]) => ({
      name: `refuses ${name}`,
      request: "POST /organizations",
      body,
      status: 400,
      answer: broken(field, constraint),
    })),
  );

  test.each([
    ["text that is no JSON", "{"],
    ["a list", "[]"],
    ["half a surrogate pair", '{"display_name": "a\\ud800b"}'],
    ["a number for a name", '{"display_name": 7}'],
    ["a text for metadata", '{"metadata": "x"}'],
    ["the number of a region that there is not", '{"display_name": "A", "region_code": 999}'],
    ["a region that there is not", '{"display_name": "A", "region_code": "MOON"}'],
  ])("refuses %s with 400", async (_name, body) => {
    const headers = { authorization: `Bearer ${await app.token()}`, "content-type": "application/json" };
    const answer = await fetch(`${app.url}/api/v1/organizations`, { method: "POST", headers, body });
    expect(answer.status).toBe(400);
  });

  test("refuses a body over 1 MiB with 413, and long text below it with 400", async () => {
    const tooLarge = await app.api("/organizations", { body: { display_name: "x".repeat(1_100_000) } });
    expect(tooLarge.status).toBe(413);
    for (const field of ["display_name", "external_id", "slug", "logo_url"]) {
      const noise = Array.from({ length: 60_000 }, () => Math.random().toString(36).slice(2)).join("");
      const answer = await app.api("/organizations", { body: { display_name: "A", [field]: noise } });
      expect({ field, status: answer.status }).toEqual({ field, status: 400 });
    }
  });

  test("keeps a metadata key that JavaScript reserves", async () => {
    const headers = { authorization: `Bearer ${await app.token()}`, "content-type": "application/json" };
    const body = '{"display_name": "A", "metadata": {"__proto__": "x", "constructor": "y"}}';
    const answer = await fetch(`${app.url}/api/v1/organizations`, { method: "POST", headers, body });
    expect(answer.status).toBe(201);
    expect(await answer.text()).toContain('"metadata":{"__proto__":"x","constructor":"y"}');
  });

  test("lets one of two win who create the same external id at once", async () => {
    const body = { display_name: "Race", external_id: "race-1" };
    const answers = await Promise.all([1, 2, 3, 4].map(() => app.api("/organizations", { body })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409, 409, 409]);
  });

  test("shows callers without a token nothing", async () => {
    const answer = await fetch(`${app.url}/api/v1/organizations`);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      code: 16,
      message: "Token empty",
      details: [{ error_code: "UNAUTHENTICATED" }],
    });
  });
});

describe("get", () => {
  testScenarios(() => app, places, [
    {
      name: "answers by id",
      request: "GET /organizations/{acme}",
      status: 200,
      answer: { organization: { id: "{acme}", external_id: "acme-1" } },
    },
    {
      name: "answers by external id",
      request: "GET /organizations:external/acme-1",
      status: 200,
      answer: { organization: { id: "{acme}" } },
    },
    {
      name: "finds no other external id",
      request: "GET /organizations:external/ACME-1",
      status: 404,
      answer: notFound,
    },
    {
      name: "refuses an id beside the external id",
      request: "GET /organizations:external/acme-1?id={acme}",
      status: 400,
      answer: { code: 3 },
    },
    {
      name: "knows no unknown id",
      request: "GET /organizations/org_100000000000000001",
      status: 404,
      answer: notFound,
    },
    {
      name: "refuses an id of another kind",
      request: "GET /organizations/usr_100000000000000001",
      status: 400,
      answer: {
        code: 3,
        details: [{ validation_error_info: { field_violations: [{ field: "id", constraint: "id.kind" }] } }],
      },
    },
    {
      name: "knows no id in other letters",
      request: "GET /organizations/org_%F0%9F%8F%AF",
      status: 404,
      answer: notFound,
    },
    {
      name: "refuses NUL in the path",
      request: "GET /organizations/org_%00",
      status: 400,
      answer: { code: 3 },
    },
    {
      name: "refuses an id of 33",
      request: `GET /organizations/org_${"1".repeat(29)}`,
      status: 400,
      answer: broken("id", "string.max_len"),
    },
    {
      name: "refuses broken percent-encoding",
      request: "GET /organizations/org_%E0%A4%A",
      status: 400,
      answer: { code: 3 },
    },
  ]);

  test("by external id works on gRPC in both ways", async () => {
    const client = rpc(app, OrganizationService);
    const identities = { case: "externalId", value: "acme-1" } as const;
    expect((await client.getOrganization({ identities })).organization?.id).toBe(places.acme);
    expect((await client.getOrganizationByExternalId({ identities })).organization?.id).toBe(places.acme);
    const unnamed = client.getOrganizationByExternalId({
      identities: { case: "id", value: places.acme ?? "" },
    });
    await expect(unnamed).rejects.toMatchObject({
      code: Code.InvalidArgument,
      rawMessage: "ExternalId is required",
    });
    await expect(client.getOrganization({})).rejects.toMatchObject({ code: Code.NotFound });
  });
});

describe("update", () => {
  testScenarios(() => app, places, [
    {
      name: "changes what is given and leaves the rest",
      request: "PATCH /organizations/{acme}",
      body: { display_name: "Acme Corp", metadata: { custom_domain: "id.acme.com" } },
      status: 200,
      answer: {
        organization: {
          display_name: "Acme Corp",
          slug: "acme",
          external_id: "acme-1",
          metadata: { custom_domain: "id.acme.com" },
        },
      },
      events: ["organization.updated"],
    },
    {
      name: "leaves metadata that is sent empty, as SDKs do",
      request: "PATCH /organizations/{acme}",
      body: { metadata: {} },
      status: 200,
      answer: { organization: { metadata: { custom_domain: "id.acme.com" } } },
      events: ["organization.updated"],
    },
    {
      name: "clears slug and logo that are sent empty",
      request: "PATCH /organizations/{acme}",
      body: { slug: "", logo_url: "" },
      status: 200,
      answer: {
        organization: expect.not.objectContaining({ slug: expect.anything(), logo_url: expect.anything() }),
      },
      events: ["organization.updated"],
    },
    {
      name: "takes the slug that became free for another",
      request: "PATCH /organizations/{globex}",
      body: { slug: "acme" },
      status: 200,
      answer: { organization: { slug: "acme" } },
      events: ["organization.updated"],
    },
    {
      name: "refuses an external id that is taken",
      request: "PATCH /organizations/{globex}",
      body: { external_id: "acme-1" },
      status: 409,
      answer: { code: 6, details: [{ error_code: "ORGANIZATION_EXTERNAL_ID_TAKEN" }] },
    },
    {
      name: "refuses an empty name",
      request: "PATCH /organizations/{acme}",
      body: { display_name: "" },
      status: 400,
      answer: broken("organization.display_name", "string.min_len"),
    },
    {
      name: "refuses a logo by http",
      request: "PATCH /organizations/{acme}",
      body: { logo_url: "http://acme.com/l.png" },
      status: 400,
      answer: broken("organization.logo_url", "string.uri"),
    },
    {
      name: "finds no unknown one",
      request: "PATCH /organizations/org_100000000000000001",
      body: { display_name: "X" },
      status: 404,
      answer: notFound,
    },
    {
      name: "ignores an id in the body",
      request: "PATCH /organizations/{acme}",
      body: { id: "{globex}", display_name: "Acme" },
      status: 200,
      answer: { organization: { id: "{acme}", display_name: "Acme" } },
      events: ["organization.updated"],
    },
  ]);

  test("by external id works on gRPC", async () => {
    const client = rpc(app, OrganizationService);
    const identities = { case: "externalId", value: "acme-1" } as const;
    const { organization } = await client.updateOrganization({
      identities,
      organization: { displayName: "By external id" },
    });
    expect(organization).toMatchObject({ id: places.acme, displayName: "By external id" });
  });
});

describe("delete", () => {
  test("ends what hangs on the organization, and users who have no other", async () => {
    const tenant = await createSamlTenant(app);
    await samlSignIn(app, tenant);
    const id = tenant.organizationId;
    const tables = ["domains", "connections", "memberships", "sessions"] as const;
    const count = async (table: (typeof tables)[number]) =>
      (
        await app.app.db
          .selectFrom(table)
          .select("organization_id")
          .where("organization_id", "=", id)
          .execute()
      ).length;
    expect(await Promise.all(tables.map(count))).toEqual([1, 1, 1, 1]);
    const since = await lastEventId(app);
    expect(await app.api(`/organizations/${id}`, { method: "DELETE" })).toEqual({ status: 200, body: {} });
    expect(await eventTypesSince(app, since)).toEqual(["organization.deleted"]);
    expect(await Promise.all(tables.map(count))).toEqual([0, 0, 0, 0]);
    const users = app.app.db.selectFrom("users").select("id").where("email", "=", `ada@${tenant.domain}`);
    expect(await users.execute()).toEqual([]);
    const counts = app.app.db.selectFrom("counters").select("name").where("scope", "=", id);
    expect(await counts.execute()).toEqual([]);
    expect((await app.api(`/organizations/${id}/domains`)).status).toBe(404);
    expect((await app.api(`/connections/${tenant.connectionId}`)).status).toBe(404);
  });

  test("makes external id and slug free again", async () => {
    const body = { display_name: "Again", external_id: "again", slug: "again" };
    const first = await app.api("/organizations", { body });
    await app.api(`/organizations/${first.body.organization.id}`, { method: "DELETE" });
    expect((await app.api("/organizations", { body })).status).toBe(201);
  });

  test("of several at once, one wins and the others find nothing", async () => {
    const { body } = await app.api("/organizations", { body: { display_name: "Twice" } });
    const path = `/organizations/${body.organization.id}`;
    const before = (await app.api("/organizations")).body.total_size;
    const since = await lastEventId(app);
    const token = await app.token();
    const answers = await Promise.all([1, 2, 3, 4].map(() => app.api(path, { method: "DELETE", token })));
    expect(answers.map((answer) => answer.status).sort()).toEqual([200, 404, 404, 404]);
    expect(await eventTypesSince(app, since)).toEqual(["organization.deleted"]);
    expect((await app.api("/organizations")).body.total_size).toBe(before - 1);
  });

  test("by external id works on gRPC", async () => {
    const client = rpc(app, OrganizationService);
    const identities = { case: "externalId", value: "mega-1" } as const;
    await client.deleteOrganization({ identities });
    await expect(client.deleteOrganization({ identities })).rejects.toMatchObject({ code: Code.NotFound });
  });
});
