import { expect, test } from "vitest";
import { inParts } from "./in-parts.ts";

test.each([
  ["nothing", [], []],
  ["what fits", ["aa", "bb"], [["aa", "bb"]]],
  ["what does not fit", ["aa", "bbb", "c"], [["aa"], ["bbb", "c"]]],
  ["what is too long by itself", ["a", "bbbbbb", "c"], [["a"], ["bbbbbb"], ["c"]]],
])("%s", (_name, texts, parts) => {
  expect(inParts(texts, 4)).toEqual(parts);
});
