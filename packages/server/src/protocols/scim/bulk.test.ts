/** Bulk requests: what is read, in which order it can run, and how references become ids. */
import { describe, expect, test } from "vitest";
import { bulkOrder, bulkResponse, circularError, readBulkRequest, resolveOperation } from "./bulk.ts";

const post = (bulkId: string, data: object = {}, path = "/Users") => ({ method: "POST", path, bulkId, data });
const group = (bulkId: string, ...members: string[]) =>
  post(bulkId, { displayName: bulkId, members: members.map((id) => ({ value: `bulkId:${id}` })) }, "/Groups");
const read = (...Operations: unknown[]) => readBulkRequest({ Operations });
/** The one operation of a request, which must be a good one. */
function only(operation: object) {
  const [entry] = read(operation).entries;
  if (entry?.operation === undefined) throw entry?.error;
  return entry.operation;
}

describe("a bulk request", () => {
  test("is read", () => {
    const request = readBulkRequest({
      failOnErrors: 1,
      Operations: [
        { method: "post", path: "/Users", bulkId: "q", data: { userName: "a" } },
        { method: "PUT", path: "/Users/u1", version: 'W/"1"', data: { userName: "b" } },
        { method: "DELETE", path: "/Groups/g1" },
      ],
    });
    expect(request.failOnErrors).toBe(1);
    expect(request.entries.map(({ operation }) => operation)).toEqual([
      {
        method: "POST",
        bulkId: "q",
        endpoint: "Users",
        id: undefined,
        version: undefined,
        data: { userName: "a" },
        needs: [],
      },
      {
        method: "PUT",
        bulkId: undefined,
        endpoint: "Users",
        id: "u1",
        version: 'W/"1"',
        data: { userName: "b" },
        needs: [],
      },
      {
        method: "DELETE",
        bulkId: undefined,
        endpoint: "Groups",
        id: "g1",
        version: undefined,
        data: undefined,
        needs: [],
      },
    ]);
  });

  test.each<[unknown, string]>([
    ["not an object", "invalidSyntax"],
    [{}, "invalidSyntax"],
    [{ Operations: [] }, "invalidSyntax"],
    [{ Operations: [{}], failOnErrors: 0 }, "invalidSyntax"],
    [{ Operations: [{}], failOnErrors: "1" }, "invalidSyntax"],
  ])("is refused: %j", (body, scimType) => {
    expect(() => readBulkRequest(body)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });

  test("is refused with 413 when it has too many operations", () => {
    expect(() => read(...Array(1001).fill({ method: "DELETE", path: "/Users/u" }))).toThrow(
      expect.objectContaining({ status: 413 }),
    );
    expect(read(...Array(1000).fill({ method: "DELETE", path: "/Users/u" })).entries).toHaveLength(1000);
  });

  test.each<[unknown, string]>([
    ["x", "invalidSyntax"],
    [{ method: "GET", path: "/Users/u" }, "invalidSyntax"],
    [{ method: "POST", path: "/Users", data: {} }, "invalidSyntax"],
    [{ method: "POST", path: "/Users", bulkId: "a b", data: {} }, "invalidSyntax"],
    [{ method: "POST", path: "/Users", bulkId: "a" }, "invalidSyntax"],
    [{ method: "POST", path: "/Users/u", bulkId: "a", data: {} }, "invalidPath"],
    [{ method: "DELETE", path: "/Users" }, "invalidPath"],
    [{ method: "DELETE", path: "/Users/../Groups/g" }, "invalidPath"],
    [{ method: "DELETE", path: "https://other.test/Users/u" }, "invalidPath"],
    [{ method: "DELETE", path: "/users/u" }, "invalidPath"],
    [{ method: "DELETE", path: "/Users/u?x" }, "invalidPath"],
  ])("keeps a faulty operation apart: %j", (operation, scimType) => {
    const { entries } = read(operation, post("fine"));
    expect(entries[0]?.error).toMatchObject({ status: 400, scimType });
    expect(entries[1]?.operation).toMatchObject({ bulkId: "fine" });
  });

  test("refuses a bulkId that two operations claim", () => {
    const { entries } = read(post("a"), post("b"), post("a"));
    expect(entries.map(({ error }) => error?.scimType)).toEqual(["invalidValue", undefined, "invalidValue"]);
  });
});

describe("the order", () => {
  test.each<[string, object[], number[], number[]]>([
    ["is that of the request", [post("a"), post("b"), group("g", "a")], [0, 1, 2], []],
    ["puts what is referred to first", [group("g", "b", "a"), post("a"), post("b")], [1, 2, 0], []],
    ["follows chains", [group("g", "h"), group("h", "i"), group("i"), post("x")], [2, 1, 0, 3], []],
    ["finds a circle", [group("g", "h"), group("h", "g"), post("x")], [2], [0, 1]],
    ["finds who waits for a circle", [group("g", "g"), group("h", "g")], [], [0, 1]],
    ["runs what refers to nothing of the request, to be refused then", [group("g", "nobody")], [0], []],
  ])("%s", (_, operations, order, circular) => {
    expect(bulkOrder(read(...operations))).toEqual({ order, circular });
  });

  test("of a chain of 1,000 is found", () => {
    const chain = Array.from({ length: 1000 }, (_, at) =>
      at < 999 ? group(`g${at}`, `g${at + 1}`) : group("g999"),
    );
    const { order, circular } = bulkOrder(read(...chain));
    expect(order).toEqual(Array.from({ length: 1000 }, (_, at) => 999 - at));
    expect(circular).toEqual([]);
  });

  test("leaves a circle with 409", () => {
    expect(circularError().toBody()).toMatchObject({ status: "409" });
  });
});

describe("references", () => {
  const ids = new Map([
    ["a", "diruser_1"],
    ["g", "dirgroup_1"],
  ]);

  test("become ids in the path, the data, and the paths of a PATCH", () => {
    const operation = only({
      method: "PATCH",
      path: "/Groups/bulkId:g",
      data: {
        Operations: [
          { op: "add", path: "members", value: [{ value: "bulkId:a", $ref: "https://x/Users/bulkId:a" }] },
          { op: "remove", path: 'members[value eq "bulkId:a"]' },
          { op: "replace", path: "displayName", value: "about bulkId:a" },
        ],
      },
    });
    expect(operation.needs).toEqual(["g", "a"]);
    expect(resolveOperation(operation, ids)).toMatchObject({
      id: "dirgroup_1",
      data: {
        Operations: [
          { value: [{ value: "diruser_1", $ref: "https://x/Users/diruser_1" }] },
          { path: 'members[value eq "diruser_1"]' },
          { value: "about bulkId:a" },
        ],
      },
      needs: [],
    });
  });

  test("to what was not made are refused with 409", () => {
    const operation = only(group("g2", "nobody"));
    expect(() => resolveOperation(operation, ids)).toThrow(expect.objectContaining({ status: 409 }));
  });
});

test("the answer has statuses as texts and nothing undefined", () => {
  const results = [
    { method: "POST", bulkId: "a", location: "https://x/Users/1", version: 'W/"1"', status: 201 },
    { method: "DELETE", status: 404, bulkId: undefined, response: { detail: "No such user." } },
  ];
  expect(JSON.parse(JSON.stringify(bulkResponse(results)))).toEqual({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],
    Operations: [
      { method: "POST", bulkId: "a", location: "https://x/Users/1", version: 'W/"1"', status: "201" },
      { method: "DELETE", response: { detail: "No such user." }, status: "404" },
    ],
  });
  expect(Object.keys(bulkResponse(results).Operations[1] ?? {})).toEqual(["method", "response", "status"]);
});
