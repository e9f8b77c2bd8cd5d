/** Entity tags: what the headers let pass. */
import { expect, test } from "vitest";
import { formatEtag, isNotModified, passesIfMatch } from "./etag.ts";

const etag = formatEtag(3);

test("tags are weak", () => {
  expect(etag).toBe('W/"3"');
});

test.each([
  [undefined, true, false],
  ["*", true, true],
  ['W/"3"', true, true],
  ['"3"', true, true],
  ["3", true, true],
  ['W/"1", W/"3"', true, true],
  ['W/"1","3"', true, true],
  ['W/"2"', false, false],
  ['W/"33"', false, false],
  ["", false, false],
  ['"', false, false],
])("If-Match and If-None-Match: %s", (header, passes, notModified) => {
  expect(passesIfMatch(header, etag)).toBe(passes);
  expect(isNotModified(header, etag)).toBe(notModified);
});
