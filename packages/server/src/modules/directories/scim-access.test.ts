/** Who is let in to a directory's SCIM server, and what everybody else is told. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment } from "../../testing/callers.ts";
import { createScimClient, type ScimClient } from "../../testing/scim.ts";
import * as directories from "./directories.ts";
import * as secrets from "./secrets.ts";
import * as switching from "./switching.ts";

let app: TestApp;
let idp: ScimClient;
let other: ScimClient;
beforeAll(async () => {
  app = await startTestApp();
  idp = await createScimClient(app);
  other = await createScimClient(app);
});
afterAll(() => app.stop());

const ERROR = "urn:ietf:params:scim:api:messages:2.0:Error";
const everywhere = [
  "/Users",
  "/Users/diruser_1",
  "/Groups",
  "/Schemas",
  "/ResourceTypes",
  "/Me",
  "/nowhere",
  "",
];

const as = (authorization: string) => ({ authorization });

describe("a token", () => {
  test.each([
    ["that was made up", () => "Bearer non-token"],
    ["of another directory", () => `Bearer ${other.token}`],
    ["in another scheme", () => `Basic ${btoa(`x:${idp.token}`)}`],
    ["that is empty", () => "Bearer "],
    ["with something behind it", () => `Bearer ${idp.token} ${idp.token}`],
    ["of the management API", async () => `Bearer ${await app.token()}`],
    ["that is none", () => ""],
  ])("%s is 401 in SCIM's words, with a challenge", async (_what, authorization) => {
    for (const path of everywhere) {
      const answer = await idp.send("GET", path, undefined, as(await authorization()));
      expect([answer.status, answer.body.schemas, answer.body.status], path).toEqual([401, [ERROR], "401"]);
      expect(answer.body.detail).not.toBe("");
      expect(answer.headers.get("www-authenticate")).toBe('Bearer realm="scim"');
      expect(answer.headers.get("content-type")).toBe("application/scim+json; charset=utf-8");
    }
  });

  test("is asked for before the body is judged", async () => {
    const answer = await idp.send("POST", "/Users", "{", as("Bearer non-token"));
    expect(answer.status).toBe(401);
  });

  test("may be named by the scheme in any case", async () => {
    for (const scheme of ["bearer", "BEARER"])
      expect((await idp.send("GET", "/Users", undefined, as(`${scheme} ${idp.token}`))).status).toBe(200);
  });

  test("that was replaced or has expired is 401; two may live at once", async () => {
    const client = await createScimClient(app);
    const ctx = app.systemCtx();
    const { organizationId, directory } = client;
    const late = new Date(app.app.now().getTime() + 60_000);
    const { plain: second } = await secrets.create(ctx, organizationId, directory.id, late);
    const status = async (token: string) =>
      (await client.send("GET", "/Users", undefined, as(`Bearer ${token}`))).status;
    expect([await status(client.token), await status(second)]).toEqual([200, 200]);
    app.advance(61);
    expect([await status(client.token), await status(second)]).toEqual([200, 401]);
    const { plain: third } = await secrets.regenerate(ctx, organizationId, directory.id);
    expect([await status(client.token), await status(third)]).toEqual([401, 200]);
  });
});

describe("a directory", () => {
  test("that is unknown is 404, with any token and none", async () => {
    for (const id of ["dir_1", "x", "a%00b", "a".repeat(300), "%2e%2e"]) {
      for (const token of [idp.token, "x"]) {
        const answer = await fetch(`${app.url}/directory/${id}/scim/v2/Users`, {
          headers: as(`Bearer ${token}`),
        });
        expect([400, 404], id).toContain(answer.status);
      }
    }
    const answer = await fetch(`${app.url}/directory/dir_1/scim/v2/Users`);
    expect([answer.status, ((await answer.json()) as { schemas: string[] }).schemas]).toEqual([404, [ERROR]]);
  });

  test("of another environment is 404", async () => {
    const environment = await createEnvironment(app);
    const url = `${environment.url}/directory/${idp.directory.id}/scim/v2/Users`;
    const answer = await fetch(url, { headers: as(`Bearer ${idp.token}`) });
    expect(answer.status).toBe(404);
  });

  test("that is disabled is 403 until it is enabled; deleted it is 404", async () => {
    const client = await createScimClient(app);
    const { organizationId, directory } = client;
    const ctx = app.systemCtx();
    const [id] = await client.users("kept@acme.test");
    await switching.disable(ctx, organizationId, directory.id);
    for (const [method, path, body] of [
      ["GET", `/Users/${id}`],
      ["POST", "/Users", { userName: "late@acme.test" }],
      ["DELETE", `/Users/${id}`],
    ] as const) {
      const answer = await client.send(method, path, body);
      expect([answer.status, answer.body.schemas, answer.body.status]).toEqual([403, [ERROR], "403"]);
      expect(answer.body.detail).toContain("disabled");
    }
    await switching.enable(ctx, organizationId, directory.id);
    expect((await client.send("GET", `/Users/${id}`)).status).toBe(200);
    await switching.disable(ctx, organizationId, directory.id);
    await directories.delete(ctx, organizationId, directory.id);
    expect((await client.send("GET", `/Users/${id}`)).status).toBe(404);
  });

  test("that is being set up takes people in and tells nobody", async () => {
    const client = await createScimClient(app);
    const { organizationId, directory } = client;
    const ctx = app.systemCtx();
    const state = { enabled: false, status: "DRAFT" as const };
    await switching.update(ctx, organizationId, directory.id, { name: "Okta", state });
    await client.events();
    const [id = ""] = await client.users("early@acme.test");
    await client.group("Early", [id]);
    expect(await client.events()).toEqual([]);
    expect((await directories.get(ctx, organizationId, directory.id)).status).toBe("IN_PROGRESS");
    await switching.enable(ctx, organizationId, directory.id);
    const types = (await client.events()).map(({ type }) => type);
    expect(types).toContain("organization.directory.user_created");
  });
});

describe("a path", () => {
  test.each(["GET", "POST", "PUT", "PATCH", "DELETE"])("that is unknown is 404 to %s", async (method) => {
    for (const path of [
      "/nowhere",
      "/users",
      "/Users/",
      "//Users",
      "/Users/x/y",
      "/Users;x=1",
      "",
      "/Bulk/x",
    ]) {
      const answer = await idp.send(method, path, method === "GET" ? undefined : {});
      expect([answer.status, answer.body.schemas], path).toEqual([404, [ERROR]]);
    }
  });

  test.each([
    ["PUT", "/Users", "GET, HEAD, POST"],
    ["DELETE", "/Groups", "GET, HEAD, POST"],
    ["POST", "/Groups/dirgroup_1", "DELETE, GET, HEAD, PATCH, PUT"],
    ["GET", "/Bulk", "POST"],
    ["POST", "/Schemas", "GET, HEAD"],
  ])("that takes no %s %s is 405", async (method, path, allow) => {
    const answer = await idp.send(method, path, method === "GET" ? undefined : {});
    expect([answer.status, answer.headers.get("allow"), answer.body.schemas]).toEqual([405, allow, [ERROR]]);
  });

  test("/Me is 501", async () => {
    for (const method of ["GET", "PATCH"])
      expect((await idp.send(method, "/Me", method === "GET" ? undefined : {})).status).toBe(501);
  });
});

describe("a body", () => {
  test.each([
    ["text/xml", "<User/>"],
    ["application/x-www-form-urlencoded", "userName=x"],
    ["multipart/form-data; boundary=x", "--x--"],
    ["application/octet-stream", "x"],
  ])("of the type %s is 415", async (type, body) => {
    const answer = await idp.send("POST", "/Users", body, { "content-type": type });
    expect([answer.status, answer.body.schemas, answer.body.status]).toEqual([415, [ERROR], "415"]);
  });

  test.each(["application/scim+json; charset=utf-8", "application/json", "text/json"])(
    "of %s is read",
    async (type) => {
      const answer = await idp.send(
        "POST",
        "/Users",
        { userName: type },
        { "content-type": type, accept: "*/*" },
      );
      expect([answer.status, answer.headers.get("content-type")]).toEqual([
        201,
        "application/scim+json; charset=utf-8",
      ]);
    },
  );
});

