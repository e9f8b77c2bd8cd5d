/** Which attributes an answer keeps, and what need not be read for it. */
import { describe, expect, test } from "vitest";
import { GROUP_SCOPE } from "./group-schema.ts";
import type { JsonObject } from "./json.ts";
import { project, readProjection, WHOLE, wants } from "./projection.ts";
import { ENTERPRISE_URN, USER_SCOPE, USER_URN } from "./user-schema.ts";

const user: JsonObject = {
  schemas: [USER_URN, ENTERPRISE_URN],
  id: "diruser_1",
  userName: "ada",
  name: { givenName: "Ada", familyName: "King" },
  emails: [
    { value: "a@x", type: "work" },
    { value: "b@x", type: "home" },
  ],
  extra: { Colour: "red" },
  [ENTERPRISE_URN]: { department: "Math", manager: { value: "m", displayName: "M" } },
  meta: { resourceType: "User", version: 'W/"1"' },
};
const always = { schemas: user.schemas, id: "diruser_1" };
const { meta: _meta, ...withoutMeta } = user;

describe("a user", () => {
  test.each([
    ["userName", { userName: "ada" }],
    ["USERNAME, Name.GivenName", { userName: "ada", name: { givenName: "Ada" } }],
    [`${USER_URN}:userName`, { userName: "ada" }],
    ["emails.value", { emails: [{ value: "a@x" }, { value: "b@x" }] }],
    ["name,name.givenName", { name: user.name }],
    ["extra.colour", { extra: { Colour: "red" } }],
    [`${ENTERPRISE_URN}:manager.value`, { [ENTERPRISE_URN]: { manager: { value: "m" } } }],
    [`${ENTERPRISE_URN}:Department`, { [ENTERPRISE_URN]: { department: "Math" } }],
    [ENTERPRISE_URN.toUpperCase(), { [ENTERPRISE_URN]: user[ENTERPRISE_URN] }],
    ["meta.version", { meta: { version: 'W/"1"' } }],
    ["nothing.of.this", user],
    ["title", {}],
  ])("with attributes=%s", (attributes, kept) => {
    expect(project(user, readProjection(attributes, undefined, USER_SCOPE), USER_SCOPE)).toEqual({
      ...always,
      ...kept,
    });
  });

  test.each([
    ["meta", withoutMeta],
    ["id,schemas,META", withoutMeta],
    ["name.familyName", { ...user, name: { givenName: "Ada" } }],
    [
      "name.familyName,name.givenName,meta,emails,extra",
      { ...always, userName: "ada", [ENTERPRISE_URN]: user[ENTERPRISE_URN] },
    ],
    [`${ENTERPRISE_URN}:manager`, { ...user, [ENTERPRISE_URN]: { department: "Math" } }],
    ["", user],
  ])("with excludedAttributes=%s", (excluded, kept) => {
    expect(project(user, readProjection(undefined, excluded, USER_SCOPE), USER_SCOPE)).toEqual(kept);
  });

  test("with both has what is asked for but for what is excluded", () => {
    const projection = readProjection(["name", "userName"], ["name.familyName"], USER_SCOPE);
    expect(project(user, projection, USER_SCOPE)).toEqual({
      ...always,
      userName: "ada",
      name: { givenName: "Ada" },
    });
  });
});

describe("a group", () => {
  const members = [{ value: "u1", $ref: "r", type: "User", display: "Ada" }];
  const group: JsonObject = { schemas: ["g"], id: "g", displayName: "A", members };

  test("shows the names of members on request only", () => {
    expect(project(group, WHOLE, GROUP_SCOPE).members).toEqual([{ value: "u1", $ref: "r", type: "User" }]);
    const named = readProjection("members.value,members.display", undefined, GROUP_SCOPE);
    expect(project(group, named, GROUP_SCOPE).members).toEqual([{ value: "u1", display: "Ada" }]);
  });

  test.each([
    [undefined, undefined, true, false],
    [undefined, "members", false, false],
    [undefined, "Members, meta", false, false],
    [undefined, "urn:ietf:params:scim:schemas:core:2.0:Group:members", false, false],
    [undefined, "members.value", true, false],
    ["displayName", undefined, false, false],
    ["id,members", undefined, true, false],
    ["members.value", undefined, true, false],
    ["members.display", undefined, true, true],
    ["members.display", "members.display", true, false],
    ["members", "members", false, false],
  ])(
    "attributes=%s excludedAttributes=%s: members %s, their names %s",
    (attributes, excluded, list, names) => {
      const projection = readProjection(attributes, excluded, GROUP_SCOPE);
      expect(wants(projection, "members", GROUP_SCOPE)).toBe(list);
      expect(wants(projection, "members.display", GROUP_SCOPE)).toBe(names);
    },
  );
});
