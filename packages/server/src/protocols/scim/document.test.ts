/** Bodies of POST and PUT as directories send them, and what is refused with the name of the attribute. */
import { describe, expect, test } from "vitest";
import { readGroupDocument, readUserDocument } from "./document.ts";
import { ScimError } from "./errors.ts";
import { GROUP_URN } from "./group-schema.ts";
import { ENTERPRISE_URN, USER_URN } from "./user-schema.ts";

const user = (more: object) => readUserDocument({ userName: "ada", ...more });

function refusalOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    if (error instanceof ScimError && error.status === 400) return `${error.scimType}: ${error.detail}`;
    throw error;
  }
  return "";
}

describe("a user", () => {
  test("has the schema's names, whatever case the client wrote", () => {
    expect(
      readUserDocument({
        SCHEMAS: ["x"],
        USERNAME: "Ada",
        Name: { GIVENNAME: "Ada" },
        Emails: [{ VALUE: "a@x", Type: "Work", PRIMARY: true }],
        [ENTERPRISE_URN.toUpperCase()]: { EmployeeNumber: "7", Manager: { Value: "m" } },
      }),
    ).toEqual({
      schemas: [USER_URN, ENTERPRISE_URN],
      userName: "Ada",
      name: { givenName: "Ada" },
      emails: [{ value: "a@x", type: "Work", primary: true }],
      active: true,
      [ENTERPRISE_URN]: { employeeNumber: "7", manager: { value: "m" } },
    });
  });

  test("never takes what only the server says, nor a password", () => {
    const document = user({
      id: "diruser_other",
      meta: { resourceType: "User", version: "1" },
      groups: [{ value: "dirgroup_admins" }],
      Password: "secret",
      [USER_URN]: { password: "secret", id: "x", title: "Dr" },
    });
    expect(document).toEqual({ schemas: [USER_URN], userName: "ada", title: "Dr", active: true });
  });

  test("keeps what no schema knows as it was sent, without nulls", () => {
    const kept = { Colour: "Green", nested: { A: [1, { b: false }] }, empty: "" };
    expect(
      user({ extra: { ...kept, gone: null }, "urn:acme:1.0:User": { Desk: "4B", gone: null } }),
    ).toMatchObject({
      schemas: [USER_URN, "urn:acme:1.0:User"],
      extra: kept,
      "urn:acme:1.0:User": { Desk: "4B" },
    });
  });

  test.each([
    ["active as text", { active: "False" }, { active: false }],
    ["active as null", { active: null }, { active: true }],
    [
      "a primary flag as text",
      { emails: [{ value: "a", primary: "True" }] },
      { emails: [{ value: "a", primary: true }] },
    ],
    [
      "nulls (Entra ID)",
      { addresses: null, title: null, emails: [null, { value: "a", type: null }] },
      { emails: [{ value: "a" }] },
    ],
    ["an empty list", { roles: [], phoneNumbers: [] }, {}],
    ["one object instead of a list", { emails: { value: "a" } }, { emails: [{ value: "a" }] }],
    [
      "bare texts in a list",
      { emails: ["a"], roles: "admin" },
      { emails: [{ value: "a" }], roles: [{ value: "admin" }] },
    ],
    ["a wrapped value (older Entra ID)", { title: [{ value: "Dr" }] }, { title: "Dr" }],
    [
      "a number where text belongs",
      { [ENTERPRISE_URN]: { employeeNumber: 701 } },
      { [ENTERPRISE_URN]: { employeeNumber: "701" } },
    ],
    [
      "manager as text",
      { [ENTERPRISE_URN]: { manager: "m" } },
      { [ENTERPRISE_URN]: { manager: { value: "m" } } },
    ],
    ["manager as empty list", { [ENTERPRISE_URN]: { manager: [] } }, {}],
    ["manager as empty text", { [ENTERPRISE_URN]: { manager: "" } }, {}],
    [
      "manager of OneLogin",
      { [ENTERPRISE_URN]: { manager: { managerId: "m", displayName: "M" } } },
      { [ENTERPRISE_URN]: { manager: { value: "m", managerId: "m", displayName: "M" } } },
    ],
    [
      "a manager's $ref of null",
      { [ENTERPRISE_URN]: { manager: [{ $ref: null, value: "m" }] } },
      { [ENTERPRISE_URN]: { manager: { value: "m" } } },
    ],
    [
      "the misspelt enterprise URN",
      { "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": { department: "D" } },
      { [ENTERPRISE_URN]: { department: "D" } },
    ],
    ["core attributes inside of their URN", { [USER_URN]: { Title: "Dr" } }, { title: "Dr" }],
  ])("may have %s", (_, sent, kept) => {
    const { schemas, userName, ...rest } = user(sent);
    expect(userName).toBe("ada");
    expect(rest).toEqual({ active: true, ...kept });
  });

  test.each([
    ["userName", {}, "userName is required and must be a text that is not empty."],
    ["userName", { userName: "  " }, "userName is required and must be a text that is not empty."],
    ["userName", { userName: { value: "x" } }, "userName must be a text, but is an object."],
    ["active", { userName: "x", active: "yes" }, 'active must be true or false, but is "yes".'],
    ["active", { userName: "x", active: 1 }, "active must be true or false, but is number."],
    ["title", { userName: "x", title: ["a", "b"] }, "title must be a text, but is a list."],
    ["name", { userName: "x", name: "Ada" }, 'name must be an object, but is "Ada".'],
    [
      "name.givenName",
      { userName: "x", name: { GivenName: {} } },
      "name.givenName must be a text, but is an object.",
    ],
    [
      "emails.primary",
      { userName: "x", emails: [{ primary: "no" }] },
      'emails.primary must be true or false, but is "no".',
    ],
    ["emails", { userName: "x", emails: [7] }, "emails must be an object, but is number."],
    [
      "emails",
      {
        userName: "x",
        emails: [
          { value: "a", primary: true },
          { value: "b", primary: "true" },
        ],
      },
      "emails has two values that are primary; one at most may be.",
    ],
    ["the extension", { userName: "x", [ENTERPRISE_URN]: "D" }, `${ENTERPRISE_URN} must be an object.`],
    ["NUL", { userName: "a\0b" }, '"a\\u0000b" holds a NUL character.'],
    ["half a character", { userName: "x", title: "\ud800" }, '"\\ud800" holds half of a character.'],
  ])("is refused for %s", (_, body, detail) => {
    expect(refusalOf(() => readUserDocument(body))).toBe(`invalidValue: ${detail}`);
  });

  test("is refused when it could do harm", () => {
    const polluting = JSON.parse('{"userName": "x", "extra": {"__proto__": {"admin": true}}}');
    expect(refusalOf(() => readUserDocument(polluting))).toBe(
      "invalidValue: __proto__ is not allowed as an attribute name.",
    );
    let deep: object = {};
    for (let level = 0; level < 10; level += 1) deep = { deep };
    expect(refusalOf(() => user({ deep }))).toBe("invalidSyntax: The document is over 10 levels deep.");
    expect(refusalOf(() => user({ many: Array(20_000).fill(1) }))).toBe(
      "invalidSyntax: The document has too many values.",
    );
    for (const body of [null, [], "x", 1, undefined]) {
      expect(refusalOf(() => readUserDocument(body))).toBe("invalidSyntax: The body must be a JSON object.");
    }
  });
});

