/** What environments are called, and which host names may be one. */
import { describe, expect, test } from "vitest";
import { addressAt, addressBelow, customDomainOf, labelOf } from "./addresses.ts";

test.each([
  ["Staging (EU)", "staging-eu"],
  ["  Prüfstand №2 ", "prufstand-no2"],
  ["--", ""],
  ["株式会社", ""],
  ["x".repeat(100), "x".repeat(40)],
  [`${"x".repeat(39)}-y`, "x".repeat(39)],
])("the label of %j is %j", (name, label) => {
  expect(labelOf(name)).toBe(label);
});

test.each([
  ["http://localhost:8080", "http://a.localhost:8080"],
  ["https://auth.acme.com", "https://a.auth.acme.com"],
  ["http://127.0.0.1:8080", undefined],
  ["http://[::1]:8080", undefined],
])("a name below %s is %s", (origin, address) => {
  expect(addressBelow(origin, "a")).toBe(address);
});

describe("an address that somebody wrote", () => {
  test.each([
    ["id.acme.com", "https://id.acme.com:8443"],
    ["ID.Acme.com.", "https://id.acme.com:8443"],
    ["id.acme.com:9443", "https://id.acme.com:9443"],
    ["id.acme.com:443", "https://id.acme.com"],
    ["münchen.de", "https://xn--mnchen-3ya.de:8443"],
    ["127.0.0.1:8080", "https://127.0.0.1:8080"],
  ])("%s is %s", (text, address) => {
    expect(addressAt("https://auth.acme.com:8443", text)).toBe(address);
  });

  test.each([
    ["https://id.acme.com"],
    ["id.acme.com/path"],
    ["user@id.acme.com"],
    ["id.acme.com:99999"],
    ["id.acme.com:"],
    ["id acme.com"],
    ["-id.acme.com"],
    ["id..acme.com"],
    ["256.1.1.1"],
    [""],
    [`${"a.".repeat(130)}com`],
    ["%2e.acme.com"],
  ])("%j is none", (text) => {
    expect(addressAt("https://auth.acme.com:8443", text)).toBeUndefined();
  });
});

test.each([
  ["Auth.Acme.com", "auth.acme.com"],
  ["acme.com", "acme.com"],
  ["localhost", undefined],
  ["10.0.0.1", undefined],
  ["auth.acme.com:443", undefined],
  ["*.acme.com", undefined],
])("the custom domain %s is %s", (text, domain) => {
  expect(customDomainOf(text)).toBe(domain);
});
