/** The machine clients of an organization: what may be said of them, their secrets, and where they can be seen. */

import { Code } from "@connectrpc/connect";
import { ClientService } from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { type Places, testScenarios, toldSoFar } from "../../testing/scenarios.ts";
import { postToken } from "../../testing/sign-in.ts";

let app: TestApp;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  places.acme = await newOrganization("Acme");
  places.globex = await newOrganization("Globex");
  const made = await newClient({ name: "Made before", scopes: ["read"] });
  places.client = made.body.client.client_id;
  places.own = app.clientId;
});
afterAll(async () => app.stop());

async function newOrganization(name: string): Promise<string> {
  const { body } = await app.api("/organizations", { body: { display_name: name } });
  return body.organization.id;
}

const newClient = (body: object = { name: "Robot" }): Promise<ApiAnswer> =>
  app.api(`/organizations/${places.acme}/clients`, { body });

const notFound = { code: 5, details: [{ error_code: "ORGANIZATION_CLIENT_NOT_FOUND" }] };
const noOrganization = { code: 5, details: [{ error_code: "ORGANIZATION_NOT_FOUND" }] };
const unknown = "m2morg_100000000000000001";

describe("create", () => {
  testScenarios(() => app, places, [
    {
      name: "makes a client with its first secret",
      request: "POST /organizations/{acme}/clients",
      body: {
        name: "Deploy robot",
        description: "Ships things",
        scopes: ["deploy:applications", "read:deployments"],
        audience: ["deployment-api.acme-corp.com"],
        custom_claims: [{ key: "environment", value: "production_eu" }],
        expiry: 7200,
      },
      status: 201,
      answer: {
        plain_secret: expect.stringMatching(/^test_[A-Za-z0-9_-]{43}$/),
        client: {
          client_id: expect.stringMatching(/^m2morg_\d{18}$/),
          organization_id: "{acme}",
          name: "Deploy robot",
          description: "Ships things",
          scopes: ["deploy:applications", "read:deployments"],
          audience: ["deployment-api.acme-corp.com"],
          custom_claims: [{ key: "environment", value: "production_eu" }],
          expiry: "7200",
          is_dcr: false,
          secrets: [{ id: expect.stringMatching(/^sks_\d{18}$/), status: "ACTIVE" }],
        },
      },
    },
    {
      name: "needs nothing said of it, and then gives tokens of an hour",
      request: "POST /organizations/{acme}/clients",
      body: {},
      status: 201,
      answer: { client: { name: "", scopes: [], audience: [], custom_claims: [], expiry: "3600" } },
    },
    {
      name: "does not know an unknown organization",
      request: "POST /organizations/org_100000000000000001/clients",
      body: { name: "Robot" },
      status: 404,
      answer: noOrganization,
    },
    {
      name: "refuses an organization that is none",
      request: "POST /organizations/usr_100000000000000001/clients",
      body: { name: "Robot" },
      status: 400,
    },
  ]);

  const refused: [name: string, body: object, field: string][] = [
    ["a name of 129", { name: "x".repeat(129) }, "client.name"],
    ["a description of 513", { description: "x".repeat(513) }, "client.description"],
    ["299 s", { expiry: 299 }, "client.expiry"],
    ["more than 30 days", { expiry: 2_592_001 }, "client.expiry"],
    ["a negative lifetime", { expiry: -3600 }, "client.expiry"],
    ["a lifetime of 64 bits", { expiry: "9223372036854775807" }, "client.expiry"],
    ["a scope with a space", { scopes: ["read write"] }, "client.scopes"],
    ["an empty scope", { scopes: [""] }, "client.scopes"],
    ["an audience twice", { audience: ["a", "a"] }, "client.audience"],
    ["an empty audience", { audience: [""] }, "client.audience"],
    ["a key of 129", { custom_claims: [{ key: "x".repeat(129), value: "" }] }, "client.custom_claims"],
    ["NUL in a value", { custom_claims: [{ key: "x", value: "a\0" }] }, "client"],
  ];
  test.each(refused)("refuses %s", async (_, body, field) => {
    const before = (await app.api(`/organizations/${places.acme}/clients`)).body.total_size;
    const { status, body: answer } = await newClient(body);
    expect({ status, code: answer.code }).toEqual({ status: 400, code: 3 });
    expect(answer.details[0].validation_error_info.field_violations[0].field).toContain(field);
    expect((await app.api(`/organizations/${places.acme}/clients`)).body.total_size).toBe(before);
  });

  test("takes the shortest and the longest lifetime, and any script of name", async () => {
    for (const expiry of [300, 2_592_000]) {
      const { status, body } = await newClient({ expiry, name: "機械 🤖" });
      expect({ status, client: body.client }).toMatchObject({
        status: 201,
        client: { expiry: String(expiry), name: "機械 🤖" },
      });
    }
  });
});

