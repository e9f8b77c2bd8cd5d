/** Where the embedded database's files are, and how they are first made. */
import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Account, canEnter } from "./account.ts";
import type { Binaries } from "./binaries.ts";
import type { EmbeddedLog } from "./log.ts";

const run = promisify(execFile);
const LOCATION_FILE = "postgres-location.txt";
const PASSWORD_FILE = "gatehouse-password";
const ABANDONED_AFTER_MS = 10 * 60 * 1000;

/** The superuser's name, which is also the name of the database. */
export const OWNER = "gatehouse";

/**
 * Chooses the folder of the cluster: `postgres` in the data folder, or one below `systemDir` when the
 * account cannot enter the data folder (it is below `/root`, say). Makes the data folder.
 * @throws when files are there that this choice would silently leave behind
 */
export function placeCluster(
  dataDir: string,
  account: Account | undefined,
  systemDir: string,
  log: EmbeddedLog,
): string {
  mkdirSync(dataDir, { recursive: true });
  const folder = realpathSync(dataDir);
  const inside = join(folder, "postgres");
  const hash = createHash("sha256").update(folder).digest("hex").slice(0, 16);
  const outside = join(systemDir, hash);
  // Once outside, it stays there: a parent folder that was opened since must not bring up an empty database.
  const moved = account && existsSync(join(outside, "PG_VERSION")) && !existsSync(inside);
  if (!account || (!moved && canEnter(account, dirname(folder)))) {
    // The account must be able to pass through the data folder, and has no business in the rest of it.
    if (account) chmodSync(folder, 0o711);
    refuseForeignLocation(folder, inside);
    return inside;
  }
  refuseUnreachable(inside);
  refuseForeignLocation(folder, outside);
  mkdirSync(systemDir, { recursive: true, mode: 0o755 });
  writeFileSync(join(folder, LOCATION_FILE), `${outside}\n`);
  log.info(`the database's files are in ${outside}: ${folder} is closed to the user that runs PostgreSQL`);
  return outside;
}

/** Deletes the cluster of a data folder wherever it is, with the folder. Nothing may run on it. */
export function deleteCluster(dataDir: string): void {
  const note = join(dataDir, LOCATION_FILE);
  if (existsSync(note)) rmSync(readFileSync(note, "utf8").trim(), { recursive: true, force: true });
  rmSync(dataDir, { recursive: true, force: true });
}

function refuseUnreachable(inside: string): void {
  if (!existsSync(join(inside, "PG_VERSION"))) return;
  throw new Error(
    `the database's files are in ${inside}, which uid 65534 (it runs PostgreSQL when Gatehouse runs as root) can no ` +
      "longer reach: give the folders above it the permission x for others",
  );
}

// A data folder that was moved: the database would seem empty, since its place depends on the path.
function refuseForeignLocation(dataDir: string, cluster: string): void {
  const note = join(dataDir, LOCATION_FILE);
  if (!existsSync(note) || existsSync(join(cluster, "PG_VERSION"))) return;
  const noted = readFileSync(note, "utf8").trim();
  if (noted === cluster || !existsSync(noted)) return;
  throw new Error(
    `${note} says that the database's files are in ${noted}, and they belong in ${cluster} now that the data folder ` +
      `is ${dataDir}: move them there, or delete the note to begin with an empty database`,
  );
}

/**
 * Makes the cluster with a random password unless it is there. Safe when two processes do it at once: each
 * makes its own, the first to finish wins and the other's is thrown away.
 * @param sync false: do not wait for the disk (tests)
 * @throws with initdb's own words when it fails, or when an incompatible PostgreSQL made the cluster
 */
export async function ensureCluster(
  cluster: string,
  binaries: Binaries,
  account: Account | undefined,
  sync: boolean,
): Promise<void> {
  if (!existsSync(join(cluster, "PG_VERSION"))) await makeCluster(cluster, binaries, account, sync);
  const { uid } = statSync(cluster);
  const wanted = account?.uid ?? process.getuid?.() ?? uid;
  if (uid !== wanted) {
    throw new Error(
      `the database's files in ${cluster} belong to uid ${uid}, and PostgreSQL would run as uid ${wanted}: start ` +
        `Gatehouse as the user who started it first, or give the files away with \`chown -R ${wanted} ${cluster}\``,
    );
  }
  const major = readFileSync(join(cluster, "PG_VERSION"), "utf8").trim();
  if (major === binaries.version.split(".")[0]) return;
  throw new Error(
    `the database's files in ${cluster} are of PostgreSQL ${major}, the installed one is ${binaries.version}: dump ` +
      "them with the Gatehouse that made them and restore into a new data folder",
  );
}

async function makeCluster(cluster: string, binaries: Binaries, account: Account | undefined, sync: boolean) {
  removeAbandonedDrafts(cluster);
  const parent = mkdtempSync(`${cluster}.new-`);
  const draft = join(parent, "cluster");
  const passwordFile = join(parent, PASSWORD_FILE);
  try {
    mkdirSync(draft, { mode: 0o700 });
    writeFileSync(passwordFile, randomBytes(24).toString("base64url"), { mode: 0o600 });
    if (account) for (const path of [parent, draft, passwordFile]) chownSync(path, account.uid, account.gid);
    await run(binaries.initdb, initdbArguments(draft, passwordFile, sync), {
      env: cleanEnv(),
      cwd: "/",
      ...account,
    });
    renameSync(passwordFile, join(draft, PASSWORD_FILE));
    renameSync(draft, cluster);
  } catch (error) {
    if (existsSync(join(cluster, "PG_VERSION"))) return;
    const said = (error as { stderr?: string }).stderr?.trim() || (error as Error).message;
    // initdb asks the system for its user's name, which a container run with any number has none of.
    const hint = said.includes("could not look up effective user ID")
      ? ". Give that user an entry in /etc/passwd, or set DATABASE_URL to a PostgreSQL of your own"
      : "";
    throw new Error(`initdb could not make the database in ${cluster}: ${said}${hint}`, { cause: error });
  } finally {
    rmSync(parent, { recursive: true, force: true });
  }
}

// Of a process that was killed while it made the cluster.
function removeAbandonedDrafts(cluster: string): void {
  for (const name of readdirSync(dirname(cluster))) {
    if (!name.startsWith(`${basename(cluster)}.new-`)) continue;
    const draft = join(dirname(cluster), name);
    if (statSync(draft).mtimeMs < Date.now() - ABANDONED_AFTER_MS)
      rmSync(draft, { recursive: true, force: true });
  }
}

function initdbArguments(folder: string, passwordFile: string, sync: boolean): string[] {
  return [
    `--pgdata=${folder}`,
    `--username=${OWNER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    // Sorts and folds case alike on every machine, whatever locales it has.
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    "--no-instructions",
    ...(sync ? [] : ["--no-sync"]),
  ];
}

/** The password of the cluster's superuser. */
export function readPassword(cluster: string): string {
  return readFileSync(join(cluster, PASSWORD_FILE), "utf8");
}

/** An environment for PostgreSQL's programs without ours: PGPORT, PGDATA and the like would lead them astray. */
export function cleanEnv(): NodeJS.ProcessEnv {
  const { PATH, SystemRoot, TEMP } = process.env;
  return { PATH, SystemRoot, TEMP, LC_ALL: "C", TZ: "UTC" };
}
