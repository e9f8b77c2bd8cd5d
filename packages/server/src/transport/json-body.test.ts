import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ScimError } from "../protocols/scim/errors.ts";
import { type HttpRequest, type HttpRoute, json } from "./http.ts";
import { readJson } from "./json-body.ts";
import { type Server, send, startServer } from "./testing.ts";

let server: Server;
let seen: HttpRequest | undefined;

async function* parts() {
  yield '{"ok":';
  yield "true}";
}

const routes: HttpRoute[] = [
  ...(["POST", "PUT", "PATCH", "DELETE"] as const).map(
    (method): HttpRoute => ({
      method,
      path: "/documents/:id",
      errors: "scim",
      body: "json",
      bodyLimit: 2000,
      async handle(_ctx, request) {
        seen = request;
        return json(request.body ? readJson(request.body) : null);
      },
    }),
  ),
  {
    method: "GET",
    path: "/parts",
    errors: "scim",
    async handle() {
      return { status: 200, headers: { "content-type": "application/json" }, body: parts() };
    },
  },
  {
    method: "GET",
    path: "/refused/:status",
    errors: "scim",
    async handle(_ctx, { params }) {
      throw new ScimError(
        Number(params.status),
        "Not like this",
        params.status === "409" ? "uniqueness" : undefined,
      );
    },
  },
  {
    method: "GET",
    path: "/bug",
    errors: "scim",
    async handle() {
      throw new Error("the secret reason");
    },
  },
];

beforeAll(async () => {
  server = await startServer({ routes });
});
afterAll(() => server.transport.stop());

function put(body: string | Buffer, type?: string, method = "PUT") {
  // Node gives a DELETE no length by itself.
  const length = { "content-length": String(Buffer.byteLength(body)) };
  const headers = { ...length, ...(type !== undefined && { "content-type": type }) };
  return send(server.port, "/documents/1", { method, headers, body });
}

describe("a route that takes JSON", () => {
  test.each(["PUT", "PATCH", "POST", "DELETE"])("gets it by %s", async (method) => {
    const answer = await put('{"a":1}', "application/scim+json", method);
    expect([answer.status, answer.json, seen?.method]).toEqual([200, { a: 1 }, method]);
  });

  test.each([
    "application/scim+json",
    "application/scim+json; charset=utf-8",
    "application/json",
    "Application/JSON;charset=UTF-8",
    "text/json",
    undefined,
  ])("reads %s", async (type) => {
    expect((await put('{"a":"ä"}', type)).json).toEqual({ a: "ä" });
  });

  test("has no body where none was sent, whatever its type", async () => {
    expect((await put("", "text/html", "DELETE")).status).toBe(200);
    expect(seen?.body ?? "").toBe("");
  });

  test.each([
    ["a form", "a=1", "application/x-www-form-urlencoded", 415, undefined],
    ["XML", "<a/>", "text/xml", 415, undefined],
    ["no type at all", "{}", "nonsense", 415, undefined],
    ["broken JSON", '{"a":', "application/json", 400, "invalidSyntax"],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22]), "application/json", 400, "invalidSyntax"],
    ["too much", `"${"a".repeat(2000)}"`, "application/json", 413, undefined],
    ["what is no JSON however deep", "[".repeat(1900), "application/json", 400, "invalidSyntax"],
  ])("refuses %s", async (_what, body, type, status, scimType) => {
    const answer = await put(body, type);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject({
      schemas: ["urn:ietf:params:scim:api:messages:2.0:Error"],
      status: String(status),
      detail: expect.any(String),
    });
    expect(answer.json.scimType).toBe(scimType);
    expect(answer.headers["content-type"]).toBe("application/scim+json; charset=utf-8");
  });
});

describe("an error of SCIM", () => {
  test.each([
    [409, "uniqueness"],
    [404, undefined],
    [412, undefined],
    [501, undefined],
  ])("%i has its status as text", async (status, scimType) => {
    const answer = await send(server.port, `/refused/${status}`);
    expect([answer.status, answer.json.status, answer.json.scimType]).toEqual([
      status,
      String(status),
      scimType,
    ]);
    expect(answer.json.detail).toBe("Not like this");
  });

  test("401 comes with a challenge", async () => {
    expect((await send(server.port, "/refused/401")).headers["www-authenticate"]).toBe('Bearer realm="scim"');
  });

  test("hides the reason of a bug", async () => {
    const answer = await send(server.port, "/bug");
    expect([answer.status, answer.json.status, answer.text.includes("secret")]).toEqual([500, "500", false]);
  });
});

test("an answer in parts is sent as it comes, and to HEAD not at all", async () => {
  const answer = await send(server.port, "/parts");
  expect([answer.status, answer.json, answer.headers["content-length"]]).toEqual([
    200,
    { ok: true },
    undefined,
  ]);
  expect((await send(server.port, "/parts", { method: "HEAD" })).text).toBe("");
});