test("requests are logged by their path, with an id that the answer names, and never with a token", async () => {
  const answer = await idp.send("GET", "/Users?count=1", undefined, { "x-request-id": "scim-request-1" });
  expect(answer.headers.get("x-request-id")).toBe("scim-request-1");
  await expect
    .poll(() => app.logged.find(({ requestId }) => requestId === "scim-request-1"))
    .toMatchObject({
      method: "GET",
      path: `/directory/${idp.directory.id}/scim/v2/Users`,
      status: 200,
    });
  expect(JSON.stringify(app.logged)).not.toContain(idp.token);
});

describe("limits", () => {
  test("are those of the API, for each directory", async () => {
    const limited = await startTestApp({ GATEHOUSE_LIMITS: "on", GATEHOUSE_LIMIT_API_PER_CLIENT: "5" });
    try {
      const [one, two] = [await createScimClient(limited), await createScimClient(limited)];
      const statuses: number[] = [];
      for (let at = 0; at < 6; at++) statuses.push((await one.send("GET", "/Users")).status);
      expect(statuses).toEqual([200, 200, 200, 200, 200, 429]);
      const refused = await one.send("GET", "/Users");
      expect([refused.body.status, refused.headers.get("retry-after")]).toEqual([
        "429",
        expect.stringMatching(/^\d+$/),
      ]);
      expect((await two.send("GET", "/Users")).status).toBe(200);
    } finally {
      await limited.stop();
    }
  });
});
