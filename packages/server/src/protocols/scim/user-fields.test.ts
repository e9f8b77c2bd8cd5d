/** What a document says in the terms of the Directory API. */
import { describe, expect, test } from "vitest";
import { readUserDocument } from "./document.ts";
import { attributeByName, userFields } from "./user-fields.ts";
import { ENTERPRISE_URN } from "./user-schema.ts";

const fieldsOf = (more: object) => userFields(readUserDocument({ userName: "ada", ...more }));

test("a complete document gives every field", () => {
  const fields = fieldsOf({
    userName: "Ada@acme.test",
    externalId: "e1",
    displayName: "Ada K",
    name: { givenName: "Ada", familyName: "King", formatted: "Dr Ada King" },
    emails: [{ value: "a@acme.test", primary: true }],
    ...{ nickName: "A", title: "Dr", userType: "Employee", locale: "en-GB", timezone: "Europe/London" },
    ...{ preferredLanguage: "en", profileUrl: "https://acme.test/ada" },
    photos: [
      { value: "https://acme.test/t.png", type: "thumbnail" },
      { value: "https://acme.test/p.png", type: "photo" },
    ],
    phoneNumbers: [{ value: "+1", type: "mobile" }],
    addresses: [{ type: "work", region: "CA", postalCode: "9", formatted: "1 Main St", country: "US" }],
    [ENTERPRISE_URN]: {
      employeeNumber: "7",
      costCenter: "c",
      organization: "o",
      division: "d",
      department: "p",
    },
  });
  expect(fields).toEqual({
    userName: "Ada@acme.test",
    externalId: "e1",
    active: true,
    email: "a@acme.test",
    emails: ["a@acme.test"],
    ...{
      name: "Ada K",
      givenName: "Ada",
      familyName: "King",
      nickname: "A",
      title: "Dr",
      userType: "Employee",
    },
    ...{ locale: "en-GB", zoneinfo: "Europe/London", language: "en", profile: "https://acme.test/ada" },
    picture: "https://acme.test/p.png",
    phoneNumber: "+1",
    address: { formatted: "1 Main St", state: "CA", postalCode: "9", country: "US" },
    ...{ employeeId: "7", costCenter: "c", organization: "o", division: "d", department: "p" },
  });
});

describe("the e-mail address", () => {
  const work = { value: "w@x", type: "Work" };
  const home = { value: "h@x", type: "home" };
  test.each<[string, object, string | undefined]>([
    ["is the primary one", { emails: [work, { ...home, primary: true }] }, "h@x"],
    ["else the one for work", { emails: [home, work] }, "w@x"],
    ["else the first", { emails: [home, { value: "o@x" }] }, "h@x"],
    ["else a userName that is one", { userName: "Ada@x" }, "Ada@x"],
    ["else missing", { userName: "ada", emails: [{ type: "work" }] }, undefined],
    ["is not an empty one", { emails: [{ value: "", primary: true }, home] }, "h@x"],
  ])("%s", (_, document, email) => {
    expect(fieldsOf(document).email).toBe(email);
  });
});

test.each<[object, object]>([
  [{ name: { formatted: "Dr Ada" } }, { name: "Dr Ada" }],
  [{ name: { givenName: "Ada", familyName: "King" } }, { name: "Ada King" }],
  [{ name: { familyName: "King" } }, { name: "King", givenName: undefined }],
  [{}, { name: undefined, address: undefined, picture: undefined, phoneNumber: undefined }],
  [
    {
      phoneNumbers: [
        { value: "1", type: "mobile" },
        { value: "2", type: "work" },
      ],
    },
    { phoneNumber: "2" },
  ],
  [{ phoneNumbers: [{ value: "1", type: "fax" }] }, { phoneNumber: "1" }],
  [{ addresses: [{ type: "home", region: "CA" }] }, { address: undefined }],
  [{ addresses: [{ type: "home", region: "CA", primary: true }] }, { address: { state: "CA" } }],
  [{ active: "false" }, { active: false }],
  [{ title: "" }, { title: undefined }],
])("%j gives %j", (document, fields) => {
  expect(fieldsOf(document)).toMatchObject(fields);
});

describe("an attribute that an administrator names", () => {
  const document = readUserDocument({
    userName: "ada",
    title: "Dr",
    name: { givenName: "Ada" },
    extension_ab_size: 9,
    [ENTERPRISE_URN]: { department: "Math", manager: { value: "m" } },
    "urn:acme:1.0:User": { Desk: "4B", active: "no" },
  });
  test.each([
    ["title", "Dr"],
    ["NAME.givenname", "Ada"],
    ["extension_ab_size", 9],
    ["department", "Math"],
    ["manager.value", "m"],
    ["desk", "4B"],
    ["active", true],
    [`${ENTERPRISE_URN}:department`, "Math"],
    ["urn:ACME:1.0:User:desk", "4B"],
    ["nothing", undefined],
    ["name.nothing", undefined],
    ["constructor", undefined],
  ])("%s", (name, value) => {
    expect(attributeByName(document, name)).toEqual(value);
  });
});
