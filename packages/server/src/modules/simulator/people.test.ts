import { describe, expect, test } from "vitest";
import { namedPeople, offeredDomains, readChoice } from "./people.ts";

const domains = ["example.com", "example.org"];

function read(fields: Record<string, string> | [string, string][]) {
  return readChoice(new URLSearchParams(fields), { domains, protocol: "SAML" });
}

describe("named people", () => {
  test("stand at the organization's domains", () => {
    expect(namedPeople(domains).map(({ email }) => email)).toEqual([
      "ada@example.com",
      "ben@example.com",
      "chiara@example.com",
      "dana@example.com",
      "emil@example.org",
    ]);
    expect(new Set(namedPeople(["acme.test"]).map(({ email }) => email.split("@")[1]))).toEqual(
      new Set(["acme.test"]),
    );
  });

  test("stand at example.com where the organization has no domain", () => {
    expect(namedPeople([])[4]?.email).toBe("emil@example.com");
    expect(offeredDomains([])).toEqual(["example.com"]);
  });
});

describe("what the form says", () => {
  test("a button names a known person", () => {
    expect(read({ person: "emil" })).toMatchObject({
      person: { email: "emil@example.org", lastName: "Novak" },
    });
  });

  test("a button beside a person says how the provider misbehaves", () => {
    expect(read({ person: "ada", misbehaviour: "expired" })).toMatchObject({
      person: { email: "ada@example.com" },
      misbehaviour: "expired",
    });
  });

  test("a button names a failure", () => {
    expect(read({ failure: "user_not_found" })).toEqual({ failure: "user_not_found" });
  });

  test("the fields describe somebody, with custom attributes", () => {
    const choice = read([
      ["mailbox", " Zoe.Q "],
      ["domain", "example.org"],
      ["first_name", "Zoë"],
      ["last_name", "Quinn <b>"],
      ["attribute_name", "department"],
      ["attribute_value", "R&D"],
      ["attribute_name", ""],
      ["attribute_value", ""],
      ["attribute_name", "cost_center"],
      ["attribute_value", "4711"],
    ]);
    expect(choice).toEqual({
      person: {
        email: "zoe.q@example.org",
        firstName: "Zoë",
        lastName: "Quinn <b>",
        attributes: { department: "R&D", cost_center: "4711" },
      },
    });
  });

  test("a whole address in the first field wins over the domain", () => {
    expect(read({ mailbox: "zoe@acme.test", domain: "example.com" })).toMatchObject({
      person: { email: "zoe@acme.test" },
    });
  });

  test.each([
    [{ mailbox: "", domain: "example.com" }, "no e-mail address"],
    [{ mailbox: "a b", domain: "example.com" }, "no e-mail address"],
    [{ mailbox: "zoe", domain: "nowhere" }, "no e-mail address"],
    [{ person: "mallory" }, "nobody that the simulator knows"],
    [{ failure: "explode" }, "is none of"],
    [{ mailbox: "zoe", domain: "example.com", first_name: "a\u0007" }, "control character"],
    [{ mailbox: "zoe", domain: "example.com", first_name: "a\u2028b" }, "line break"],
    [{ mailbox: "zoe", domain: "example.com", last_name: "x".repeat(101) }, "longer than 100"],
    [{ mailbox: "zoe", domain: "example.com", attribute_name: "1st", attribute_value: "x" }, "cannot name"],
    [
      { mailbox: "zoe", domain: "example.com", attribute_name: "__proto__", attribute_value: "x" },
      "cannot name",
    ],
    [{ mailbox: "zoe", domain: "example.com", attribute_name: "", attribute_value: "x" }, "cannot name"],
    [
      { mailbox: "zoe", domain: "example.com", attribute_name: "SUB", attribute_value: "x" },
      "set by the simulator",
    ],
  ] as [Record<string, string>, string][])("%j is refused: %s", (fields, words) => {
    expect(() => read(fields)).toThrow(words);
  });
});
