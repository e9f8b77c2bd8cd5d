/** Every way in which directories change the members of a group, as set operations. */
import { describe, expect, test } from "vitest";
import { groupChanges } from "./group-changes.ts";
import { readPatchRequest } from "./patch-request.ts";

const changes = (...operations: object[]) => groupChanges(readPatchRequest({ Operations: operations }));
const add = (...values: string[]) => ({ op: "add", values });
const remove = (...values: string[]) => ({ op: "remove", values });
const replace = (...values: string[]) => ({ op: "replace", values });
const removeAll = { op: "removeAll", values: [] };

describe("members", () => {
  test.each<[string, object, object[]]>([
    [
      "Okta, JumpCloud: add",
      { op: "add", path: "members", value: [{ value: "a", display: "Ada" }] },
      [add("a")],
    ],
    [
      "Entra ID: add many",
      {
        op: "Add",
        path: "members",
        value: [
          { $ref: null, value: "a" },
          { $ref: null, value: "b" },
        ],
      },
      [add("a", "b")],
    ],
    ["Okta: remove one", { op: "remove", path: 'members[value eq "a"]' }, [remove("a")]],
    [
      "several in a filter",
      { op: "remove", path: 'members[value eq "a" or value eq "b"]' },
      [remove("a", "b")],
    ],
    [
      "a type in the filter",
      { op: "remove", path: 'members[type eq "User" and value eq "a"]' },
      [remove("a")],
    ],
    [
      "Entra ID: remove the listed",
      { op: "Remove", path: "members", value: [{ $ref: null, value: "a" }] },
      [remove("a")],
    ],
    ["remove all", { op: "remove", path: "members" }, [removeAll]],
    ["remove all by null", { op: "remove", path: "members", value: null }, [removeAll]],
    ["remove an empty list", { op: "remove", path: "members", value: [] }, []],
    [
      "Okta: push now",
      { op: "replace", path: "members", value: [{ value: "a" }, { value: "b" }] },
      [replace("a", "b")],
    ],
    ["replace by nothing", { op: "replace", path: "members", value: [] }, [replace()]],
    ["replace by null", { op: "replace", path: "members", value: null }, [replace()]],
    ["path-less add", { op: "add", value: { members: [{ value: "a" }] } }, [add("a")]],
    ["path-less replace", { op: "replace", value: { Members: [{ value: "a" }] } }, [replace("a")]],
    ["path-less null", { op: "add", value: { members: null } }, []],
    ["one object", { op: "add", path: "members", value: { value: "a" } }, [add("a")]],
    ["bare ids", { op: "add", path: "members", value: ["a", "b", "a"] }, [add("a", "b")]],
    ["path to the value", { op: "add", path: "members.value", value: "a" }, [add("a")]],
    [
      "qualified",
      { op: "add", path: "urn:ietf:params:scim:schemas:core:2.0:Group:members", value: [{ value: "a" }] },
      [add("a")],
    ],
    [
      "qualified key",
      { op: "add", value: { "urn:ietf:params:scim:schemas:core:2.0:Group:members": [{ value: "a" }] } },
      [add("a")],
    ],
    [
      "the schema as path",
      {
        op: "add",
        path: "urn:ietf:params:scim:schemas:core:2.0:Group",
        value: { members: [{ value: "a" }] },
      },
      [add("a")],
    ],
    [
      "groups in groups are not kept",
      { op: "add", path: "members", value: [{ value: "g", type: "Group" }] },
      [],
    ],
    ["another case", { op: "ADD", path: "MEMBERS", value: [{ VALUE: "a" }] }, [add("a")]],
  ])("%s", (_, operation, members) => {
    expect(changes(operation)).toEqual({ members, rest: [] });
  });

  test("of neighbouring operations are joined, and what is overwritten is left out", () => {
    const one = (id: string) => ({ op: "add", path: "members", value: [{ value: id }] });
    const gone = (id: string) => ({ op: "remove", path: `members[value eq "${id}"]` });
    expect(changes(one("a"), one("b"), one("a"), gone("b"), one("c")).members).toEqual([
      add("a", "b"),
      remove("b"),
      add("c"),
    ]);
    expect(changes(one("a"), { op: "remove", path: "members" }, one("b")).members).toEqual([
      removeAll,
      add("b"),
    ]);
  });
});

describe("other attributes", () => {
  test.each<[string, object]>([
    ["JumpCloud: path-less rename", { op: "replace", path: undefined, value: { displayName: "N" } }],
    ["Okta: rename with id", { op: "replace", path: undefined, value: { id: "g", displayName: "N" } }],
    ["Entra ID: rename", { op: "replace", path: "displayName", value: "N" }],
    ["externalId", { op: "add", path: "externalId", value: "e" }],
  ])("%s", (_, operation) => {
    expect(changes(operation)).toEqual({ members: [], rest: [operation] });
  });

  test("are parted from members in one value", () => {
    expect(
      changes({ op: "replace", value: { id: "g", displayName: "N", members: [{ value: "a" }] } }),
    ).toEqual({
      members: [replace("a")],
      rest: [{ op: "replace", path: undefined, value: { id: "g", displayName: "N" } }],
    });
  });
});

test.each<[string, object, string]>([
  ["another filter", { op: "remove", path: 'members[display eq "Ada"]' }, "noTarget"],
  ["a filter by part of a value", { op: "remove", path: 'members[value sw "a"]' }, "noTarget"],
  ["a filter that excludes", { op: "remove", path: 'members[not (value eq "a")]' }, "noTarget"],
  ["two values at once", { op: "remove", path: 'members[value eq "a" and value eq "b"]' }, "noTarget"],
  [
    "a change of one member",
    { op: "replace", path: 'members[value eq "a"]', value: { value: "b" } },
    "mutability",
  ],
  ["a member's name", { op: "replace", path: 'members[value eq "a"].display', value: "x" }, "mutability"],
  ["a member without id", { op: "add", path: "members", value: [{ display: "x" }] }, "invalidValue"],
  ["a bad filter", { op: "remove", path: "members[value eq]" }, "invalidFilter"],
])("%s is refused", (_, operation, scimType) => {
  expect(() => changes(operation)).toThrow(expect.objectContaining({ status: 400, scimType }));
});
