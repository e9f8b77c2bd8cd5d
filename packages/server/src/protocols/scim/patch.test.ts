/** PATCH of a user in every dialect of spec 4.7, and what is refused. */
import { describe, expect, test } from "vitest";
import { readUserDocument } from "./document.ts";
import { ScimError } from "./errors.ts";
import { GROUP_SCOPE, GROUP_URN } from "./group-schema.ts";
import type { JsonObject } from "./json.ts";
import { patchDocument } from "./patch.ts";
import { readPatchRequest } from "./patch-request.ts";
import { ENTERPRISE_URN, USER_SCOPE, USER_URN } from "./user-schema.ts";

const ada = readUserDocument({
  userName: "ada",
  externalId: "e1",
  title: "Dr",
  name: { givenName: "Ada", familyName: "King" },
  emails: [
    { value: "ada@x", type: "work", primary: true },
    { value: "ada@home", type: "home" },
  ],
  [ENTERPRISE_URN]: { department: "Math", manager: { value: "m1", displayName: "M" } },
});

function patch(...operations: object[]) {
  const request = { schemas: ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], Operations: operations };
  return patchDocument(ada, readPatchRequest(request), { scope: USER_SCOPE, id: "diruser_1" });
}

/** What differs from the document before: undefined for what is gone. */
function changesOf(...operations: object[]): Record<string, unknown> {
  const { document, changed } = patch(...operations);
  const keys = new Set([...Object.keys(ada), ...Object.keys(document)]);
  const differing = [...keys].filter((key) => JSON.stringify(ada[key]) !== JSON.stringify(document[key]));
  expect(changed).toBe(differing.length > 0);
  return Object.fromEntries(differing.filter((key) => key !== "schemas").map((key) => [key, document[key]]));
}

const [work, home] = ada.emails as [JsonObject, JsonObject];
const enterprise = ada[ENTERPRISE_URN] as JsonObject;
const workPath = 'emails[type eq "work"].value';

