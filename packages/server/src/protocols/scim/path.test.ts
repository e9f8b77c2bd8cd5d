/** Paths of PATCH: the schema comes first, since its URN holds dots. */
import { describe, expect, test } from "vitest";
import { GROUP_SCOPE } from "./group-schema.ts";
import { parsePatchPath } from "./path.ts";
import { ENTERPRISE_URN, USER_SCOPE, USER_URN } from "./user-schema.ts";

const work = { kind: "compare", path: { attribute: "type" }, operator: "eq", value: "work" };

describe("paths", () => {
  test.each([
    ["active", { attribute: "active" }],
    [" NAME.GivenName ", { attribute: "name", subAttribute: "givenName" }],
    [`${USER_URN}:userName`, { attribute: "userName" }],
    [`${ENTERPRISE_URN}:department`, { schema: ENTERPRISE_URN, attribute: "department" }],
    [
      `${ENTERPRISE_URN.toUpperCase()}:MANAGER.VALUE`,
      { schema: ENTERPRISE_URN, attribute: "manager", subAttribute: "value" },
    ],
    [
      "urn:ietf:params:scim:schemas:extension:enterprise:2.0User:department",
      { schema: ENTERPRISE_URN, attribute: "department" },
    ],
    [ENTERPRISE_URN, { schema: ENTERPRISE_URN }],
    [USER_URN, {}],
    ["urn:acme:ext:1.0:User", { schema: "urn:acme:ext:1.0:User" }],
    [
      "urn:acme:ext:1.0:User:desk.floor",
      { schema: "urn:acme:ext:1.0:User", attribute: "desk", subAttribute: "floor" },
    ],
    ['emails[type eq "work"]', { attribute: "emails", filter: work }],
    ['Emails[Type EQ "work"].Value', { attribute: "emails", filter: work, subAttribute: "value" }],
    ['custom[type eq "work"].x', { attribute: "custom", filter: work, subAttribute: "x" }],
    [
      `${USER_URN}:emails[type eq "work"].value`,
      { attribute: "emails", filter: work, subAttribute: "value" },
    ],
    [
      'emails[type eq "a]."].value',
      { attribute: "emails", filter: { ...work, value: "a]." }, subAttribute: "value" },
    ],
    ["extension_ab12_shoeSize", { attribute: "extension_ab12_shoeSize" }],
  ])("%s", (text, path) => {
    expect(parsePatchPath(text, USER_SCOPE)).toEqual(path);
  });

  test("of members", () => {
    expect(parsePatchPath('members[value eq "u1"]', GROUP_SCOPE)).toEqual({
      attribute: "members",
      filter: { ...work, path: { attribute: "value" }, value: "u1" },
    });
  });
});

test.each([
  ["", "invalidPath"],
  [".", "invalidPath"],
  ["name.", "invalidPath"],
  ["a.b.c", "invalidPath"],
  ["__proto__", "invalidPath"],
  ["name.__proto__", "invalidPath"],
  ["emails[", "invalidPath"],
  ['emails[type eq "work"]value', "invalidPath"],
  ['emails[type eq "work"].a.b', "invalidPath"],
  ['userName[type eq "work"]', "invalidPath"],
  ['emails.value[type eq "work"]', "invalidPath"],
  ["emails[]", "invalidFilter"],
  ["emails[type eq]", "invalidFilter"],
  ['emails[type eq "work" value]', "invalidFilter"],
  ["urn:", "invalidPath"],
])("%s is refused as %s", (text, scimType) => {
  expect(() => parsePatchPath(text, USER_SCOPE)).toThrow(expect.objectContaining({ status: 400, scimType }));
});

test("a path of 9,000 characters is refused", () => {
  expect(() => parsePatchPath("x".repeat(9000), USER_SCOPE)).toThrow("A path has more than 8192 characters.");
});
