/** Making, listing and deleting applications of an environment, and rolling their secrets. */

import { Code } from "@connectrpc/connect";
import { ClientSecretStatus, ClientService } from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, type OtherEnvironment, rpc } from "../../testing/callers.ts";
import { signInForTokens } from "../../testing/oauth.ts";
import { type Places, type Scenario, testScenarios, toldSoFar } from "../../testing/scenarios.ts";
import { createSamlTenant, postToken } from "../../testing/sign-in.ts";

let app: TestApp;
let other: OtherEnvironment;
const places: Places = {};

beforeAll(async () => {
  app = await startTestApp();
  other = await createEnvironment(app);
  places.own = app.clientId;
  const made = await app.api("/clients", { body: { name: "Made before", client_type: "WEB_APP" } });
  places.web = made.body.client.id;
  const spa = await app.api("/clients", { body: { name: "In the browser", client_type: "SPA" } });
  places.spa = spa.body.client.id;
});
afterAll(async () => app.stop());

const grant = { grant_type: "client_credentials" };

async function newApp(body: object = {}): Promise<string> {
  const made = await app.api("/clients", { body: { name: "App", client_type: "WEB_APP", ...body } });
  return made.body.client.id;
}

async function newSecretOf(id: string): Promise<{ id: string; plain: string; status: number }> {
  const { status, body } = await app.api(`/clients/${id}/secrets`, { method: "POST" });
  return { status, id: body.secret?.id, plain: body.plain_secret };
}

const tokenFor = (id: string, secret: string, more: Record<string, string> = {}) =>
  postToken(app, { ...grant, client_id: id, client_secret: secret, ...more });

describe("create", () => {
  testScenarios(() => app, places, [
    {
      name: "makes a web application, which starts without a secret and need not use PKCE",
      request: "POST /clients",
      body: {
        name: "Shop",
        client_type: "WEB_APP",
        post_login_uris: ["https://shop.acme.test/cb", "https://{{org_slug}}.acme.test/cb"],
        back_channel_logout_uris: ["https://shop.acme.test/logout"],
        initiate_login_uri: "https://{{org_slug}}.acme.test/login",
        custom_claims: [{ key: "plan", value: "gold" }],
        scopes: ["read"],
      },
      status: 200,
      answer: {
        client: {
          id: expect.stringMatching(/^webc_\d{18}$/),
          name: "Shop",
          client_type: "WEB_APP",
          secrets: [],
          enforce_pkce: false,
          disallow_scalekit_api_access: false,
          custom_claims: [{ key: "plan", value: "gold" }],
          grant_types: ["authorization_code", "refresh_token", "client_credentials"],
          initiate_login_uri: "https://{{org_slug}}.acme.test/login",
        },
      },
    },
    ...(
      [
        ["SPA", "spac"],
        ["NTV", "ntvc"],
      ] as const
    ).map(
      ([type, prefix]): Scenario => ({
        name: `makes a client of type ${type}, which always uses PKCE and gets no token of its own`,
        request: "POST /clients",
        body: { name: "Public", client_type: type, enforce_pkce: false },
        status: 200,
        answer: {
          client: {
            id: expect.stringMatching(new RegExp(`^${prefix}_\\d{18}$`)),
            enforce_pkce: true,
            grant_types: ["authorization_code", "refresh_token"],
          },
        },
      }),
    ),
    {
      name: "makes a further application of type ENV",
      request: "POST /clients",
      body: { name: "Worker", client_type: "ENV", disallow_scalekit_api_access: true },
      status: 200,
      answer: { client: { id: expect.stringMatching(/^skc_/), disallow_scalekit_api_access: true } },
    },
  ]);

  const web = { name: "App", client_type: "WEB_APP" };
  const spa = { name: "App", client_type: "SPA" };
  const refused: [name: string, body: object, field: string][] = [
    ["no name", { client_type: "WEB_APP" }, "client.name"],
    ["no type", { name: "App" }, "client.client_type"],
    ["an unknown type", { name: "App", client_type: "M2M" }, "client.client_type"],
    ["an inherited word as type", { name: "App", client_type: "constructor" }, "client.client_type"],
    ["a name of 129", { ...web, name: "x".repeat(129) }, "client.name"],
    ["a bad redirect URI", { ...web, post_login_uris: ["nowhere"] }, "client.post_login_uris"],
    ["half a label", { ...web, post_login_uris: ["https://a-{{x}}.b.test"] }, "client.post_login_uris"],
    [
      "a wildcard to start at",
      { ...web, initiate_login_uri: "https://*.b.test" },
      "client.initiate_login_uri",
    ],
    ["an app's scheme to start at", { ...web, initiate_login_uri: "app://x" }, "client.initiate_login_uri"],
    [
      "a template that we would call",
      { ...web, back_channel_logout_uris: ["https://b.test/{{org_slug}}"] },
      "client.back_channel_logout_uris",
    ],
    [
      "a logout call to no server",
      { ...spa, back_channel_logout_uris: ["https://b.test/x"] },
      "client.back_channel_logout_uris",
    ],
    ["own tokens for a public one", { ...spa, grant_types: ["client_credentials"] }, "client.grant_types"],
    ["a scope twice", { ...web, scopes: ["a", "a"] }, "client.scopes"],
    ["101 scopes", { ...web, scopes: Array.from({ length: 101 }, (_, n) => `s${n}`) }, "client.scopes"],
    ["a claim without a key", { ...web, custom_claims: [{ value: "x" }] }, "client.custom_claims"],
    [
      "a claim of 513",
      { ...web, custom_claims: [{ key: "a", value: "x".repeat(513) }] },
      "client.custom_claims",
    ],
    ["a lifetime of 59 s", { ...web, access_token_expiry: 59 }, "client.access_token_expiry"],
  ];
  test.each(refused)("refuses %s and makes nothing", async (_, body, field) => {
    const before = (await app.api("/clients")).body.total_size;
    const { status, body: answer } = await app.api("/clients", { body });
    expect({ status, code: answer.code }).toEqual({ status: 400, code: 3 });
    expect(answer.details[0].validation_error_info.field_violations[0].field).toContain(field);
    expect((await app.api("/clients")).body.total_size).toBe(before);
  });
});