describe("a user's PATCH", () => {
  test.each<[string, object, object]>([
    ["Okta: path-less replace", { op: "replace", value: { active: false } }, { active: false }],
    ["Okta: password is dropped", { op: "replace", value: { password: "x" } }, {}],
    ["Entra ID: capitals and texts", { op: "Replace", path: "active", value: "False" }, { active: false }],
    [
      "Entra ID: value wrapped in a list",
      { op: "Add", path: "title", value: [{ value: "Prof" }] },
      { title: "Prof" },
    ],
    [
      "Entra ID: sets the matching element",
      { op: "Add", path: workPath, value: "new@x" },
      { emails: [{ type: "work", primary: true, value: "new@x" }, home] },
    ],
    [
      "Entra ID: makes the missing element",
      { op: "Replace", path: 'emails[type eq "other"].value', value: "o@x" },
      { emails: [work, home, { type: "other", value: "o@x" }] },
    ],
    [
      "Entra ID: makes it in a missing attribute",
      { op: "Add", path: 'phoneNumbers[type eq "mobile"].value', value: "1" },
      { phoneNumbers: [{ type: "mobile", value: "1" }] },
    ],
    [
      "Entra ID: makes an address",
      { op: "Add", path: 'addresses[type eq "work"].streetAddress', value: "1 Main St" },
      { addresses: [{ type: "work", streetAddress: "1 Main St" }] },
    ],
    [
      "Entra ID: a role that is primary as text",
      { op: "Add", path: 'roles[primary eq "True"].value', value: "admin" },
      { roles: [{ primary: true, value: "admin" }] },
    ],
    ["Entra ID: clears by empty text", { op: "Replace", path: "title", value: "" }, { title: undefined }],
    [
      "Entra ID: clears an element by empty text",
      { op: "Replace", path: workPath, value: "" },
      { emails: [home] },
    ],
    [
      "Entra ID: enterprise attribute",
      { op: "Add", path: `${ENTERPRISE_URN}:department`, value: "Physics" },
      { [ENTERPRISE_URN]: { ...enterprise, department: "Physics" } },
    ],
    [
      "Entra ID: manager as text",
      { op: "Add", path: `${ENTERPRISE_URN}:manager`, value: "m2" },
      { [ENTERPRISE_URN]: { department: "Math", manager: { value: "m2" } } },
    ],
    [
      "Entra ID: manager as list",
      { op: "Replace", path: `${ENTERPRISE_URN}:manager`, value: [{ $ref: null, value: "m2" }] },
      { [ENTERPRISE_URN]: { department: "Math", manager: { value: "m2" } } },
    ],
    [
      "Entra ID: no manager",
      { op: "Replace", path: `${ENTERPRISE_URN}:manager`, value: "" },
      { [ENTERPRISE_URN]: { department: "Math" } },
    ],
    [
      "Entra ID: custom attribute",
      { op: "Add", path: "extension_1a2b_size", value: "9" },
      { extension_1a2b_size: "9" },
    ],
    [
      "Entra ID: custom extension",
      { op: "Add", path: "urn:acme:1.0:User:desk", value: "4B" },
      { "urn:acme:1.0:User": { desk: "4B" } },
    ],
    [
      "Entra ID with its flag: dotted and qualified keys",
      {
        op: "replace",
        value: {
          "name.givenName": "Augusta",
          [`${ENTERPRISE_URN}:department`]: "Physics",
          [workPath]: "new@x",
          active: true,
        },
      },
      {
        name: { familyName: "King", givenName: "Augusta" },
        [ENTERPRISE_URN]: { ...enterprise, department: "Physics" },
        emails: [{ type: "work", primary: true, value: "new@x" }, home],
      },
    ],
    [
      "an extension as an object, merged",
      { op: "add", value: { [ENTERPRISE_URN]: { costCenter: "7" } } },
      { [ENTERPRISE_URN]: { ...enterprise, costCenter: "7" } },
    ],
    [
      "an extension as the path",
      { op: "replace", path: ENTERPRISE_URN, value: { division: "D" } },
      { [ENTERPRISE_URN]: { ...enterprise, division: "D" } },
    ],
    ["an extension removed", { op: "remove", path: ENTERPRISE_URN }, { [ENTERPRISE_URN]: undefined }],
    [
      "the core schema as the path",
      { op: "replace", path: USER_URN, value: { title: "Prof" } },
      { title: "Prof" },
    ],
    [
      "a qualified core attribute",
      { op: "replace", path: `${USER_URN}:userName`, value: "ada2" },
      { userName: "ada2" },
    ],
    [
      "names in another case",
      { op: "REPLACE", path: "NAME.FAMILYNAME", value: "K" },
      { name: { givenName: "Ada", familyName: "K" } },
    ],
    [
      "a complex value, merged",
      { op: "replace", path: "name", value: { familyName: "K" } },
      { name: { givenName: "Ada", familyName: "K" } },
    ],
    [
      "a null member of a complex value",
      { op: "replace", value: { name: { familyName: null } } },
      { name: { givenName: "Ada" } },
    ],
    [
      "a sub-attribute of a missing attribute",
      { op: "add", path: "extra.colour", value: "red" },
      { extra: { colour: "red" } },
    ],
    [
      "a whole plural attribute",
      { op: "replace", path: "emails", value: [{ value: "n@x" }] },
      { emails: [{ value: "n@x" }] },
    ],
    ["a plural attribute emptied", { op: "replace", path: "emails", value: [] }, { emails: undefined }],
    [
      "another element",
      { op: "add", path: "emails", value: [{ value: "n@x" }] },
      { emails: [work, home, { value: "n@x" }] },
    ],
    [
      "another element that is the primary one",
      { op: "add", path: "emails", value: { value: "n@x", primary: "true" } },
      { emails: [{ ...work, primary: false }, home, { value: "n@x", primary: true }] },
    ],
    [
      "more about an element that is there",
      { op: "add", path: "emails", value: [{ value: "ada@home", type: "Home", display: "H" }] },
      { emails: [work, { ...home, type: "Home", display: "H" }] },
    ],
    [
      "one element replaced",
      { op: "replace", path: 'emails[type eq "home"]', value: { value: "n@x" } },
      { emails: [work, { type: "home", value: "n@x" }] },
    ],
    [
      "one element made primary",
      { op: "replace", path: 'emails[type eq "home"].primary', value: true },
      {
        emails: [
          { ...work, primary: false },
          { ...home, primary: true },
        ],
      },
    ],
    ["one element removed", { op: "remove", path: 'emails[value eq "ADA@X"]' }, { emails: [home] }],
    [
      "elements removed by value",
      { op: "remove", path: "emails", value: [{ value: "ada@x" }] },
      { emails: [home] },
    ],
    ["all elements removed", { op: "remove", path: "emails" }, { emails: undefined }],
    [
      "a value without filter goes to the primary element",
      { op: "replace", path: "emails.value", value: "n@x" },
      { emails: [{ type: "work", primary: true, value: "n@x" }, home] },
    ],
    ["a single value removed", { op: "remove", path: "name.familyName" }, { name: { givenName: "Ada" } }],
    ["null without path", { op: "replace", value: { title: null } }, { title: undefined }],
    ["externalId", { op: "replace", path: "externalId", value: "e2" }, { externalId: "e2" }],
    [
      "values of a list that no schema knows",
      { op: "add", path: "badges", value: ["a", "b"] },
      { badges: ["a", "b"] },
    ],
  ])("%s", (_, operation, changes) => {
    expect(changesOf(operation)).toEqual(changes);
  });

  test.each<[string, object]>([
    ["the same value", { op: "replace", path: "title", value: "Dr" }],
    ["a value that is there", { op: "add", path: "emails", value: [{ value: "ada@x", type: "work" }] }],
    ["removal of what is absent", { op: "remove", path: "nickName" }],
    ["removal of an absent element", { op: "remove", path: 'emails[type eq "other"]' }],
    ["removal of an absent extension", { op: "remove", path: "urn:acme:1.0:User:desk" }],
    ["clearing what is absent", { op: "Replace", path: 'phoneNumbers[type eq "fax"].value', value: "" }],
    ["adding nothing", { op: "add", path: "title", value: null }],
    ["its own id", { op: "replace", value: { id: "diruser_1", schemas: [USER_URN], meta: {}, groups: [] } }],
    [
      "another order of members",
      { op: "replace", path: "emails", value: [{ type: "work", primary: true, value: "ada@x" }, home] },
    ],
    ["a removal by an empty list", { op: "remove", path: "emails", value: [] }],
  ])("changes nothing: %s", (_, operation) => {
    const { document, changed } = patch(operation);
    expect(changed).toBe(false);
    expect(document).toBe(ada);
  });

  test("is applied in order, and the document before stays as it was", () => {
    const before = structuredClone(ada);
    const operations = [
      { op: "add", path: "nickName", value: "A" },
      { op: "replace", path: "nickName", value: "B" },
      { op: "remove", path: "title" },
    ];
    expect(changesOf(...operations)).toEqual({ nickName: "B", title: undefined });
    expect(ada).toEqual(before);
  });

  test("keeps schemas in step with the extensions", () => {
    expect(patch({ op: "remove", path: ENTERPRISE_URN }).document.schemas).toEqual([USER_URN]);
    expect(patch({ op: "add", path: "urn:acme:1.0:User:desk", value: "4B" }).document.schemas).toContain(
      "urn:acme:1.0:User",
    );
  });
});

