import { describe, expect, test } from "vitest";
import { NAME_ID_FORMAT } from "./names.ts";
import { mapProfile } from "./profile.ts";

const SOAP = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims";
const MICROSOFT = "http://schemas.microsoft.com/identity/claims";

function profileOf(
  attributes: Record<string, string[]>,
  mapping: Record<string, string> = {},
  nameId: { value: string; format?: string } = { value: "u-1", format: NAME_ID_FORMAT.persistent },
) {
  const { custom, ...profile } = mapProfile({ nameId, attributes }, mapping);
  return { ...profile, custom: { ...custom } };
}

describe("names that identity providers send", () => {
  const mia = { email: "mia@acme.test", givenName: "Mia", familyName: "Ada", custom: {} };

  test.each([
    ["Okta", { email: ["mia@acme.test"], firstName: ["Mia"], lastName: ["Ada"] }],
    ["Google", { "Primary email": ["x"], mail: ["mia@acme.test"], givenName: ["Mia"], surname: ["Ada"] }],
    [
      "ADFS",
      {
        [`${SOAP}/emailaddress`]: ["Mia@ACME.test"],
        [`${SOAP}/givenname`]: ["Mia"],
        [`${SOAP}/surname`]: ["Ada"],
      },
    ],
    [
      "Shibboleth",
      {
        "urn:oid:0.9.2342.19200300.100.1.3": ["mia@acme.test"],
        "urn:oid:2.5.4.42": ["Mia"],
        "urn:oid:2.5.4.4": ["Ada"],
      },
    ],
    ["OneLogin", { "User.email": ["mia@acme.test"], "User.FirstName": ["Mia"], "User.LastName": ["Ada"] }],
    ["other case", { EMAIL: ["mia@acme.test"], FIRSTNAME: ["Mia"], LASTNAME: ["Ada"] }],
  ])("%s", (_name, attributes) => {
    expect(profileOf(attributes as Record<string, string[]>)).toEqual({ ...mia, username: "u-1" });
  });

  test("Entra ID: the claim name is a login name, not a display name", () => {
    const attributes = {
      [`${MICROSOFT}/objectidentifier`]: ["f3a1"],
      [`${MICROSOFT}/displayname`]: ["Mia Ada"],
      [`${SOAP}/name`]: ["mia@acme.onmicrosoft.test"],
      [`${SOAP}/emailaddress`]: ["mia@acme.test"],
      "http://schemas.microsoft.com/ws/2008/06/identity/claims/groups": ["g1", "g2"],
    };
    expect(profileOf(attributes, { objectId: `${MICROSOFT}/objectidentifier` })).toEqual({
      email: "mia@acme.test",
      name: "Mia Ada",
      username: "mia@acme.onmicrosoft.test",
      groups: ["g1", "g2"],
      custom: { objectId: "f3a1" },
    });
  });

  test("eduPerson's name, display name, language", () => {
    const attributes = {
      "urn:oid:1.3.6.1.4.1.5923.1.1.1.6": ["mia@uni.test"],
      "urn:oid:2.16.840.1.113730.3.1.241": ["Mia A."],
      "urn:oid:2.16.840.1.113730.3.1.39": ["de"],
    };
    expect(profileOf(attributes)).toEqual({
      username: "mia@uni.test",
      name: "Mia A.",
      locale: "de",
      custom: {},
    });
  });
});

describe("the connection's mapping", () => {
  const attributes = {
    email: ["a@acme.test"],
    work: ["b@acme.test"],
    firstName: ["Mia"],
    tags: ["x", "y"],
    "": ["z"],
  };

  test("wins over well-known names, in any spelling of our field", () => {
    expect(profileOf(attributes, { email: "work", first_name: "tags" })).toMatchObject({
      email: "b@acme.test",
      givenName: "x",
    });
    expect(profileOf(attributes, { givenName: "WORK" }).givenName).toBe("b@acme.test");
  });

  test("is exclusive: a mapped attribute that is absent stays absent", () => {
    const nameId = { value: "c@acme.test", format: NAME_ID_FORMAT.emailAddress };
    expect(profileOf(attributes, { email: "absent", username: "absent" }, nameId)).toEqual({
      givenName: "Mia",
      custom: {},
    });
  });

  test("can name the NameID", () => {
    expect(
      profileOf({}, { email: "NameID" }, { value: "d@acme.test", format: NAME_ID_FORMAT.persistent }).email,
    ).toBe("d@acme.test");
  });

  test("other keys are custom; several values become JSON; absent ones are left out", () => {
    const mapping = { tags: "tags", work: "work", missing: "missing", empty: "", __proto__: "work" };
    const { custom } = mapProfile(
      { nameId: { value: "x" }, attributes },
      { ...mapping, ["__proto__"]: "work" },
    );
    expect(Object.entries(custom)).toEqual([
      ["tags", '["x","y"]'],
      ["work", "b@acme.test"],
      ["__proto__", "b@acme.test"],
    ]);
    expect(Object.getPrototypeOf(custom)).toBeNull();
  });

  test("names of the prototype are no attributes", () => {
    expect(profileOf({}, { x: "constructor", y: "toString", z: "__proto__" }).custom).toEqual({});
  });
});

describe("the e-mail address when no attribute has it", () => {
  const emailOf = (value: string, format?: string) =>
    profileOf({}, {}, { value, ...(format ? { format } : {}) }).email;

  test("a NameID of format emailAddress, or an address of unspecified format", () => {
    expect(emailOf("Mia@acme.test", NAME_ID_FORMAT.emailAddress)).toBe("mia@acme.test");
    expect(emailOf("mia@acme.test", NAME_ID_FORMAT.unspecified)).toBe("mia@acme.test");
    expect(emailOf("mia@acme.test")).toBe("mia@acme.test");
    expect(emailOf("mia")).toBeUndefined();
  });

  test("never an opaque NameID, even one that looks like an address", () => {
    expect(emailOf("mia@acme.test", NAME_ID_FORMAT.persistent)).toBeUndefined();
    expect(emailOf("mia@acme.test", NAME_ID_FORMAT.transient)).toBeUndefined();
  });

  test("a value that is no address is reported, and nothing else tried", () => {
    const nameId = { value: "mia@acme.test", format: NAME_ID_FORMAT.emailAddress };
    const profile = profileOf({ email: ["mia＠acme.test"] }, {}, nameId);
    expect(profile.email).toBeUndefined();
    expect(profile.rejectedEmail).toBe("mia＠acme.test");
    expect(profileOf({ email: [""] }, {}, nameId).email).toBe("mia@acme.test");
  });

  test("the user name is the NameID unless that changes each time", () => {
    expect(profileOf({}, {}, { value: "x", format: NAME_ID_FORMAT.transient }).username).toBeUndefined();
    expect(profileOf({}).username).toBe("u-1");
  });
});
