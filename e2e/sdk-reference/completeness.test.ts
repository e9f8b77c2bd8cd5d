/** No client object and no method of the official SDK is forgotten: each has its cases in one file, or a reason. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { areas, methodsOf } from "./cases.ts";
import { leftOut } from "./left-out.ts";

const files = globSync("*.test.ts", { cwd: import.meta.dirname }).sort();
const sources = files.map((file) => readFileSync(join(import.meta.dirname, file), "utf8"));

test.each(areas())("client object %s has cases or a reason", (area) => {
  const tables = sources.filter((source) => source.includes(`\ndescribeMethods("${area}",`));
  expect(tables).toHaveLength(area in leftOut ? 0 : 1);
});

test.each(Object.keys(leftOut))("%s, which is left out, is there", (name) => {
  const [area = "", method] = name.split(".");
  const known = areas().find((each) => each === area);
  if (known === undefined) throw new Error(`the SDK has no client object ${area}`);
  if (method !== undefined) expect(methodsOf(known)).toContain(method);
});

test("reflection finds what the SDK's reference names", () => {
  expect(areas()).toEqual(expect.arrayContaining(["client", "organization", "m2m", "session", "token"]));
  expect(methodsOf("organization")).toEqual(
    expect.arrayContaining(["createOrganization", "generatePortalLink"]),
  );
  expect(methodsOf("client")).toEqual(expect.arrayContaining(["getAuthorizationUrl", "getLogoutUrl"]));
});
