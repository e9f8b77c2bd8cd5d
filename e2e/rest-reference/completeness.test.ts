/** No endpoint of the REST reference is forgotten: each has its case or a reason, and is in the published API document. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endpoints, type Group, leftOut } from "./endpoints.ts";

const files = globSync("*.test.ts", { cwd: import.meta.dirname }).sort();
const sources = files.map((file) => readFileSync(join(import.meta.dirname, file), "utf8"));
const groups = Object.keys(endpoints) as Group[];

test.each(groups)("the group %s has cases or a reason", (group) => {
  const tables = sources.filter((source) => source.includes(`\ndescribeEndpoints("${group}",`));
  expect(tables).toHaveLength(group in leftOut ? 0 : 1);
});

test("the published API document has every endpoint that is not left out", () => {
  const address = join(import.meta.dirname, "../../packages/contract/openapi.json");
  const { paths } = JSON.parse(readFileSync(address, "utf8")) as { paths: Record<string, object> };
  const published = Object.entries(paths).flatMap(([path, verbs]) =>
    Object.keys(verbs).map((verb) => unnamed(`${verb.toUpperCase()} ${path}`)),
  );
  const shown = groups
    .filter((group) => !(group in leftOut))
    .flatMap((group): string[] => [...endpoints[group]]);
  const missing = shown.filter((each) => each.includes("/api/") && !published.includes(unnamed(each)));
  expect(missing).toEqual([]);
});

/** Documents name the variables of one path differently. */
function unnamed(endpoint: string): string {
  return endpoint.replace(/\{\w+\}/g, "{}");
}
