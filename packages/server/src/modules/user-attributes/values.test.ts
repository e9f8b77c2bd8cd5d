/** What the text of an identity provider becomes in each datatype. */
import { expect, test } from "vitest";
import { typedValue } from "./values.ts";

test.each([
  ["STRING", "007", "007"],
  ["NUMBER", "7.5", 7.5],
  ["NUMBER", "seven", undefined],
  ["NUMBER", " ", undefined],
  ["NUMBER", "Infinity", undefined],
  ["BOOL", "TRUE", true],
  ["BOOL", "0", false],
  ["BOOL", "yes", undefined],
  ["BOOL", "constructor", undefined],
  ["ARRAY", "one", ["one"]],
  ["ARRAY", '["one","two"]', ["one", "two"]],
  ["OBJECT", '{"a":1}', { a: 1 }],
  ["OBJECT", "[1]", undefined],
  ["OBJECT", "null", undefined],
  ["OBJECT", "{", undefined],
] as const)("%s of %j is %j", (datatype, text, value) => {
  expect(typedValue(text, datatype)).toEqual(value);
});
