/**
 * `npm run check`: everything but the tests. Format, lint, types, architecture, and whether the generated files
 * are what their sources make; prints a line a step and ends with 1 when one failed.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const generated = [
  "packages/contract/gen/**/*.{js,ts}",
  "packages/server/src/db/schema.ts",
  "docs/*.md",
  "packages/contract/openapi.json",
];

const failed = [
  step("format and lint", [bin("tools", "biome"), "ci", "--colors=off", "--error-on-warnings", "."]),
  step("types", [bin(".", "tsc"), "-p", "."]),
  step("types of the pages", [bin(".", "tsc"), "-p", "apps/login"]),
  step("types of the page parts", [bin(".", "tsc"), "-p", "packages/ui"]),
  ...["bench", "interop"]
    .filter((folder) => existsSync(join(root, folder, "node_modules")))
    .map((folder) => step(`types of ${folder}/`, [bin(".", "tsc"), "-p", folder])),
  step("architecture", [bin(".", "vitest"), "run", "packages/server/src/architecture.test.ts"]),
  step("measures", [process.execPath, "scripts/measures.ts"]),
  step("proofs", [process.execPath, "scripts/check-proofs.ts"]),
  drift(),
].filter((name) => name !== undefined);

if (failed.length > 0) {
  console.error(`\nFailed: ${failed.join(", ")}`);
  process.exit(1);
}

/** @returns the name of the step when it failed */
function step(name: string, [command = "", ...args]: string[]): string | undefined {
  const start = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: "utf8" });
  console.log(
    `${status === 0 ? "ok    " : "FAILED"} ${name} (${((performance.now() - start) / 1000).toFixed(1)} s)`,
  );
  if (status === 0) return undefined;
  console.log(`${stdout}${stderr}`);
  return name;
}

/** Generates everything anew; a file that came out different was edited, or its source was and it was not. */
function drift(): string | undefined {
  const before = fingerprints();
  const failure = step("generate", [process.execPath, "scripts/generate.ts"]);
  if (failure) return failure;
  const after = fingerprints();
  const changed = [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
  if (changed.length === 0) return undefined;
  console.log(
    `These files differed from what generates them, and were written anew:\n  ${changed.join("\n  ")}`,
  );
  return "drift of generated files";
}

function fingerprints(): Map<string, string> {
  const files = globSync(generated, { cwd: root });
  return new Map(
    files.map((file) => [
      file,
      createHash("sha256")
        .update(readFileSync(join(root, file)))
        .digest("hex"),
    ]),
  );
}

function bin(folder: string, name: string): string {
  return join(root, folder, "node_modules", ".bin", name);
}
