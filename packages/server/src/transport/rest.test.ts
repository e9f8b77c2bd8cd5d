import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bindingsOf, compileTemplate } from "./bindings.ts";
import { contract } from "./contract.ts";
import { compileMethods } from "./methods.ts";
import { as, ownOrganization, type RawAnswer, type Server, send, startServer } from "./testing.ts";

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server.transport.stop());

const json = { "content-type": "application/json" };
const get = (path: string, caller = "client") => send(server.port, path, { headers: as(caller) });
const post = (path: string, body: string, headers = json, method = "POST") =>
  send(server.port, path, { method, headers: as("client", headers), body });

function summary(answer: RawAnswer): unknown[] {
  return [answer.status, answer.json?.code, answer.json?.message];
}

describe("a message", () => {
  test("is created from the body, and answered with proto names, defaults and 201", async () => {
    const answer = await post(
      "/api/v1/organizations",
      '{"displayName":"Acme","unknown":1,"metadata":{"plan":"pro"}}',
    );
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      organization: {
        id: ownOrganization,
        create_time: "2026-01-02T03:04:05.678Z",
        display_name: "Acme",
        region_code: "REGION_CODE_UNSPECIFIED",
        metadata: { plan: "pro" },
      },
    });
  });

  test("takes scalars, optionals and camel-case names from the query, and ignores what it does not know", async () => {
    const snake = await get(
      "/api/v1/organizations?page_size=25&page_token=a%2Bb&external_id=x&foo=1&organizations.id=1",
    );
    expect(snake.json).toMatchObject({
      total_size: 25,
      next_page_token: "a+b",
      organizations: [{ id: "x" }],
    });
    const camel = await get("/api/v1/organizations?pageSize=7&externalId=y");
    expect(camel.json).toMatchObject({ total_size: 7, organizations: [{ id: "y" }] });
  });

  test.each([
    ["a number that is none", "/api/v1/organizations?page_size=abc", /page_size/],
    ["a number below its type", "/api/v1/organizations?page_size=-1", /page_size/],
    ["a parameter twice", "/api/v1/organizations?page_size=1&page_size=2", /page_size is given twice/],
    ["a broken rule", "/api/v1/organizations:search?query=ab", /query/],
    ["U+0000", "/api/v1/organizations?page_token=%00", /page_token/],
    ["a broken percent-encoding", "/api/v1/organizations/%zz", /percent-encoding/],
  ])("with %s is refused with 400", async (_what, path, message) => {
    const answer = await get(path);
    expect(summary(answer)).toEqual([400, 3, expect.stringMatching(message)]);
    expect(answer.json.details[0].error_code).toBe("INVALID_ARGUMENT");
  });

  test.each([
    ["broken JSON", '{"display_name":', /not valid JSON/],
    ["a list for an object", "[1]", /must be a JSON object/],
    ["a number for a text", '{"display_name":5}', /display_name/],
    [
      "an unknown enum name",
      '{"display_name":"x","region_code":"MOON"}',
      /^region_code: value must be one of .*US, EU/,
    ],
    ["one field under both its names", '{"display_name":"x","displayName":"y"}', /multiple times/],
    ["half a surrogate pair", '{"display_name":"\\ud800"}', /^display_name: /],
    ["nothing in it", "", /display_name/],
    ["null", "null", /^organization: value is required/],
  ])("with %s is refused with 400", async (_what, body, message) => {
    expect(summary(await post("/api/v1/organizations", body))).toEqual([
      400,
      3,
      expect.stringMatching(message),
    ]);
  });

  test("names every broken rule by field and rule id", async () => {
    const { json: body } = await post("/api/v1/organizations", '{"display_name":"","slug":"-"}');
    expect(body.details[0]["@type"]).toBe("type.googleapis.com/scalekit.v1.errdetails.ErrorInfo");
    expect(body.details[0].validation_error_info.field_violations).toMatchObject([
      { field: "organization.display_name", constraint: "string.min_len" },
      { field: "organization.slug", constraint: "string.pattern" },
    ]);
  });

  test("does not let a key named __proto__ reach anything", async () => {
    const body = '{"display_name":"x","__proto__":{"id":"y"},"metadata":{"__proto__":"polluted"}}';
    expect((await post("/api/v1/organizations", body)).status).toBeLessThan(500);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("nested deeper than any real one is refused, or ignored with its unknown member", async () => {
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    expect((await post("/api/v1/organizations", `{"display_name":${deep}}`)).status).toBe(400);
    expect((await post("/api/v1/organizations", `{"display_name":"x","other":${deep}}`)).status).toBe(201);
  });
});