describe("list", () => {
  test("pages from the newest to the oldest and back, with the number of all", async () => {
    const ids: string[] = [];
    let page: ApiAnswer["body"] = { next_page_token: "" };
    do {
      page = (await app.api(`/clients?page_size=2&page_token=${page.next_page_token}`)).body;
      ids.push(...page.clients.map((client: { id: string }) => client.id));
    } while (page.next_page_token !== "");
    expect(ids.length).toBe(page.total_size);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).toContain(app.clientId);
    expect(page.prev_page_token).not.toBe("");
  });

  test("can be narrowed to types, and counts only those", async () => {
    const spas = (await app.api("/clients?filter.client_type=SPA&filter.client_type=NTV")).body;
    const types = spas.clients.map((client: { client_type: string }) => client.client_type);
    expect(new Set(types)).toEqual(new Set(["SPA", "NTV"]));
    expect(spas.total_size).toBe(spas.clients.length);
  });

  test("shows the ends of secrets, and never a value", async () => {
    const { clients } = (await app.api("/clients?include_plain_secret=true&page_size=30")).body;
    const own = clients.find((client: { id: string }) => client.id === app.clientId);
    expect(own.secrets[0].secret_suffix).toBe(app.clientSecret.slice(-4));
    expect(JSON.stringify(clients)).not.toContain("plain_secret");
  });

  test.each(["page_size=31", "page_size=-1", "page_token=x", "filter.client_type=M2M"])(
    "refuses %s",
    async (query) => expect((await app.api(`/clients?${query}`)).status).toBe(400),
  );

  test("of another environment, names only its own", async () => {
    const { body } = await other.api("/clients");
    expect(body).toMatchObject({ total_size: 1, clients: [{ id: other.clientId }] });
  });
});

describe("delete", () => {
  testScenarios(() => app, places, [
    {
      name: "refuses the application that came with the environment",
      request: "DELETE /clients/{own}",
      status: 400,
      answer: { code: 9, details: [{ error_code: "DEFAULT_CLIENT" }] },
    },
    { name: "does not know an unknown one", request: "DELETE /clients/webc_100000000000000001", status: 404 },
    {
      name: "does not know an id of another kind",
      request: "DELETE /clients/org_100000000000000001",
      status: 404,
    },
  ]);

  test("ends its tokens and secrets at once, and can be done once", async () => {
    const id = await newApp();
    const secret = await newSecretOf(id);
    const token = (await tokenFor(id, secret.plain)).body.access_token ?? "";
    expect((await app.api("/organizations", { token })).status).toBe(200);
    const before = (await app.api("/clients")).body.total_size;
    const answers = await Promise.all([1, 2, 3].map(() => app.api(`/clients/${id}`, { method: "DELETE" })));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 404, 404]);
    expect((await app.api("/clients")).body.total_size).toBe(before - 1);
    expect((await app.api("/organizations", { token })).status).toBe(401);
    expect((await tokenFor(id, secret.plain)).body.error).toBe("invalid_client");
    expect((await app.api(`/clients/${id}/secrets`, { method: "POST" })).status).toBe(404);
  });

  test("takes its refresh tokens along", async () => {
    const id = await newApp({ post_login_uris: ["https://gone.acme.test/cb"] });
    const { plain } = await newSecretOf(id);
    const tenant = await createSamlTenant(app);
    const { tokens } = await signInForTokens(app, tenant);
    await app.app.db.updateTable("grants").set({ client_id: id }).execute();
    const introspect = async () => {
      const body = new URLSearchParams({
        client_id: app.clientId,
        client_secret: app.clientSecret,
        token: tokens.refresh_token ?? "",
      });
      const answer = await fetch(`${app.url}/oauth/introspect`, { method: "POST", body });
      return ((await answer.json()) as { active: boolean }).active;
    };
    expect(await introspect()).toBe(true);
    await app.api(`/clients/${id}`, { method: "DELETE" });
    expect(await introspect()).toBe(false);
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.refresh_token ?? "" };
    const { body } = await postToken(app, { ...refresh, client_id: id, client_secret: plain });
    expect(body.error).toBe("invalid_client");
  });
});

