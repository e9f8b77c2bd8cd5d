/** Which requests with a cookie count as those of our own pages. */
import { expect, test } from "vitest";
import { isOwnPage } from "./own-page.ts";

const host = "auth.acme.com";

test.each<[string, Record<string, string>, boolean]>([
  ["a page of ours", { "sec-fetch-site": "same-origin" }, true],
  ["the address bar", { "sec-fetch-site": "none" }, true],
  ["a sibling domain", { "sec-fetch-site": "same-site" }, false],
  ["a stranger", { "sec-fetch-site": "cross-site" }, false],
  ["a stranger that names our origin", { "sec-fetch-site": "cross-site", origin: `https://${host}` }, false],
  ["a page of ours without metadata", { origin: `https://${host}` }, true],
  ["a stranger without metadata", { origin: "https://evil.example" }, false],
  ["another port", { origin: `https://${host}:8443` }, false],
  ["a page that hides its origin", { origin: "null" }, false],
  ["a program", {}, true],
])("%s", (_name, headers, expected) => {
  expect(isOwnPage({ host, ...headers })).toBe(expected);
  expect(isOwnPage({ ":authority": host, ...headers })).toBe(expected);
});
