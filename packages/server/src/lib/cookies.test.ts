import { describe, expect, test } from "vitest";
import { type CookieOptions, cookie, cookieName, readCookies } from "./cookies.ts";

const options: CookieOptions = { httpOnly: true, secure: true, sameSite: "Lax", path: "/" };

describe("readCookies", () => {
  test.each([
    [undefined, {}],
    ["", {}],
    ["a=1; b=2", { a: "1", b: "2" }],
    ["a=1;b=2", { a: "1", b: "2" }],
    ["a=1; a=2", { a: "1" }],
    ["a=b=c", { a: "b=c" }],
    ["a=", { a: "" }],
    ["a; =x; b=1", { b: "1" }],
    ["a=%20; b=x y; c=1", { a: "%20", c: "1" }],
    ['a="1"; b=2', { b: "2" }],
    ["b\u0001=1; c=2", { c: "2" }],
  ])("%j", (header, expected) => {
    expect({ ...readCookies(header) }).toEqual(expected);
  });

  test("names of inherited members are plain names", () => {
    const cookies = readCookies("__proto__=1; constructor=2");
    expect(Object.entries(cookies)).toEqual([
      ["__proto__", "1"],
      ["constructor", "2"],
    ]);
    expect(cookies.toString).toBeUndefined();
  });
});

describe("cookie", () => {
  test("writes every attribute", () => {
    expect(cookie("gh_session", "abc", { ...options, maxAgeSeconds: 60, domain: "example.com" })).toBe(
      "gh_session=abc; Path=/; Domain=example.com; Max-Age=60; SameSite=Lax; HttpOnly; Secure",
    );
  });

  test("writes none that is not asked for", () => {
    expect(cookie("a", "", { httpOnly: false, secure: false, sameSite: "Strict", path: "/x" })).toBe(
      "a=; Path=/x; SameSite=Strict",
    );
  });

  test.each<[string, string, string, Partial<CookieOptions>]>([
    ["a name with a blank", "a b", "1", {}],
    ["an empty name", "", "1", {}],
    ["a value that starts another attribute", "a", "1; Domain=evil.example", {}],
    ["a value with a line break", "a", "1\r\nSet-Cookie: b=2", {}],
    ["a path with a semicolon", "a", "1", { path: "/;x" }],
    ["a relative path", "a", "1", { path: "x" }],
    ["a domain with a semicolon", "a", "1", { domain: "a.example;x" }],
    ["a fraction of a second", "a", "1", { maxAgeSeconds: 1.5 }],
    ["a negative age", "a", "1", { maxAgeSeconds: -1 }],
    ["SameSite=None over http", "a", "1", { sameSite: "None", secure: false }],
    ["__Host- with a domain", "__Host-a", "1", { domain: "a.example" }],
    ["__Host- below a path", "__Host-a", "1", { path: "/x" }],
    ["__Host- over http", "__Host-a", "1", { secure: false }],
    ["__Secure- over http", "__Secure-a", "1", { secure: false }],
  ])("refuses %s", (_, name, value, change) => {
    expect(() => cookie(name, value, { ...options, ...change })).toThrow(/cannot be set/);
  });
});

test.each([
  [{ https: true }, "__Host-gh_session"],
  [{ https: true, domain: "example.com" }, "__Secure-gh_session"],
  [{ https: false }, "gh_session"],
])("cookieName for %j", (site, expected) => {
  expect(cookieName("gh_session", site)).toBe(expected);
});