describe("a body", () => {
  test("over 1 MiB is 413, announced or in chunks, and the connection stays usable", async () => {
    const big = `{"display_name":"${"x".repeat(1024 * 1024)}"}`;
    expect(summary(await post("/api/v1/organizations", big))).toEqual([
      413,
      3,
      expect.stringMatching(/1048576/),
    ]);
    const chunked = { ...json, "transfer-encoding": "chunked" };
    expect((await post("/api/v1/organizations", big, chunked)).status).toBe(413);
  });

  test("of another type is 415 and says which type to send; without a type it is read as JSON", async () => {
    const form = { "content-type": "application/x-www-form-urlencoded" };
    expect(summary(await post("/api/v1/organizations", "display_name=x", form))).toEqual([
      415,
      3,
      expect.stringMatching(/application\/json/),
    ]);
    expect((await post("/api/v1/organizations", '{"display_name":"x"}', {} as typeof json)).status).toBe(201);
  });
});

describe("a path", () => {
  test("with a verb or a fixed word wins over an id", async () => {
    expect((await get("/api/v1/organizations:search?query=acme")).json.organizations[0].id).toBe("acme");
    expect((await get("/api/v1/organizations:external/ext%2F1")).json.organization.display_name).toBe(
      "externalId ext/1",
    );
    expect(summary(await get("/api/v1/organizations/-/connections"))).toEqual([
      501,
      12,
      expect.stringMatching(/^ListOrganizationConnections /),
    ]);
    expect((await get("/api/v1/organizations/org_1/connections")).json.message).toMatch(/^ListConnections /);
    const enable = await send(server.port, "/api/v1/organizations/org_1/connections/conn_1:enable", {
      method: "PATCH",
      headers: as("client"),
    });
    expect(enable.json.message).toMatch(/^EnableConnection /);
  });

  test.each([
    ["an encoded slash stays in its variable", "/api/v1/organizations/org_a%2Fb", "id org_a/b"],
    ["a percent sign is decoded once", "/api/v1/organizations/org_a%252Fb", "id org_a%2Fb"],
    [
      "a parameter after a semicolon is part of the variable",
      "/api/v1/organizations/org_a;x=1",
      "id org_a;x=1",
    ],
    ["dots name nothing", "/api/v1/organizations/org_..", "id org_.."],
  ])("%s", async (_what, path, name) => {
    expect((await get(path)).json.organization.display_name).toBe(name);
    expect((await send(server.port, path)).status).toBe(401);
  });

  test.each([
    "/API/v1/organizations",
    "/api/v1/Organizations",
    "//api/v1/organizations",
    "/api//v1/organizations",
    "/api/v1/organizations/",
    "/api/v1/organizations//connections",
    "/api/v1/x/../organizations",
    "/api/v1/%2e/organizations",
    "/api/v1/organizations%2F",
    "/api/v1/organizations;x",
    "/api/v1/nothing",
    "/",
  ])("%s is 404 with a token and gives nothing without one", async (path) => {
    expect(summary(await get(path))).toEqual([404, 5, expect.any(String)]);
    expect([401, 404]).toContain((await send(server.port, path)).status);
  });

  test("with another verb is 405 and says which verbs it has", async () => {
    const answer = await post("/api/v1/organizations/org_1", "{}", json, "PUT");
    expect([answer.status, answer.json.code, answer.headers.allow]).toEqual([
      405,
      12,
      "DELETE, GET, HEAD, PATCH",
    ]);
    // The second is one that Fastify refuses by itself when it names no content type.
    for (const method of ["PROPFIND", "QUERY"]) {
      expect((await send(server.port, "/api/v1/organizations", { method })).status).toBe(405);
      expect((await send(server.port, "/api/v1/nothing", { method })).status).toBe(404);
    }
  });

  test("with a colon in the id before a verb is another path, however the colon is written", async () => {
    for (const id of ["a:b", "a%3Ab", "a%3ab"]) {
      const { status, headers } = await post(`/api/v1/secrets/${id}:rotate`, "{}");
      expect([status, headers.allow?.includes("GET"), headers.allow?.includes("POST")]).toEqual([
        405,
        true,
        false,
      ]);
    }
  });

  test("may hold an id of 2,048 characters, and a longer one is refused in words", async () => {
    const path = (length: number) => `/api/v1/organizations:external/${"x".repeat(length)}`;
    expect((await get(path(2048))).status).toBe(200);
    expect(summary(await get(path(2049)))).toEqual([414, 3, expect.any(String)]);
  });
});

