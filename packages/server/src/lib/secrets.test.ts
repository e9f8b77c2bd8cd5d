import { expect, test } from "vitest";
import { equalSecret, hashSecret, newSecret, secretSuffix } from "./secrets.ts";

test("a secret has 256 bits by default, in base64url, and never repeats", () => {
  expect(newSecret()).toMatch(/^[A-Za-z0-9_-]{43}$/);
  expect(newSecret(16)).toMatch(/^[A-Za-z0-9_-]{22}$/);
  expect(newSecret()).not.toBe(newSecret());
});

test("fewer than 128 bits are refused", () => {
  expect(() => newSecret(15)).toThrow("A secret needs at least 16 random bytes, not 15");
});

test("the hash is SHA-256", () => {
  expect(hashSecret("abc").toString("hex")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test.each([
  ["equal texts", "secret", "secret", true],
  ["text and its bytes", "sécret", Buffer.from("sécret"), true],
  ["other text", "secret", "secreT", false],
  ["shorter", "secret", "secre", false],
  ["empty against something", "", "x", false],
  ["same length in characters, not in bytes", "é", "e", false],
])("equalSecret: %s", (_, a, b, expected) => {
  expect(equalSecret(a, b)).toBe(expected);
});

test("the suffix is the last four characters", () => {
  expect(secretSuffix("live_abcdefgh")).toBe("efgh");
  expect(secretSuffix("ab")).toBe("ab");
});
