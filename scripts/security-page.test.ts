/** docs/security.md lists every class of attack once, with tests that exist, and forgets no test of the suite. */
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, join, relative, resolve } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "..");
const docs = join(root, "docs");
const suite = "packages/server/src/security";

interface Row {
  name: string;
  what: string;
  /** From the root of the repository; none for what is not built. */
  files: string[];
  proof: string;
}

const rows: Row[] = readFileSync(join(docs, "security.md"), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| "))
  .slice(1)
  .map((line) => {
    const [name = "", what = "", proof = ""] = line.slice(2, -2).split(" | ");
    const links = [...proof.matchAll(/\]\(([^)]+)\)/g)].map(([, link = ""]) => link);
    const files = links.map((link) => relative(root, resolve(docs, link)));
    return { name, what, files, proof };
  });

test("names each of the 33 classes once", () => {
  expect(new Set(rows.map(({ name }) => name)).size).toBe(33);
  expect(rows).toHaveLength(33);
});

test.each(rows)("$name: a test that exists, or plainly that it is not built", ({ what, files, proof }) => {
  expect(what).toMatch(/\.$/);
  if (files.length === 0) expect([proof, /not built yet/.test(what)]).toEqual(["not built yet", true]);
  expect(files.filter((file) => !/\.test\.ts$/.test(file) || !existsSync(join(root, file)))).toEqual([]);
});

test("lists every test of the suite, under the class that it is named after", () => {
  const listed = rows.flatMap(({ name, files }) =>
    files.filter((file) => file.startsWith(suite)).map((file) => [basename(file, ".test.ts"), name] as const),
  );
  const there = globSync("*.test.ts", { cwd: join(root, suite) }).map((file) => basename(file, ".test.ts"));
  expect(listed.map(([file]) => file).sort()).toEqual(there.sort());
  expect(listed.filter(([file, name]) => !slug(name).startsWith(file))).toEqual([]);
});

/** As file names have it: lower case, a hyphen for whatever is no letter. */
function slug(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
}
