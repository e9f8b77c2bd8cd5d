/** Which redirect URIs may be registered, and which requests match one. */
import { describe, expect, test } from "vitest";
import { addressProblem, expandAll, isRegistered, registrationProblem } from "./redirect-uri.ts";

const development = { development: true, native: false };
const production = { development: false, native: false };
const nativeProduction = { development: false, native: true };

describe("registration", () => {
  test.each([
    ["https://app.acme.test/callback", production],
    ["myapp://callback", production],
    ["com.acme.app:/callback", production],
    ["http://127.0.0.1/callback", nativeProduction],
    ["http://[::1]:8080/callback", nativeProduction],
    ["http://localhost:3000/callback", development],
    ["http://app.acme.test/callback", development],
    ["https://auth-*.acme.test/callback", development],
    ["https://*.acme.test", development],
    ["https://{{org_slug}}.acme.test/cb", production],
    ["myapp://{{org_slug}}/cb", production],
  ])("takes %s", (uri, rules) => expect(registrationProblem(uri, rules)).toBeUndefined());

  test.each([
    ["callback", development, "is not an absolute URL"],
    ["", development, "is not an absolute URL"],
    [`https://acme.test/${"a".repeat(256)}`, development, "is longer than 256 characters"],
    ["https://acme.test/cb?tenant=1", development, "has a query string"],
    ["https://acme.test/cb#part", development, "has a fragment"],
    ["https://user:word@acme.test/cb", development, "has a user name or password"],
    ["javascript:alert(1)", development, "has the scheme javascript:"],
    ["data:text/html,x", development, "has the scheme data:"],
    ["JavaScript:alert(1)", development, "has the scheme javascript:"],
    ["https://*.com", development, "has a wildcard in a wrong place"],
    ["https://*.*.acme.test", development, "has a wildcard in a wrong place"],
    ["https://acme.*.com", development, "has a wildcard in a wrong place"],
    ["https://auth.*.acme.test", development, "has a wildcard in a wrong place"],
    ["https://acme.test/*", development, "has a wildcard in a wrong place"],
    ["https://*.acme.test/cb", production, "has a wildcard"],
    ["http://app.acme.test/cb", production, "is http"],
    ["https://localhost/cb", production, "is on localhost"],
    ["http://127.0.0.1/cb", production, "is http"],
    ["http://{{org_slug}}.acme.test/cb", production, "is http"],
    ["https://{{org_slug}}.acme.test/cb?x=1", development, "query"],
    ["https://app-{{org_slug}}.acme.test/cb", development, "has a placeholder"],
    ["https://*.{{org_slug}}.test/cb", development, "use one of the two"],
    [`https://{{org_slug}}.acme.test/${"a".repeat(256)}`, development, "is longer than 256 characters"],
  ])("refuses %s", (uri, rules, problem) => expect(registrationProblem(uri, rules)).toContain(problem));
});

describe("addresses that are visited", () => {
  const anywhere = { template: true };
  test("are one web address, which an organization may fill in", () => {
    expect(addressProblem("https://acme.test/login", production, anywhere)).toBeUndefined();
    expect(addressProblem("https://{{org_slug}}.acme.test/login", production, anywhere)).toBeUndefined();
  });

  test.each([
    ["https://{{org_slug}}.acme.test/logout", { template: false }, "placeholder"],
    ["https://*.acme.test/login", anywhere, "wildcard"],
    ["myapp://login", anywhere, "http"],
    ["http://acme.test/login", anywhere, "is http"],
    ["nowhere", anywhere, "absolute"],
  ])("refuse %s", (uri, options, problem) =>
    expect(addressProblem(uri, production, options)).toContain(problem),
  );
});

describe("templates", () => {
  const registered = ["https://{{org_slug}}.acme.test/cb", "https://{{host}}/cb", "https://acme.test/{{id}}"];
  const expanded = (values: Record<string, string>, rules = production) =>
    expandAll(registered, rules, (name) => values[name]);

  test("mean an address in an organization that has the values", () => {
    expect(expanded({ org_slug: "mega", host: "mega.com" })).toEqual([
      "https://mega.acme.test/cb",
      "https://mega.com/cb",
    ]);
    expect(expanded({})).toEqual([]);
  });

  test("do not lead where production may not lead", () => {
    expect(expanded({ host: "localhost" })).toEqual([]);
    expect(expanded({ host: "localhost" }, development)).toEqual(["https://localhost/cb"]);
  });

  test("match no request that spells them out", () => {
    for (const uri of registered) expect(isRegistered(uri, registered, development)).toBe(false);
  });
});

describe("matching", () => {
  test.each([
    ["https://app.acme.test/cb", ["https://app.acme.test/cb"], production],
    ["http://127.0.0.1:53682/cb", ["http://127.0.0.1/cb"], nativeProduction],
    ["http://[::1]:53682/cb", ["http://[::1]:1/cb"], nativeProduction],
    ["http://localhost:3000/anything", [], development],
    ["https://auth-7.acme.test/cb", ["https://auth-*.acme.test/cb"], development],
  ])("takes %s for %j", (uri, registered, rules) => expect(isRegistered(uri, registered, rules)).toBe(true));

  test.each([
    ["", ["https://app.acme.test/cb"], production],
    ["https://app.acme.test/cb/", ["https://app.acme.test/cb"], production],
    ["https://app.acme.test/CB", ["https://app.acme.test/cb"], production],
    ["https://app.acme.test:443/cb", ["https://app.acme.test/cb"], production],
    ["https://app.acme.test/cb?x=1", ["https://app.acme.test/cb"], production],
    ["https://app.acme.test/cb#x", ["https://app.acme.test/cb#x"], production],
    ["https://app.acme.test.evil.test/cb", ["https://app.acme.test/cb"], production],
    ["https://app.acme.test@evil.test/cb", ["https://app.acme.test/cb"], production],
    ["https://evil.test/?https://app.acme.test/cb", ["https://app.acme.test/cb"], production],
    ["http://app.acme.test/cb", ["https://app.acme.test/cb"], production],
    ["https://app.acme.test/x/../cb", ["https://app.acme.test/cb"], production],
    ["http://localhost:3000/cb", ["http://127.0.0.1/cb"], nativeProduction],
    ["http://127.0.0.1:1/other", ["http://127.0.0.1/cb"], nativeProduction],
    ["http://127.0.0.1:1/cb?x=1", ["http://127.0.0.1/cb"], nativeProduction],
    ["http://127.0.0.1.evil.test:1/cb", ["http://127.0.0.1/cb"], nativeProduction],
    ["http://127.0.0.1:1/cb", ["http://127.0.0.1/cb"], production],
    ["https://a.b.acme.test/cb", ["https://*.acme.test/cb"], development],
    ["https://.acme.test/cb", ["https://*.acme.test/cb"], development],
    ["https://evil.test/.acme.test/cb", ["https://*.acme.test/cb"], development],
    ["https://evil.test#.acme.test/cb", ["https://*.acme.test/cb"], development],
    ["https://auth-7.acme.test/cb", ["https://auth-*.acme.test/cb"], production],
    ["http://localhost.evil.test/cb", [], development],
    ["http://localhost@evil.test/cb", [], development],
    ["https://localhost/cb", [], development],
  ])("refuses %s for %j", (uri, registered, rules) =>
    expect(isRegistered(uri, registered, rules)).toBe(false),
  );
});
