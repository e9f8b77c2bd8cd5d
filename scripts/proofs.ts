/**
 * Which test file proves which method of the API, for the compatibility page. A test run sees which methods answer
 * while a test runs that passes (proofs-setup.ts); the choice among the files is kept in proofs.json, and every later
 * run of a chosen file sees whether it still holds.
 */
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const kept = join(import.meta.dirname, "proofs.json");

/** Set for a run that is watched: the folder where each test file leaves what it saw. */
export const WATCH_FOLDER = "GATEHOUSE_PROOFS";

/** Test files by the full names of the methods that they prove. */
export type Proofs = Readonly<Record<string, string>>;

/** What a test file saw. */
export interface Seen {
  /** Relative to the root. */
  file: string;
  /** Those of its tests that passed, with the methods that answered meanwhile. */
  tests: readonly { title: string; methods: readonly string[] }[];
}

/** The proofs as they are kept. */
export function readProofs(): Proofs {
  return existsSync(kept) ? (JSON.parse(readFileSync(kept, "utf8")) as Proofs) : {};
}

/**
 * Runs tests, and keeps what they prove.
 * @param filters of the paths of test files; none = all. What the others prove stays as it is kept.
 */
export function watchTests(filters: readonly string[]): void {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-proofs-"));
  spawnSync(process.execPath, [join(root, "node_modules/vitest/vitest.mjs"), "run", ...filters], {
    cwd: root,
    env: { ...process.env, [WATCH_FOLDER]: folder },
    stdio: "inherit",
  });
  const seen = globSync("*.json", { cwd: folder }).map(
    (name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Seen,
  );
  rmSync(folder, { recursive: true });
  writeFileSync(kept, `${JSON.stringify(chooseProofs(seen, readProofs()), null, 2)}\n`);
}

/**
 * Chooses the file that proves each method: at the best place, and there the one with a test of that name, or else with
 * the test that does least besides.
 * @param before what was kept; it counts for files that were not run and are still there
 */
export function chooseProofs(seen: readonly Seen[], before: Proofs): Proofs {
  const run = new Set(seen.map(({ file }) => file));
  const best = new Map<string, Candidate>();
  for (const [method, file] of Object.entries(before)) {
    if (!run.has(file) && existsSync(join(root, file))) offer(best, method, { file, others: 0 });
  }
  for (const { file, tests } of seen) {
    for (const { title, methods } of tests) {
      for (const method of methods) {
        const isNamed = title.toLowerCase() === method.split("/")[1]?.toLowerCase();
        offer(best, method, { file, others: isNamed ? 0 : methods.length });
      }
    }
  }
  return Object.fromEntries([...best].map(([method, { file }]) => [method, file] as const).sort(byName));
}

/** The methods that a file should prove and did not, if all of its tests ran and passed. */
export function broken(proofs: Proofs, { file, tests }: Seen): string[] {
  const answered = new Set(tests.flatMap(({ methods }) => methods));
  return Object.keys(proofs).filter((method) => proofs[method] === file && !answered.has(method));
}

interface Candidate {
  file: string;
  /** How many methods answer in the test that proves it; 0 when it is about this one. */
  others: number;
}

function offer(best: Map<string, Candidate>, method: string, candidate: Candidate): void {
  if (placeOf(method, candidate) === undefined) return;
  const current = best.get(method);
  if (current === undefined || isBetter(method, candidate, current)) best.set(method, candidate);
}

function isBetter(method: string, one: Candidate, other: Candidate): boolean {
  const places = Number(placeOf(method, one)) - Number(placeOf(method, other));
  const difference = places || one.others - other.others;
  return difference < 0 || (difference === 0 && one.file < other.file);
}

/**
 * A case of the SDK's reference comes first, then the method's own module, then other places where it is called for a
 * reason. What walks over all methods, such as the test of tenancy, says nothing of what each of them does.
 */
function placeOf(method: string, { file, others }: Candidate): number | undefined {
  if (others === 0 && file.startsWith("e2e/sdk-reference/")) return 0;
  const module = method.split("/")[0]?.split(".").at(-2)?.replaceAll("_", "-");
  const modules = "packages/server/src/modules/";
  const places = [`${modules}${module}/`, "e2e/rest-reference/", modules, "e2e/"];
  const place = places.findIndex((each) => file.startsWith(each));
  return place === -1 ? undefined : place + 1;
}

function byName([one]: readonly [string, string], [other]: readonly [string, string]): number {
  return one < other ? -1 : 1;
}