describe("get, update and delete", () => {
  testScenarios(() => app, places, [
    {
      name: "get shows the client without a secret's value",
      request: "GET /organizations/{acme}/clients/{client}",
      status: 200,
      answer: { client: { client_id: "{client}", name: "Made before", organization_id: "{acme}" } },
    },
    {
      name: "update changes what is given",
      request: "PATCH /organizations/{acme}/clients/{client}",
      body: { description: "Changed", custom_claims: [{ key: "a", value: "1" }], expiry: 600 },
      status: 200,
      answer: { client: { name: "Made before", description: "Changed", scopes: ["read"], expiry: "600" } },
    },
    {
      name: "update replaces claims, and leaves what is sent empty",
      request: "PATCH /organizations/{acme}/clients/{client}",
      body: { name: "", scopes: [], expiry: 0, custom_claims: [{ key: "b", value: "2" }] },
      status: 200,
      answer: {
        client: {
          name: "Made before",
          scopes: ["read"],
          expiry: "600",
          custom_claims: [{ key: "b", value: "2" }],
        },
      },
    },
    {
      name: "update refuses what create refuses",
      request: "PATCH /organizations/{acme}/clients/{client}",
      body: { expiry: 299 },
      status: 400,
    },
    ...["GET", "PATCH", "DELETE"].flatMap((method) => [
      {
        name: `${method} does not know an unknown client`,
        request: `${method} /organizations/{acme}/clients/${unknown}`,
        ...(method === "PATCH" && { body: { name: "X" } }),
        status: 404,
        answer: notFound,
      },
      {
        name: `${method} does not know it in another organization`,
        request: `${method} /organizations/{globex}/clients/{client}`,
        ...(method === "PATCH" && { body: { name: "X" } }),
        status: 404,
        answer: notFound,
      },
      {
        name: `${method} does not know an unknown organization`,
        request: `${method} /organizations/org_100000000000000001/clients/{client}`,
        ...(method === "PATCH" && { body: { name: "X" } }),
        status: 404,
        answer: noOrganization,
      },
      {
        name: `${method} refuses an application's id`,
        request: `${method} /organizations/{acme}/clients/{own}`,
        ...(method === "PATCH" && { body: { name: "X" } }),
        status: 400,
      },
      {
        name: `${method} among applications does not know it`,
        request: `${method} /clients/{client}`,
        ...(method === "PATCH" && { body: { name: "X" } }),
        status: 404,
      },
    ]),
  ]);

  test("delete works once, and the count follows", async () => {
    const { client_id: id } = (await newClient()).body.client;
    const path = `/organizations/${places.acme}/clients`;
    const before = (await app.api(path)).body.total_size;
    const answers = await Promise.all([1, 2, 3].map(() => app.api(`${path}/${id}`, { method: "DELETE" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect(answers.find(({ status }) => status === 200)?.body).toEqual({});
    expect((await app.api(path)).body.total_size).toBe(before - 1);
  });
});

describe("list", () => {
  test("pages through an organization's own, newest first", async () => {
    const organization = await newOrganization("Paged");
    const path = `/organizations/${organization}/clients`;
    const ids: string[] = [];
    for (const name of ["one", "two", "three"]) {
      ids.unshift((await app.api(path, { body: { name } })).body.client.client_id);
    }
    const idsOf = (page: ApiAnswer) => page.body.clients.map((each: { client_id: string }) => each.client_id);
    const first = await app.api(`${path}?page_size=2`);
    const second = await app.api(`${path}?page_size=2&page_token=${first.body.next_page_token}`);
    expect([...idsOf(first), ...idsOf(second)]).toEqual(ids);
    expect(second.body).toMatchObject({ total_size: 3, next_page_token: "" });
    const back = await app.api(`${path}?page_size=2&page_token=${second.body.prev_page_token}`);
    expect(idsOf(back)).toEqual(ids.slice(0, 2));
    expect(first.body.clients[0].secrets).toHaveLength(1);
    const elsewhere = `/organizations/${places.acme}/clients?page_token=${first.body.next_page_token}`;
    expect((await app.api(elsewhere)).status).toBe(400);
  });

  test("does not know an unknown organization, and shows none among the applications", async () => {
    expect((await app.api("/organizations/org_100000000000000001/clients")).status).toBe(404);
    const { clients } = (await app.api("/clients?page_size=30")).body;
    expect(clients.map((client: { id: string }) => client.id)).toEqual([app.clientId]);
  });
});

describe("secrets", () => {
  const grant = { grant_type: "client_credentials" };

  test("are up to five, also when ten are made at once", async () => {
    const { client_id: id } = (await newClient()).body.client;
    const path = `/organizations/${places.acme}/clients/${id}/secrets`;
    const made = await Promise.all(Array.from({ length: 10 }, () => app.api(path, { method: "POST" })));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, ...Array(6).fill(400)]);
    const refused = made.find(({ status }) => status === 400)?.body;
    expect(refused).toMatchObject({ code: 9, details: [{ error_code: "CLIENT_SECRET_LIMIT" }] });
    const plain = made.flatMap(({ body }) => (body.plain_secret ? [body.plain_secret] : []));
    for (const secret of plain) {
      expect((await postToken(app, { ...grant, client_id: id, client_secret: secret })).status).toBe(200);
    }
    expect(new Set(plain).size).toBe(4);
  });

  test("go one by one, the last one too, which ends the issue of tokens", async () => {
    const { client, plain_secret: plain } = (await newClient()).body;
    const path = `/organizations/${places.acme}/clients/${client.client_id}/secrets`;
    const ask = async () =>
      (await postToken(app, { ...grant, client_id: client.client_id, client_secret: plain })).body.error;
    expect(await ask()).toBeUndefined();
    const only = `${path}/${client.secrets[0].id}`;
    expect(await app.api(only, { method: "DELETE" })).toEqual({ status: 200, body: {} });
    expect(await ask()).toBe("invalid_client");
    expect((await app.api(only, { method: "DELETE" })).body.details[0].error_code).toBe(
      "CLIENT_SECRET_NOT_FOUND",
    );
    const further = await app.api(path, { method: "POST" });
    const again = { ...grant, client_id: client.client_id, client_secret: further.body.plain_secret };
    expect((await postToken(app, again)).status).toBe(200);
  });

  test("of another client or organization are not there", async () => {
    const { client } = (await newClient()).body;
    const secret = client.secrets[0].id;
    for (const path of [
      `/organizations/${places.acme}/clients/${places.client}/secrets/${secret}`,
      `/organizations/${places.globex}/clients/${client.client_id}/secrets/${secret}`,
      `/organizations/${places.acme}/clients/${client.client_id}/secrets/sks_100000000000000001`,
      `/clients/${client.client_id}/secrets/${secret}`,
    ]) {
      expect({ path, status: (await app.api(path, { method: "DELETE" })).status }).toEqual({
        path,
        status: 404,
      });
    }
    const foreign = `/organizations/${places.globex}/clients/${client.client_id}/secrets`;
    expect((await app.api(foreign, { method: "POST" })).status).toBe(404);
  });

  test("and their hashes are told to nobody", async () => {
    const { client, plain_secret: plain } = (await newClient()).body;
    const shown = await app.api(`/organizations/${places.acme}/clients/${client.client_id}`);
    const { hash } = await app.app.db
      .selectFrom("client_secrets")
      .select("hash")
      .where("client_id", "=", client.client_id)
      .executeTakeFirstOrThrow();
    for (const text of [JSON.stringify(shown.body), await toldSoFar(app)]) {
      for (const secret of [plain, hash.toString("hex"), hash.toString("base64")]) {
        expect(text).not.toContain(secret);
      }
    }
  });
});

test("over gRPC as over REST", async () => {
  const service = rpc(app, ClientService);
  const organizationId = places.acme ?? "";
  const { client, plainSecret } = await service.createOrganizationClient({
    organizationId,
    client: { name: "By gRPC", expiry: 300n },
  });
  expect(plainSecret).toMatch(/^test_/);
  const clientId = client?.clientId ?? "";
  const named = { organizationId, clientId };
  expect((await service.getOrganizationClient(named)).client?.expiry).toBe(300n);
  const updated = await service.updateOrganizationClient({ ...named, client: { audience: ["api"] } });
  expect(updated.client?.audience).toEqual(["api"]);
  const { secret } = await service.createOrganizationClientSecret(named);
  await service.deleteOrganizationClientSecret({ ...named, secretId: secret?.id ?? "" });
  await service.deleteOrganizationClient(named);
  await expect(service.getOrganizationClient(named)).rejects.toMatchObject({ code: Code.NotFound });
  const wrong = service.getOrganizationClient({ organizationId, clientId: app.clientId });
  await expect(wrong).rejects.toMatchObject({ code: Code.InvalidArgument });
});
