/**
 * `npm run generate`: writes every generated file from its source. `npm run check` fails when one differs.
 * `npm run generate -- --proofs [paths]` first runs the tests, those at the paths or all, to see what they prove.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { argv } from "node:process";
import { watchTests } from "./proofs.ts";

const root = join(import.meta.dirname, "..");

/** In this order: the contract first, since the documentation reads it. */
const generators = [
  "generate-contract.ts",
  "generate-schema.ts",
  "generate-configuration.ts",
  "generate-errors.ts",
  "generate-compatibility.ts",
  "generate-openapi.ts",
  "generate-guides.ts",
];

const [option, ...paths] = argv.slice(2);
if (option === "--proofs") watchTests(paths);

for (const file of generators) {
  const { status } = spawnSync(process.execPath, [join(root, "scripts", file)], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0) process.exit(status ?? 1);
}