describe("secrets", () => {
  test("are shown once, work at once, and are not told anywhere else", async () => {
    const id = await newApp();
    const { status, body } = await app.api(`/clients/${id}/secrets`, { method: "POST" });
    expect({ status, body }).toMatchObject({
      status: 201,
      body: {
        plain_secret: expect.stringMatching(/^test_[A-Za-z0-9_-]{43}$/),
        secret: {
          id: expect.stringMatching(/^sks_\d{18}$/),
          status: "ACTIVE",
          created_by: app.clientId,
          plain_secret: body.plain_secret,
          secret_suffix: body.plain_secret.slice(-4),
        },
      },
    });
    expect((await tokenFor(id, body.plain_secret)).status).toBe(200);
    expect(await toldSoFar(app)).not.toContain(body.plain_secret);
    expect(JSON.stringify((await app.api(`/clients/${id}`)).body)).not.toContain(body.plain_secret);
  });

  test("roll over: a second one beside the first, the first off, on, off and deleted", async () => {
    const id = await newApp();
    const first = await newSecretOf(id);
    const second = await newSecretOf(id);
    const works = async (secret: { plain: string }) => (await tokenFor(id, secret.plain)).status === 200;
    expect([await works(first), await works(second)]).toEqual([true, true]);
    const third = await app.api(`/clients/${id}/secrets`, { method: "POST" });
    expect(third).toMatchObject({
      status: 400,
      body: { code: 9, details: [{ error_code: "CLIENT_SECRET_LIMIT" }] },
    });
    const path = `/clients/${id}/secrets/${first.id}`;
    const off = await app.api(path, { method: "PUT", body: { status: "INACTIVE" } });
    expect(off).toMatchObject({ status: 200, body: { secret: { id: first.id, status: "INACTIVE" } } });
    expect([await works(first), await works(second)]).toEqual([false, true]);
    expect((await app.api(path, { method: "PATCH", body: { status: "ACTIVE" } })).status).toBe(200);
    expect(await works(first)).toBe(true);
    await app.api(path, { method: "PATCH", body: { status: "INACTIVE" } });
    const replacement = await newSecretOf(id);
    expect(replacement.status).toBe(201);
    // Switching the old one on again would make three.
    expect((await app.api(path, { method: "PATCH", body: { status: "ACTIVE" } })).body.code).toBe(9);
    expect(await app.api(path, { method: "DELETE" })).toEqual({ status: 200, body: {} });
    expect((await app.api(path, { method: "DELETE" })).body.details[0].error_code).toBe(
      "CLIENT_SECRET_NOT_FOUND",
    );
  });

  test("made by ten at once are two", async () => {
    const id = await newApp();
    const made = await Promise.all(Array.from({ length: 10 }, () => newSecretOf(id)));
    expect(made.map(({ status }) => status).sort()).toEqual([201, 201, ...Array(8).fill(400)]);
    expect((await app.api(`/clients/${id}`)).body.client.secrets).toHaveLength(2);
  });

  test("remember when they were last used", async () => {
    const id = await newApp();
    const { plain } = await newSecretOf(id);
    const lastUsed = async () => (await app.api(`/clients/${id}`)).body.client.secrets[0].last_used_time;
    expect(await lastUsed()).toBeUndefined();
    await tokenFor(id, plain);
    await expect.poll(lastUsed, { interval: 2, timeout: 2000 }).toMatch(/^20/);
  });

  test("of the application that came with the environment do not all go", async () => {
    const secret = (await app.api(`/clients/${app.clientId}`)).body.client.secrets[0].id;
    const path = `/clients/${app.clientId}/secrets/${secret}`;
    for (const request of [{ method: "DELETE" }, { method: "PATCH", body: { status: "INACTIVE" } }]) {
      const { status, body } = await app.api(path, request);
      expect({ status, code: body.details[0].error_code }).toEqual({
        status: 400,
        code: "LAST_CLIENT_SECRET",
      });
    }
    const further = await newSecretOf(app.clientId);
    const both = [path, `/clients/${app.clientId}/secrets/${further.id}`];
    const token = await app.token();
    const answers = await Promise.all(
      both.map((each) => app.api(each, { method: "PATCH", body: { status: "INACTIVE" }, token })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400]);
    for (const each of both) await app.api(each, { method: "PATCH", body: { status: "ACTIVE" }, token });
  });

  testScenarios(() => app, places, [
    {
      name: "are not for clients that anybody can read",
      request: "POST /clients/{spa}/secrets",
      status: 400,
      answer: { code: 9, details: [{ error_code: "CLIENT_HAS_NO_SECRETS" }] },
    },
    {
      name: "are not for unknown clients",
      request: "POST /clients/webc_100000000000000001/secrets",
      status: 404,
    },
    {
      name: "do not change by an unknown word",
      request: "PATCH /clients/{web}/secrets/sks_100000000000000001",
      body: { status: "GONE" },
      status: 400,
    },
    {
      name: "that are unknown do not change",
      request: "PATCH /clients/{web}/secrets/sks_100000000000000001",
      body: { status: "INACTIVE" },
      status: 404,
    },
  ]);

  test("of one client are not another's, and a number that is no status is refused", async () => {
    const id = await newApp();
    const secret = await newSecretOf(id);
    const foreign = `/clients/${places.web}/secrets/${secret.id}`;
    expect((await app.api(foreign, { method: "DELETE" })).status).toBe(404);
    expect((await app.api(foreign, { method: "PATCH", body: { status: "INACTIVE" } })).status).toBe(404);
    const client = rpc(app, ClientService);
    const odd = { clientId: id, secretId: secret.id, secret: { status: 7 as ClientSecretStatus } };
    await expect(client.updateClientSecret(odd)).rejects.toMatchObject({ code: Code.InvalidArgument });
    expect((await tokenFor(id, secret.plain)).status).toBe(200);
  });
});

