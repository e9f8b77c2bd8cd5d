/** 5,000 PATCHes that a seed makes: each is refused as SCIM refuses, or leaves a document in its normal form. */
import { expect, test } from "vitest";
import { seeded } from "../../testing/saml-mutations.ts";
import { readUserDocument } from "./document.ts";
import { ScimError } from "./errors.ts";
import { groupChanges } from "./group-changes.ts";
import type { JsonObject } from "./json.ts";
import { patchDocument } from "./patch.ts";
import { readPatchRequest } from "./patch-request.ts";
import { ENTERPRISE_URN, USER_SCOPE, USER_URN } from "./user-schema.ts";

const next = seeded(7644);
const pick = <Item>(items: readonly Item[]): Item => items[next(items.length)] as Item;

const paths = [
  ...[
    undefined,
    null,
    "",
    "active",
    "userName",
    "TITLE",
    "name",
    "name.givenName",
    "name.x",
    "emails",
    "emails.value",
  ],
  ...[
    'emails[type eq "work"]',
    'emails[type eq "x"].value',
    "emails[primary eq true].primary",
    "emails[value pr]",
    "emails[",
  ],
  ...[
    "groups",
    "id",
    "meta",
    "schemas",
    "password",
    "custom",
    "custom.a",
    'custom[a eq "b"].c',
    "members",
    'members[value eq "u"]',
  ],
  ...[
    ENTERPRISE_URN,
    `${ENTERPRISE_URN}:manager`,
    `${ENTERPRISE_URN}:manager.value`,
    `${ENTERPRISE_URN}:x.y`,
  ],
  ...[
    USER_URN,
    `${USER_URN}:title`,
    "urn:a:b:User",
    "urn:a:b:User:c",
    "urn:a",
    "__proto__",
    "constructor",
    "toString.x",
  ],
];

function value(depth = 0): unknown {
  const simple = [null, "", "x", "True", true, false, 0, 1.5, "work", "a@x", "\0", "\ud800", [], {}];
  if (depth > 2 || next(2) === 0) return pick(simple);
  if (next(2) === 0) return Array.from({ length: next(4) }, () => value(depth + 1));
  const keys = [
    "value",
    "type",
    "primary",
    "$ref",
    "a",
    "givenName",
    "GivenName",
    ...paths.filter((path) => path),
  ];
  return Object.fromEntries(Array.from({ length: next(4) }, () => [pick(keys), value(depth + 1)]));
}

function operation(): object {
  const made = {
    op: pick(["add", "Replace", "REMOVE", "remove", "add", "replace", "move"]),
    path: pick(paths),
  };
  return next(5) === 0 ? made : { ...made, value: value() };
}

/** What any other error is reported as, with what caused it. */
function unlessScimError(error: unknown, cause: object): void {
  if (!(error instanceof ScimError))
    throw new Error(`${JSON.stringify(cause)} threw ${error}`, { cause: error });
}

test("of users", () => {
  let document: JsonObject = readUserDocument({ userName: "ada" });
  let changes = 0;
  for (let round = 0; round < 5000; round += 1) {
    const body = { Operations: Array.from({ length: 1 + next(3) }, operation) };
    const before = structuredClone(document);
    try {
      const result = patchDocument(document, readPatchRequest(body), { scope: USER_SCOPE, id: "diruser_1" });
      expect(result.changed, JSON.stringify(body)).toBe(result.document !== document);
      expect(readUserDocument(result.document), JSON.stringify(body)).toEqual({
        active: true,
        ...result.document,
      });
      if (result.changed) changes += 1;
      document = round % 50 === 0 ? readUserDocument({ userName: "ada" }) : result.document;
    } catch (error) {
      unlessScimError(error, body);
      expect(document).toEqual(before);
    }
  }
  expect(changes).toBeGreaterThan(200);
});

test("of groups", () => {
  let read = 0;
  for (let round = 0; round < 5000; round += 1) {
    const body = { Operations: Array.from({ length: 1 + next(3) }, operation) };
    try {
      for (const { values } of groupChanges(readPatchRequest(body)).members) {
        expect(new Set(values).size).toBe(values.length);
      }
      read += 1;
    } catch (error) {
      unlessScimError(error, body);
    }
  }
  expect(read).toBeGreaterThan(500);
});
