/** Patterns of events: what they fit, former names included, and which of them are refused. */
import { expect, test } from "vitest";
import { checkPatterns, wants } from "./event-types.ts";
import { examples } from "./examples.ts";

const wanted = (...patterns: string[]) => Object.keys(examples).filter((type) => wants(patterns, type));
const all = Object.keys(examples);
const users = ["created", "updated", "deleted"].map((what) => `organization.directory.user_${what}`);
const groups = ["created", "updated", "deleted"].map((what) => `organization.directory.group_${what}`);
const switches = ["organization.directory_enabled", "organization.directory_disabled"];
const connections = ["organization.sso_enabled", "organization.sso_disabled"];

test.each<[string[], string[]]>([
  [[], all],
  [["*"], all],
  [["organization.directory.*"], [...users, ...groups]],
  [["organization.directory_enabled"], ["organization.directory_enabled"]],
  [["scalekit.dir.user.*"], users],
  [["scalekit.dir.group.*"], groups],
  [["scalekit.dir.sync.*"], switches],
  [["scalekit.dir.user.create"], ["organization.directory.user_created"]],
  [["scalekit.dir.group.delete"], ["organization.directory.group_deleted"]],
  [["scalekit.org.conn.*"], connections],
  [["scalekit.dir.conn.disable"], ["organization.sso_disabled"]],
  [["scalekit.dir.*"], [...users, ...groups, ...switches, ...connections]],
  [
    ["scalekit.dir.user.delete", "role.created"],
    ["organization.directory.user_deleted", "role.created"],
  ],
])("%j fits just those", (patterns, types) => {
  checkPatterns(patterns);
  expect(wanted(...patterns).toSorted()).toEqual(types.toSorted());
});

test.each([
  "scalekit.dir.user",
  "scalekit.dir.users.*",
  "scalekit.dir.user.created",
  "scalekit.user.*",
  "organ*",
])("%s is refused, since it fits nothing", (pattern) =>
  expect(() => checkPatterns([pattern])).toThrow(`There is no event ${pattern}`),
);

test("a type that nobody listed has no former name", () => {
  expect(wants(["scalekit.dir.*"], "toString")).toBe(false);
});
