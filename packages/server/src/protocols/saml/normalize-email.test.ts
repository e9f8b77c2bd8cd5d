import { expect, test } from "vitest";
import { normalizeEmail } from "./normalize-email.ts";

test.each([
  ["Mia@ACME.test", "mia@acme.test"],
  ["  mia@acme.test\n", "mia@acme.test"],
  ["mia+tag@sub.acme.test", "mia+tag@sub.acme.test"],
  ["o'neil_x-1@acme.test", "o'neil_x-1@acme.test"],
  ["ｍｉａ@acme.test", "mia@acme.test"],
  ["mia@ACME。test".replace("。", "."), "mia@acme.test"],
  ["mia@bücher.example", "mia@xn--bcher-kva.example"],
  ["mia@xn--bcher-kva.example", "mia@xn--bcher-kva.example"],
])("%j becomes %s", (input, expected) => {
  expect(normalizeEmail(input)).toBe(expected);
});

test.each([
  ["a full-width @", "mia＠acme.test"],
  ["a small @", "mia﹫acme.test"],
  ["a second one", "victim＠acme.test@evil.test"],
  ["two @", "a@b@acme.test"],
  ["no @", "acme.test"],
  ["no domain", "mia@"],
  ["no local part", "@acme.test"],
  ["no dot", "mia@localhost"],
  ["an IPv4 address", "mia@127.0.0.1"],
  ["a number that means one", "mia@0x7f.1"],
  ["an address literal", "mia@[127.0.0.1]"],
  ["a quoted local part", '"mia x"@acme.test'],
  ["a comment", "mia(x)@acme.test"],
  ["a name with it", "Mia <mia@acme.test>"],
  ["a space", "mia x@acme.test"],
  ["a line break", "mia@acme.test\nbcc: x@y.test"],
  ["a null", "mia\u0000@acme.test"],
  ["a zero-width space", "mia\u200b@acme.test"],
  ["a Cyrillic letter in the local part", "mi\u0430@acme.test"],
  ["dots in the wrong place", "mia.@acme.test"],
  ["an empty label", "mia@acme..test"],
  ["a path in the domain", "mia@acme.test/x"],
  ["a port in the domain", "mia@acme.test:25"],
  ["a percent escape in the domain", "mia@acme%2etest"],
  ["a long local part", `${"a".repeat(65)}@acme.test`],
  ["a long address", `mia@${"a.".repeat(130)}test`],
  ["nothing", ""],
])("%s is refused", (_name, input) => {
  expect(normalizeEmail(input)).toBeUndefined();
});
