/**
 * `npm run bench [-- <job> …] [--peers-only]`: installs the peers when needed, starts one PostgreSQL for all sides, runs
 * the jobs in turn and prints one JSON line a job. Figures are never judged here: the exit code is 1 only when a job
 * could not run.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "./lib/bench.ts";
import { printLine, progress } from "./lib/report.ts";

const here = import.meta.dirname;
const installed = join(here, "node_modules", ".package-lock.json");

installWhenNeeded();
// What needs the peers' packages is loaded only now, since they may just have been installed.
const { jobs } = await import("./jobs/list.ts");
const { startPostgres } = await import("./lib/postgres.ts");
const { startGatehouse } = await import("./lib/gatehouse.ts");

const words = process.argv.slice(2);
const peersOnly = words.includes("--peers-only");
const chosen = words.filter((word) => !word.startsWith("--"));
const unknown = chosen.find((name) => !(name in jobs));
if (unknown !== undefined) {
  progress(`there is no job "${unknown}"; the jobs are ${Object.keys(jobs).join(", ")}`);
  process.exit(1);
}
process.exitCode = (await runAll(chosen.length > 0 ? chosen : Object.keys(jobs))) ? 0 : 1;

async function runAll(names: string[]): Promise<boolean> {
  await using started = new AsyncDisposableStack();
  // Children of ours that share the terminal end by themselves; PostgreSQL is detached and does not.
  process.once("SIGINT", () => void started.disposeAsync().finally(() => process.exit(130)));
  const postgres = await startPostgres();
  started.defer(postgres.stop);
  const start = async () => {
    const server = await startGatehouse(await postgres.createDatabase("bench_gatehouse"));
    started.defer(server.stop);
    return server;
  };
  let server: ReturnType<typeof start> | undefined;
  const gatehouse = async () => {
    if (peersOnly) return undefined;
    server ??= start();
    return server;
  };
  let allRan = true;
  for (const name of names) allRan = (await runJob(name, { postgres, peersOnly, gatehouse })) && allRan;
  return allRan;
}

async function runJob(name: string, bench: Bench): Promise<boolean> {
  progress(`${name} …`);
  try {
    const run = jobs[name];
    if (run) printLine(await run(bench));
    return true;
  } catch (error) {
    printLine({ job: name, error: (error as Error).message });
    return false;
  }
}

// npm leaves a copy of the lockfile beside what it installed; root and bench have separate ones.
function installWhenNeeded(): void {
  const wanted = lockedPackages(join(here, "package-lock.json"));
  if (existsSync(installed) && wanted === lockedPackages(installed)) return;
  progress("installing the peers …");
  // Their install scripts build drivers that the benchmarks do not load.
  const result = spawnSync("npm", ["ci", "--ignore-scripts"], { cwd: here, stdio: ["ignore", 2, 2] });
  if (result.error) throw new Error(`cannot run npm: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`npm ci in bench/ ended with status ${result.status}`);
}

function lockedPackages(file: string): string {
  const { packages } = JSON.parse(readFileSync(file, "utf8")) as {
    packages: Record<string, { version?: string; optional?: boolean }>;
  };
  // Optional packages are installed on some machines and not on others.
  const names = Object.entries(packages).filter(([path, { optional }]) => path !== "" && !optional);
  return names
    .map(([path, { version }]) => `${path}@${version}`)
    .sort()
    .join("\n");
}
