/** Environments of one install: made, named, moved, and found by the Host header in every process. */
import { request as httpRequest } from "node:http";
import { type MessageInitShape, create as message } from "@bufbuild/protobuf";
import { EnvironmentService } from "@gatehouse/contract/scalekit/v1/environments/environments_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { sessionToken } from "../../testing/callers.ts";
import { eventTypesSince, lastEventId, toldSoFar } from "../../testing/scenarios.ts";
import { createSamlTenant } from "../../testing/sign-in.ts";
import { environmentService } from "./rpc.ts";

let app: TestApp;
/** A second server on the same database. */
let second: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  second = await startTestApp({
    DATABASE_URL: app.databaseUrl,
    GATEHOUSE_DATA: app.app.config.dataDir,
    GATEHOUSE_URL: app.url,
  });
});
afterAll(async () => {
  await second.stop();
  await app.stop();
});

const create = (body: object, token?: string) =>
  app.api("/environments", { body, ...(token !== undefined && { token }) });

type Method = keyof typeof EnvironmentService.method;

/** Calls a method as a member of the dashboard. */
async function asMember<M extends Method>(
  method: M,
  input: MessageInitShape<(typeof EnvironmentService.method)[M]["input"]>,
): Promise<never> {
  const handler = environmentService.handlers.get(method);
  const request = message(EnvironmentService.method[method].input, input as object);
  return (await handler?.(app.systemCtx(), request)) as never;
}

/** The issuer that a process names to a request for this host; undefined where none answers. */
async function issuerAt(server: TestApp, host: string): Promise<string | undefined> {
  const { port } = server;
  return new Promise((resolve, reject) => {
    const path = "/.well-known/openid-configuration";
    const request = httpRequest({ host: "127.0.0.1", port, path, headers: { host } }, async (answer) => {
      const chunks: Buffer[] = [];
      for await (const chunk of answer) chunks.push(chunk as Buffer);
      resolve(answer.statusCode === 200 ? JSON.parse(Buffer.concat(chunks).toString()).issuer : undefined);
    });
    request.on("error", reject).end();
  });
}

const hostBelow = (label: string) => `${label}.${new URL(app.url).host}`;

describe("create", () => {
  test("makes one with keys, roles and an application of its own, known to all processes at once", async () => {
    const host = hostBelow("staging-eu");
    expect([await issuerAt(app, host), await issuerAt(second, host)]).toEqual([app.url, app.url]);
    const since = await lastEventId(app);
    const { status, body } = await create({ display_name: "Staging (EU)", region_code: "EU" });
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        environment: {
          id: expect.stringMatching(/^env_\d{18}$/),
          display_name: "Staging (EU)",
          domain: host,
          region_code: "EU",
          type: "DEV",
          custom_domain_status: "INITIAL",
        },
      },
    });
    expect(await eventTypesSince(app, since)).toEqual(["gatehouse.environment.created"]);
    expect(await issuerAt(app, host)).toBe(`http://${host}`);
    await expect.poll(() => issuerAt(second, host)).toBe(`http://${host}`);
    const { id } = body.environment;
    for (const table of ["signing_keys", "roles", "clients"] as const) {
      const query = app.app.db.selectFrom(table).select("id").where("environment_id", "=", id);
      expect((await query.execute()).length).toBeGreaterThan(0);
    }
    // With a second environment there is no "only one" any more that an unknown host could mean.
    expect(await issuerAt(app, "elsewhere.test")).toBeUndefined();
  });

  test("of many with one name each gets an address of its own", async () => {
    const answers = await Promise.all([1, 2, 3].map(() => create({ display_name: "Same" })));
    const domains = answers.map(({ body }) => body.environment.domain).sort();
    expect(domains).toEqual([hostBelow("same"), hostBelow("same-2"), hostBelow("same-3")].sort());
  });

  test("takes an id for an address where the name makes none", async () => {
    const { body } = await create({
      display_name: "株式会社",
      type: "PRD",
      authentication_mode: "MODULAR_AUTH",
    });
    expect(body.environment.domain).toBe(hostBelow(body.environment.id.replace("_", "-")));
    expect(body.environment.type).toBe("PRD");
  });

  test.each([
    ["no name", {}],
    ["an empty name", { display_name: "" }],
    ["a name of 201", { display_name: "x".repeat(201) }],
    ["NUL in the name", { display_name: "a\0" }],
    ["a type that there is not", { display_name: "A", type: 9 }],
    ["a region that there is not", { display_name: "A", region_code: 9 }],
    ["a mode that there is not", { display_name: "A", authentication_mode: 9 }],
  ])("refuses %s", async (_name, body) => {
    expect((await create(body)).status).toBe(400);
  });

  test("is for the first environment's application alone", async () => {
    const [first] = (await app.app.db
      .selectFrom("environments")
      .select("id")
      .where("id", "<>", app.environmentId)
      .limit(1)
      .execute()) as [{ id: string }];
    const ctx = Object.assign(app.systemCtx(first.id), {
      caller: { kind: "CLIENT", clientId: "skc_1" } as const,
    });
    const handler = environmentService.handlers.get("createEnvironment");
    const { input } = EnvironmentService.method.createEnvironment;
    const attempt = handler?.(ctx, message(input, { environment: { displayName: "Mine" } }));
    await expect(attempt).rejects.toMatchObject({ code: "ENVIRONMENT_CREATION_CLOSED" });
    const tenant = await createSamlTenant(app);
    const session = await sessionToken(app, tenant, ["organizations_write"]);
    expect((await create({ display_name: "Mine" }, session)).status).toBe(403);
  });
});