describe("a group", () => {
  test("keeps its members apart", () => {
    const body = {
      displayName: "Admins",
      externalId: "e",
      Members: [{ value: "u1", display: "Ada", $ref: null }, "u2", { Value: "u1" }],
    };
    expect(readGroupDocument(body)).toEqual({
      document: { schemas: [GROUP_URN], displayName: "Admins", externalId: "e" },
      members: ["u1", "u2"],
    });
  });

  test.each([
    ["nothing", {}, undefined],
    ["null", { members: null }, []],
    ["an empty list", { members: [] }, []],
    ["one object", { members: { value: "u1" } }, ["u1"]],
    [
      "a group, which is not kept",
      {
        members: [
          { value: "g1", type: "Group" },
          { value: "u1", type: "User" },
        ],
      },
      ["u1"],
    ],
  ])("may say of members %s", (_, sent, members) => {
    expect(readGroupDocument({ displayName: "A", ...sent }).members).toEqual(members);
  });

  test.each([
    [{}, "displayName is required and must be a text that is not empty."],
    [{ displayName: "A", members: [{}] }, "A member needs a value, the id of a user as text."],
    [{ displayName: "A", members: [{ value: 7 }] }, "A member needs a value, the id of a user as text."],
    [{ displayName: "A", members: [7] }, "A member must be an object with a value."],
  ])("is refused: %j", (body, detail) => {
    expect(refusalOf(() => readGroupDocument(body))).toBe(`invalidValue: ${detail}`);
  });

  test("of 50,000 members is read", () => {
    const members = Array.from({ length: 50_000 }, (_, at) => ({ value: `u${at}` }));
    expect(readGroupDocument({ displayName: "All", members }).members).toHaveLength(50_000);
  });
});
