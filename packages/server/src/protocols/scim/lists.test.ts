/** Queries for lists, by URL and by `.search`, and the envelope of the answer. */
import { describe, expect, test } from "vitest";
import { ScimError } from "./errors.ts";
import { type ListParameters, listResponse, readListQuery, readSearchRequest } from "./lists.ts";
import { WHOLE } from "./projection.ts";
import { ENTERPRISE_URN, USER_SCOPE } from "./user-schema.ts";

const query = (parameters: ListParameters) => readListQuery(parameters, USER_SCOPE);
const refusalOf = (parameters: ListParameters) => {
  try {
    query(parameters);
  } catch (error) {
    if (error instanceof ScimError) return [error.status, error.scimType];
    throw error;
  }
  return undefined;
};

test("a query without parameters asks for the first 100, complete and unsorted", () => {
  const page = { by: "index", startIndex: 1, count: 100 };
  expect(query({})).toEqual({ filter: undefined, sort: undefined, page, projection: WHOLE });
  expect(query({ filter: " ", sortBy: "", startIndex: "", count: "", attributes: "" })).toEqual(query({}));
});

test.each<[ListParameters, object]>([
  [
    { startIndex: "0", count: "-1" },
    { by: "index", startIndex: 1, count: 0 },
  ],
  [
    { startIndex: "-7", count: "0" },
    { by: "index", startIndex: 1, count: 0 },
  ],
  [
    { startIndex: "201", count: "100000" },
    { by: "index", startIndex: 201, count: 200 },
  ],
  [
    { startIndex: 3, count: 50 },
    { by: "index", startIndex: 3, count: 50 },
  ],
  [{ cursor: "" }, { by: "cursor", cursor: "", count: 100 }],
  [
    { cursor: "aZ0-._~", count: "1000", startIndex: "5" },
    { by: "cursor", cursor: "aZ0-._~", count: 200 },
  ],
])("pages: %j", (parameters, page) => {
  expect(query(parameters).page).toEqual(page);
});

test.each<[ListParameters, object]>([
  [{ sortBy: "USERNAME" }, { path: { attribute: "userName" }, descending: false }],
  [
    { sortBy: "name.familyName", sortOrder: "Descending" },
    { path: { attribute: "name", subAttribute: "familyName" }, descending: true },
  ],
  [{ sortBy: "emails" }, { path: { attribute: "emails", subAttribute: "value" }, descending: false }],
  [
    { sortBy: `${ENTERPRISE_URN}:department` },
    { path: { schema: ENTERPRISE_URN, attribute: "department" }, descending: false },
  ],
  [
    { sortBy: "custom", sortOrder: "ascending" },
    { path: { attribute: "custom" }, definition: undefined, descending: false },
  ],
])("sorts: %j", (parameters, sort) => {
  expect(query(parameters).sort).toMatchObject(sort);
});

test.each<[ListParameters, string]>([
  [{ startIndex: "one" }, "invalidValue"],
  [{ startIndex: 1.5 }, "invalidValue"],
  [{ count: "1e3" }, "invalidValue"],
  [{ count: "9".repeat(30) }, "invalidValue"],
  [{ cursor: "a b" }, "invalidCursor"],
  [{ cursor: "x".repeat(1025) }, "invalidCursor"],
  [{ cursor: "", count: "0" }, "invalidCount"],
  [{ sortBy: "userName", sortOrder: "up" }, "invalidValue"],
  [{ sortBy: "name" }, "invalidPath"],
  [{ sortBy: "x509Certificates" }, "invalidPath"],
  [{ sortBy: "a b" }, "invalidPath"],
  [{ filter: "userName eq" }, "invalidFilter"],
])("refuses: %j", (parameters, scimType) => {
  expect(refusalOf(parameters)).toEqual([400, scimType]);
});

test("a filter whose value was encoded twice finds both forms", () => {
  expect(query({ filter: 'userName eq "a%40x"' }).filter).toMatchObject({ kind: "or" });
});

describe("a SearchRequest", () => {
  test("asks what a URL can ask", () => {
    const body = {
      schemas: ["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],
      ...{ attributes: ["displayName", "userName"], excludedAttributes: null },
      ...{ filter: 'displayName sw "s"', sortBy: "userName", sortOrder: "descending" },
      ...{ startIndex: 1, count: 10 },
    };
    const asked = readSearchRequest(body);
    expect(query(asked)).toEqual(
      query({
        ...asked,
        attributes: "displayName,userName",
        startIndex: "1",
        count: "10",
        excludedAttributes: undefined,
      }),
    );
    expect(readSearchRequest({ Cursor: "" })).toMatchObject({ cursor: "" });
  });

  test.each([
    [[], "invalidSyntax"],
    [{ filter: 7 }, "invalidValue"],
    [{ count: true }, "invalidValue"],
    [{ attributes: 7 }, "invalidValue"],
    [{ excludedAttributes: {} }, "invalidValue"],
  ])("is refused: %j", (body, scimType) => {
    expect(() => readSearchRequest(body)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });
});

test("a ListResponse has counters and a list even when it is empty", () => {
  expect(listResponse({ totalResults: 0, resources: [], startIndex: 1 })).toEqual({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    ...{ totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] },
  });
  expect(
    listResponse({ totalResults: 3, resources: [{}, {}], nextCursor: "n", previousCursor: undefined }),
  ).toEqual({
    schemas: ["urn:ietf:params:scim:api:messages:2.0:ListResponse"],
    ...{ totalResults: 3, itemsPerPage: 2, nextCursor: "n", Resources: [{}, {}] },
  });
});