test("a group is renamed in Okta's way, with its id", () => {
  const group = { schemas: [GROUP_URN], displayName: "Old" };
  const operations = readPatchRequest({
    Operations: [{ op: "replace", value: { id: "dirgroup_1", displayName: "New" } }],
  });
  const target = { scope: GROUP_SCOPE, id: "dirgroup_1" };
  expect(patchDocument(group, operations, target).document).toEqual({ ...group, displayName: "New" });
});

describe("a PATCH is refused", () => {
  test.each<[string, object, string]>([
    ["no element to change", { op: "replace", path: 'emails[value co "zzz"].value', value: "x" }, "noTarget"],
    [
      "an element that only not describes",
      { op: "add", path: 'emails[not (type eq "work" or type eq "home")].value', value: "x" },
      "noTarget",
    ],
    ["another id", { op: "replace", path: "id", value: "diruser_2" }, "mutability"],
    ["another id without path", { op: "replace", value: { id: "diruser_2" } }, "mutability"],
    ["groups", { op: "add", path: "groups", value: [{ value: "dirgroup_admins" }] }, "mutability"],
    ["meta", { op: "replace", path: "meta.created", value: "2020-01-01T00:00:00Z" }, "mutability"],
    ["userName removed", { op: "remove", path: "userName" }, "mutability"],
    ["userName cleared", { op: "replace", path: "userName", value: "" }, "invalidValue"],
    ["a wrong type", { op: "replace", path: "active", value: "perhaps" }, "invalidValue"],
    [
      "a wrong type in an element",
      { op: "add", path: "emails", value: [{ primary: "perhaps" }] },
      "invalidValue",
    ],
    [
      "two primary elements",
      {
        op: "replace",
        path: "emails",
        value: [
          { value: "a", primary: true },
          { value: "b", primary: true },
        ],
      },
      "invalidValue",
    ],
    ["a value without path that is no object", { op: "replace", value: "x" }, "invalidValue"],
    ["no value without path", { op: "add" }, "invalidValue"],
    ["a bad path", { op: "replace", path: "a..b", value: "x" }, "invalidPath"],
    ["a bad filter", { op: "replace", path: "emails[type like 1].value", value: "x" }, "invalidFilter"],
    ["the core schema removed", { op: "remove", path: USER_URN }, "noTarget"],
    ["an extension that is text", { op: "replace", path: ENTERPRISE_URN, value: "x" }, "invalidValue"],
  ])("%s", (_, operation, scimType) => {
    expect(() => patch(operation)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });

  test.each<[string, unknown, string]>([
    ["no object", [], "invalidSyntax"],
    ["no operations", {}, "invalidSyntax"],
    ["an empty list", { Operations: [] }, "invalidSyntax"],
    ["an operation that is none", { Operations: ["add"] }, "invalidSyntax"],
    ["no op", { Operations: [{ path: "title", value: "x" }] }, "invalidSyntax"],
    ["an unknown op", { Operations: [{ op: "move", path: "title" }] }, "invalidSyntax"],
    ["a path that is no text", { Operations: [{ op: "add", path: 7, value: "x" }] }, "invalidPath"],
    ["a remove without path", { Operations: [{ op: "remove" }] }, "noTarget"],
    [
      "too many operations",
      { Operations: Array(5001).fill({ op: "remove", path: "title" }) },
      "invalidSyntax",
    ],
    [
      "too deep a value",
      { Operations: [{ op: "add", path: "x", value: JSON.parse(`${"[".repeat(12)}${"]".repeat(12)}`) }] },
      "invalidSyntax",
    ],
  ])("%s", (_, body, scimType) => {
    expect(() => readPatchRequest(body)).toThrow(expect.objectContaining({ status: 400, scimType }));
  });

  test("all or nothing: an error in the last operation leaves the document alone", () => {
    const before = structuredClone(ada);
    expect(() => patch({ op: "remove", path: "title" }, { op: "remove", path: "userName" })).toThrow(
      ScimError,
    );
    expect(ada).toEqual(before);
  });
});

test("operations are read in small letters and with the wrong name of the list", () => {
  expect(readPatchRequest({ operations: [{ OP: "ADD", Path: null, Value: { a: 1 } }] })).toEqual([
    { op: "add", path: undefined, value: { a: 1 } },
  ]);
});
