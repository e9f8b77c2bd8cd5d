import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { replaceFile, writeOnce } from "./whole-files.ts";

const folder = mkdtempSync(join(tmpdir(), "gatehouse-files-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("of two writers the first counts, and nothing is left beside the file", () => {
  const file = join(folder, "key");
  expect([writeOnce(file, "one"), writeOnce(file, "two")]).toEqual([true, false]);
  expect(readFileSync(file, "utf8")).toBe("one");
  expect(readdirSync(folder)).toEqual(["key"]);
});

test("a file is replaced, and only its owner reads it", () => {
  const file = join(folder, "key");
  replaceFile(file, "three");
  expect(readFileSync(file, "utf8")).toBe("three");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(folder)).toEqual(["key"]);
});

test("a folder that is not there is an error, not a silence", () => {
  expect(() => writeOnce(join(folder, "absent", "key"), "x")).toThrow("ENOENT");
  expect(() => replaceFile(join(folder, "absent", "key"), "x")).toThrow("ENOENT");
});