describe("the first credentials", () => {
  const take = (id: string, token?: string) =>
    app.api(`/environments/${id}:first_secret`, { body: {}, ...(token !== undefined && { token }) });

  test("of a new environment are had once, by one of many, and work there alone", async () => {
    const { body } = await create({ display_name: "With credentials" });
    const { id, domain } = body.environment;
    const answers = await Promise.all([1, 2, 3].map(() => take(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 400, 400]);
    const won = answers.find(({ status }) => status === 200)?.body;
    expect(won).toMatchObject({
      environment_url: `http://${domain}`,
      client_id: expect.stringMatching(/^skc_/),
      client_secret: expect.stringMatching(/^test_/),
    });
    const again = await take(id);
    expect(again.body.details[0].error_code).toBe("ENVIRONMENT_SECRET_TAKEN");
    const form = { grant_type: "client_credentials", ...won };
    const here = await fetch(`${app.url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
    expect(here.status).toBe(401);
    expect(await toldSoFar(app)).not.toContain(won.client_secret);
    await asMember("updateEnvironmentDomain", {
      id,
      environment: { domain: `127.0.0.1:${new URL(app.url).port}` },
    });
    const there = app.url.replace("localhost", "127.0.0.1");
    const issued = await fetch(`${there}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
    expect(issued.status).toBe(200);
    const { access_token: token } = (await issued.json()) as { access_token: string };
    const foreign = await create({ display_name: "Not theirs" });
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const refused = await fetch(`${there}/api/v1/environments/${foreign.body.environment.id}:first_secret`, {
      method: "POST",
      headers,
      body: "{}",
    });
    expect(refused.status).toBe(404);
  });

  test("of the first environment stand in a file, and those of none are not there", async () => {
    expect((await take(app.environmentId)).status).toBe(400);
    expect((await take("env_100000000000000001")).status).toBe(404);
  });
});

describe("a member of the dashboard", () => {
  test("sees all, newest first, page by page", async () => {
    const first: { environments: { id: string }[]; nextPageToken: string; totalSize: number } =
      await asMember("listEnvironment", { pageSize: 2 });
    expect(first.environments).toHaveLength(2);
    expect(first.totalSize).toBeGreaterThan(5);
    const rest: typeof first = await asMember("listEnvironment", {
      pageSize: 100,
      pageToken: first.nextPageToken,
    });
    const ids = [...first.environments, ...rest.environments].map(({ id }) => id);
    expect(ids).toEqual([...ids].sort().reverse());
    expect(ids.at(-1)).toBe(app.environmentId);
  });

  test("reads and renames any; its address stays", async () => {
    const { body } = await create({ display_name: "Before" });
    const { id, domain } = body.environment;
    const renamed = await asMember("updateEnvironment", { id, environment: { displayName: "After" } });
    expect(renamed).toMatchObject({ environment: { displayName: "After", domain } });
    expect(await asMember("getEnvironment", { id })).toMatchObject({ environment: { displayName: "After" } });
    const same = await asMember("updateEnvironment", { id, environment: {} });
    expect(same).toMatchObject({ environment: { displayName: "After" } });
    const long = asMember("updateEnvironment", { id, environment: { displayName: "x".repeat(201) } });
    await expect(long).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const unknown = asMember("getEnvironment", { id: "env_1" });
    await expect(unknown).rejects.toMatchObject({ code: "ENVIRONMENT_NOT_FOUND" });
  });

  test("moves one to another address, in all processes, and nothing answers at the former", async () => {
    const { body } = await create({ display_name: "Mover" });
    const { id, domain } = body.environment;
    await expect.poll(() => issuerAt(second, domain)).toBe(`http://${domain}`);
    const moved = await asMember("updateEnvironmentDomain", {
      id,
      environment: { domain: "Moved.example.org" },
    });
    const port = new URL(app.url).port;
    expect(moved).toMatchObject({ environment: { domain: `moved.example.org:${port}` } });
    const issuer = `http://moved.example.org:${port}`;
    expect(await issuerAt(app, `moved.example.org:${port}`)).toBe(issuer);
    await expect.poll(() => issuerAt(second, `moved.example.org:${port}`)).toBe(issuer);
    expect([await issuerAt(app, domain), await issuerAt(second, domain)]).toEqual([undefined, undefined]);
  });

  test("takes no address that another one has, nor what is no host name, nor the first one's", async () => {
    const { body } = await create({ display_name: "Stayer" });
    const { id } = body.environment;
    const set = (domain: string, of = id) =>
      asMember("updateEnvironmentDomain", { id: of, environment: { domain } });
    const taken = set(new URL(app.url).host);
    await expect(taken).rejects.toMatchObject({ code: "ENVIRONMENT_DOMAIN_TAKEN", status: "ALREADY_EXISTS" });
    for (const wrong of ["https://a.b", "a b", "a.b/c"])
      await expect(set(wrong)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    const first = set("a.example.org", app.environmentId);
    await expect(first).rejects.toMatchObject({ code: "ENVIRONMENT_DOMAIN_FIXED" });
    const race = await Promise.allSettled(
      [create({ display_name: "R1" }), create({ display_name: "R2" })].map(async (made) =>
        set("raced.example.org", (await made).body.environment.id),
      ),
    );
    expect(race.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  });
});

test("an application may neither list environments nor rename its own", async () => {
  const own = `/environments/${app.environmentId}`;
  const requests = [
    app.api("/environments"),
    app.api(own),
    app.api(own, { method: "PATCH", body: { display_name: "Mine" } }),
    app.api(`${own}:update`, { method: "PATCH", body: { domain: "mine.example.org" } }),
    app.api(own, { method: "DELETE" }),
  ];
  expect((await Promise.all(requests)).map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
});
