import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient, type ScimClient } from "../../testing/scim.ts";

let app: TestApp;
let idp: ScimClient;
beforeAll(async () => {
  app = await startTestApp();
  idp = await createScimClient(app);
});
afterAll(() => app.stop());

const bulk = (operations: object[], more: object = {}) =>
  idp.send("POST", "/Bulk", {
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],
    Operations: operations,
    ...more,
  });
const statuses = (answer: { body: { Operations: { status: string }[] } }) =>
  answer.body.Operations.map(({ status }) => status);
const post = (bulkId: string, userName: string) => ({
  method: "POST",
  path: "/Users",
  bulkId,
  data: { userName },
});

describe("a bulk request", () => {
  test("makes a group of the people that it makes, in whatever order", async () => {
    const answer = await bulk([
      {
        method: "POST",
        path: "/Groups",
        bulkId: "g",
        data: { displayName: "Bulk", members: [{ value: "bulkId:a" }, { value: "bulkId:b" }] },
      },
      post("a", "bulk-a"),
      post("b", "bulk-b"),
    ]);
    expect([answer.status, answer.body.schemas]).toEqual([
      200,
      ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
    ]);
    const [group, one] = answer.body.Operations;
    expect(one).toEqual({
      method: "POST",
      bulkId: "a",
      location: expect.stringContaining(`${idp.base}/Users/diruser_`),
      version: 'W/"1"',
      status: "201",
    });
    const { body } = await idp.send("GET", group.location.slice(idp.base.length));
    expect(body.members).toHaveLength(2);
  });

  test("changes and deletes, each only in the expected version", async () => {
    const [id = ""] = await idp.users("bulk-change");
    const patch = (title: string, version: string) => ({
      method: "PATCH",
      path: `/Users/${id}`,
      version,
      data: { Operations: [{ op: "replace", path: "title", value: title }] },
    });
    const answer = await bulk([
      patch("one", 'W/"1"'),
      patch("two", 'W/"1"'),
      { method: "PUT", path: `/Users/${id}`, data: { userName: "bulk-change" } },
      { method: "DELETE", path: `/Users/${id}` },
      { method: "DELETE", path: `/Users/${id}` },
    ]);
    expect(statuses(answer)).toEqual(["200", "412", "200", "204", "404"]);
    expect(answer.body.Operations[1].response).toMatchObject({ status: "412", detail: expect.any(String) });
  });

  test("goes on after errors, or stops after as many as it says", async () => {
    await idp.users("bulk-taken");
    const operations = [
      post("1", "bulk-1"),
      post("2", "BULK-TAKEN"),
      {
        method: "POST",
        path: "/Groups",
        bulkId: "3",
        data: { displayName: "x", members: [{ value: "diruser_1" }] },
      },
      {
        method: "PATCH",
        path: "/Users/diruser_1",
        data: { Operations: [{ op: "replace", path: "bulkId:2" }] },
      },
      { method: "GET", path: "/Users" },
      post("4", "bulk-4"),
    ];
    const first = await bulk(operations);
    expect(statuses(first)).toEqual(["201", "409", "400", expect.stringMatching(/^40[49]$/), "400", "201"]);
    const again = await bulk(operations, { failOnErrors: 2 });
    expect(statuses(again)).toEqual(["409", "409"]);
  });

  test("with a circle fails there, and the rest is done", async () => {
    const group = (bulkId: string, member: string) => ({
      method: "POST",
      path: "/Groups",
      bulkId,
      data: { displayName: bulkId, members: [{ value: `bulkId:${member}` }] },
    });
    const answer = await bulk([group("c1", "c2"), group("c2", "c1"), post("c3", "bulk-circle")]);
    expect(statuses(answer)).toEqual(["409", "409", "201"]);
  });

  test.each([
    ["no operations", { Operations: [] }, 400],
    ["no list", { Operations: {} }, 400],
    ["1,001 operations", { Operations: Array.from({ length: 1_001 }, (_, at) => post(`${at}`, "x")) }, 413],
    ["over 1 MiB", { Operations: [post("1", "a".repeat(1_100_000))] }, 413],
    ["failOnErrors of text", { Operations: [post("1", "x")], failOnErrors: "all" }, 400],
  ])("with %s is refused", async (_what, body, status) => {
    const answer = await idp.send("POST", "/Bulk", body);
    expect([answer.status, answer.body.status]).toEqual([status, String(status)]);
  });
});

describe("discovery", () => {
  test("says without a token what the server can do", async () => {
    const answer = await fetch(`${idp.base}/ServiceProviderConfig`);
    expect(answer.headers.get("content-type")).toBe("application/scim+json; charset=utf-8");
    expect(await answer.json()).toMatchObject({
      patch: { supported: true },
      bulk: { supported: true, maxOperations: 1_000, maxPayloadSize: 1_048_576 },
      filter: { supported: true, maxResults: 200 },
      sort: { supported: true },
      etag: { supported: true },
      changePassword: { supported: false },
      authenticationSchemes: [{ type: "oauthbearertoken", primary: true }],
      meta: { resourceType: "ServiceProviderConfig", location: `${idp.base}/ServiceProviderConfig` },
    });
    const unknown = idp.base.replace(idp.directory.id, "dir_1");
    expect((await fetch(`${unknown}/ServiceProviderConfig`)).status).toBe(404);
  });

  test.each(["/Schemas", "/ResourceTypes"])("%s lists what each address answers", async (path) => {
    const { body } = await idp.send("GET", path);
    expect(body.totalResults).toBe(body.Resources.length);
    for (const resource of body.Resources) {
      const answer = await idp.send("GET", resource.meta.location.slice(idp.base.length));
      expect(answer.body).toEqual(resource);
    }
    expect((await idp.send("GET", `${path}?filter=id%20pr`)).status).toBe(403);
    expect((await idp.send("GET", `${path}/nothing`)).status).toBe(404);
  });
});