describe("a caller", () => {
  test.each([
    [{}, "Token empty"],
    [{ authorization: "" }, "Token empty"],
    [{ authorization: "Bearer" }, "Token empty"],
    [{ authorization: "Basic YTpi" }, 'The Authorization header must be "Bearer <token>"'],
    [{ authorization: "Bearer a b" }, 'The Authorization header must be "Bearer <token>"'],
    [{ authorization: "Bearer wrong" }, "Token invalid"],
  ])("with %j is 401 before the body is looked at", async (headers, message) => {
    const answer = await send(server.port, "/api/v1/organizations", {
      method: "POST",
      headers: { ...json, ...headers } as Record<string, string>,
      body: "{broken",
    });
    expect(summary(answer)).toEqual([401, 16, message]);
    expect(answer.reason).toBe("Unauthorized");
  });

  test("that the method does not admit is 403, one bound to another organization gets 404", async () => {
    expect((await get("/api/v1/organizations", "session")).status).toBe(403);
    expect((await get(`/api/v1/organizations/${ownOrganization}`, "session")).status).toBe(200);
    expect((await get(`/api/v1/organizations/${ownOrganization}`, "portal")).status).toBe(200);
    for (const caller of ["session", "portal"]) {
      expect(summary(await get("/api/v1/organizations/org_other", caller))).toEqual([
        404,
        5,
        "Organization not found",
      ]);
    }
  });
});

describe("an error", () => {
  test("of a rule keeps its code; a bug is INTERNAL without its reason", async () => {
    const missing = await get("/api/v1/organizations/org_missing");
    expect([missing.status, missing.reason, missing.json.code]).toEqual([404, "Not Found", 5]);
    expect(missing.json.details[0]).toMatchObject({
      error_code: "ORGANIZATION_NOT_FOUND",
      request_info: { request_id: missing.headers["x-request-id"] },
    });
    const bug = await get("/api/v1/organizations/org_bug");
    expect(summary(bug)).toEqual([
      500,
      13,
      expect.stringMatching(/^Something failed on our side \(request /),
    ]);
    expect(bug.text).not.toContain("secret reason");
  });

  test("at a host that is no environment's is 404, and does not echo the host", async () => {
    const answer = await send(server.port, "/api/v1/organizations", {
      headers: as("client", { host: "unknown.example" }),
    });
    expect(answer.json.details[0].error_code).toBe("ENVIRONMENT_NOT_FOUND");
    expect(answer.text).not.toContain("unknown.example");
  });
});

test("every answer carries the request id, the client's own when it is well formed, and nosniff", async () => {
  const mine = await send(server.port, "/api/v1/organizations", {
    headers: { "x-request-id": "trace-0001" },
  });
  expect(mine.headers).toMatchObject({ "x-request-id": "trace-0001", "x-content-type-options": "nosniff" });
  const evil = await send(server.port, "/", { headers: { "x-request-id": "<script>alert(1)</script>" } });
  expect(evil.headers["x-request-id"]).toMatch(/^[0-9a-f-]{36}$/);
});

test("HEAD answers as GET does, without the body", async () => {
  const answer = await send(server.port, "/api/v1/organizations/org_1", {
    method: "HEAD",
    headers: as("client"),
  });
  expect([answer.status, answer.text]).toEqual([200, ""]);
  expect(Number(answer.headers["content-length"])).toBeGreaterThan(10);
});

test("every binding of the contract reaches its own method", async () => {
  const methods = compileMethods(contract, []);
  const bindings = bindingsOf(methods);
  const empty = await startServer({ services: [] });
  try {
    for (const { method, verb, template } of bindings) {
      const path = template.replace(/\{\w+\}/g, "x_1").replace("**", "rest/of/it");
      const stranger = await send(empty.port, path, { method: verb });
      const client = await send(empty.port, path, { method: verb, headers: as("client") });
      const member = await send(empty.port, path, { method: verb, headers: as("workspace") });
      const name = `${method.desc.name} is not available on this server`;
      expect([verb, template, ...summary(stranger)]).toEqual(
        method.isPublic ? [verb, template, 501, 12, name] : [verb, template, 401, 16, "Token empty"],
      );
      for (const [answer, bit] of [
        [client, 4],
        [member, 64],
      ] as const) {
        const admitted = method.isPublic || (method.callers & bit) !== 0;
        expect([template, answer.status, answer.json.code]).toEqual([
          template,
          ...(admitted ? [501, 12] : [403, 7]),
        ]);
        if (admitted) expect(answer.json.message).toBe(name);
      }
    }
  } finally {
    await empty.transport.stop();
  }
  expect(methods).toHaveLength(320);
  expect(bindings.length).toBeGreaterThan(methods.length);
}, 60_000);

test("a path template that the contract does not use is refused at start", () => {
  expect(() => compileTemplate("/v1/{name=things/*}")).toThrow("Unknown syntax");
});