describe("what a client's settings do", () => {
  test("its tokens carry its claims, and open this API only when they may", async () => {
    const id = await newApp({
      custom_claims: [
        { key: "__proto__", value: "x" },
        { key: "sub", value: "usr_1" },
      ],
    });
    const { plain } = await newSecretOf(id);
    const token = (await tokenFor(id, plain)).body.access_token ?? "";
    const claims = decodeJwt(token);
    expect(claims.sub).toBe(id);
    expect(JSON.stringify(claims.custom_claims)).toBe('{"__proto__":"x","sub":"usr_1"}');
    expect((await app.api("/organizations", { token })).status).toBe(200);
    const closed = await app.api(`/clients/${id}`, {
      method: "PATCH",
      body: { disallow_scalekit_api_access: true },
    });
    expect(closed.body.client.disallow_scalekit_api_access).toBe(true);
    expect((await app.api("/organizations", { token })).status).toBe(401);
  });

  test("a public one keeps to PKCE", async () => {
    const { body } = await app.api(`/clients/${places.spa}`, {
      method: "PATCH",
      body: { enforce_pkce: false },
    });
    expect(body.client.enforce_pkce).toBe(true);
  });

  test("over gRPC as over REST", async () => {
    const client = rpc(app, ClientService);
    const created = await client.createClient({ client: { name: "By gRPC", clientType: "WEB_APP" } });
    const clientId = created.client?.id ?? "";
    const { plainSecret, secret } = await client.createClientSecret({ clientId });
    expect(secret?.plainSecret).toBe(plainSecret);
    const off = { clientId, secretId: secret?.id ?? "", secret: { status: ClientSecretStatus.INACTIVE } };
    expect((await client.updateClientSecret(off)).secret?.status).toBe(ClientSecretStatus.INACTIVE);
    const listed = await client.listClient({ pageSize: 30 });
    expect(listed.clients.map(({ id }) => id)).toContain(clientId);
    await client.deleteClientSecret({ clientId, secretId: secret?.id ?? "" });
    await client.deleteClient({ clientId });
    await expect(client.getClient({ clientId })).rejects.toMatchObject({ code: Code.NotFound });
  });
});
