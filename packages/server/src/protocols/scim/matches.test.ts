/** What a filter finds: the rules that SQL must give too. */
import { expect, test } from "vitest";
import { parseFilter } from "./filter.ts";
import { GROUP_SCOPE } from "./group-schema.ts";
import { matches } from "./matches.ts";
import { USER_SCOPE } from "./user-schema.ts";

const ada = {
  id: "diruser_1",
  externalId: "Ext1",
  userName: "Ada@Acme.test",
  active: true,
  nickName: "",
  name: { givenName: "Ada", familyName: "Łovelace" },
  emails: [
    { value: "ada@acme.test", type: "work", primary: true },
    { value: "ada@home.test", type: "home" },
  ],
  roles: [],
  meta: { created: "2024-03-01T10:00:00.000Z" },
  shoeSize: 38,
  badges: ["Red", "blue"],
  extra: { Colour: "Green" },
  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": {
    manager: { value: "M1" },
    employeeNumber: "7",
  },
  "urn:acme:1.0:User": { Desk: "4B" },
};
const ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

const finds = (filter: string) => matches(parseFilter(filter, USER_SCOPE), ada, USER_SCOPE);

test.each([
  'userName eq "ada@acme.TEST"',
  'userName ne "bob"',
  'userName co "@ACME"',
  'userName sw "ada"',
  'userName ew ".test"',
  'id eq "diruser_1"',
  'externalId eq "Ext1"',
  'emails.value eq "ADA@HOME.test"',
  'emails eq "ada@home.test"',
  'emails[type eq "Work" and value co "acme"]',
  'emails[type eq "work"].value eq "ada@acme.test"',
  "emails[not (primary eq true)]",
  "emails pr",
  "name pr",
  "active eq true",
  'active eq "True"',
  "roles eq null",
  "nickName eq null",
  'title ne "x"',
  "not (title pr)",
  'meta.created eq "2024-03-01T11:00:00+01:00"',
  'meta.created lt "2024-03-01T10:00:01Z"',
  'meta.created ge "2024-03-01T10:00:00Z"',
  'name.familyName gt "Zz"',
  "shoeSize gt 37",
  "shoeSize le 38",
  'badges eq "BLUE"',
  'extra.colour eq "green"',
  `${ENTERPRISE}:manager eq "M1"`,
  `${ENTERPRISE}:employeeNumber eq 7`,
  'urn:ACME:1.0:User:desk eq "4b"',
])("finds by %s", (filter) => {
  expect(finds(filter)).toBe(true);
  expect(finds(`not (${filter})`)).toBe(false);
});

test.each([
  'userName eq "ada"',
  'id eq "DIRUSER_1"',
  'externalId eq "ext1"',
  'emails[type eq "home" and value co "acme"]',
  'emails.value ne "ada@home.test"',
  "nickName pr",
  "roles pr",
  "title pr",
  'title eq "x"',
  'title lt "x"',
  "userName gt null",
  'active eq "False"',
  'shoeSize eq "38"',
  'unknown.thing eq "x"',
  `${ENTERPRISE}:manager eq "m1"`,
  'urn:other:1.0:User:desk eq "4b"',
  "toString pr",
  "constructor.name pr",
])("does not find by %s", (filter) => {
  expect(finds(filter)).toBe(false);
});

test("finds groups by name without case, and by member", () => {
  const group = { displayName: "Admins", members: [{ value: "u1" }] };
  const found = (filter: string) => matches(parseFilter(filter, GROUP_SCOPE), group, GROUP_SCOPE);
  expect(found('displayName eq "ADMINS"')).toBe(true);
  expect(found('members[value eq "u1"]')).toBe(true);
  expect(found('members eq "U1"')).toBe(false);
});
