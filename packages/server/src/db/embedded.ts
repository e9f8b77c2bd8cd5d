/**
 * Runs a real PostgreSQL of our own in the data folder, so that nothing has to be installed.
 *
 * It outlives a killed Node process, and is then adopted by the next. Processes that use one data folder
 * share one server: each holds an advisory lock in it, and the last one to leave stops it.
 */
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { type Account, serverAccount } from "./embedded/account.ts";
import { type Binaries, findBinaries } from "./embedded/binaries.ts";
import { ensureCluster, OWNER, placeCluster, readPassword } from "./embedded/cluster.ts";
import type { EmbeddedLog } from "./embedded/log.ts";
import {
  identify,
  readPostmaster,
  removeStalePidFile,
  type ServerSettings,
  startPostmaster,
  stopPostmaster,
} from "./embedded/postmaster.ts";
import { type LastingConnection, lastingConnection } from "./lasting-connection.ts";

/** How to start it. */
export type EmbeddedOptions = {
  /** The data folder; made when missing, and opened to mode 0711 when we run as root. */
  dataDir: string;
  log: EmbeddedLog;
  /** PostgreSQL settings over our own, such as `fsync: "off"` for tests. An adopted server keeps its own. */
  settings?: ServerSettings;
  /** Where files go that the data folder cannot hold (see `placeCluster`); default `/var/lib/gatehouse`. */
  systemDir?: string;
};

/** A running embedded database. */
export type Embedded = {
  /** Reaches the database `gatehouse` as its superuser. */
  url: string;
  /** True when the server was already running: left by a killed process, or shared with a live one. */
  adopted: boolean;
  /** Stops the server, unless another process uses it. */
  stop(): Promise<void>;
};

type Place = { cluster: string; binaries: Binaries; account: Account | undefined; log: EmbeddedLog };

const SYSTEM_DIR = "/var/lib/gatehouse";
const START_DEADLINE_MS = 60_000;
const RETRY_MS = 250;
const POLL_MS = 10;
// Another process starts or stops it at this moment, queries of a killed server still hold its memory, or
// another program took the port that was free.
const PASSING = /lock file .* already exists|pre-existing shared memory|already in use|could not bind/i;
const MAX_PASSING_FAILURES = 40;
const MAX_OTHER_FAILURES = 2;
// Shared while a process uses the server, exclusive while one stops it. "gatehold" in ASCII.
const USE_LOCK = "7449367193963392100";

/**
 * Starts the embedded PostgreSQL, or joins the one that already runs on this data folder.
 * @throws with the tail of PostgreSQL's log when it does not come up
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const { dataDir, log, settings = {}, systemDir = SYSTEM_DIR } = options;
  const account = serverAccount();
  const cluster = placeCluster(dataDir, account, systemDir, log);
  const binaries = findBinaries(account, systemDir, log);
  const place = { cluster, binaries, account, log };
  await ensureCluster(cluster, binaries, account, settings.fsync !== "off");
  const deadline = Date.now() + START_DEADLINE_MS;
  for (;;) {
    const { port, adopted } = await startOrAdopt(place, settings, join(dataDir, "postgres.log"), deadline);
    try {
      return await hold(place, port, adopted);
    } catch (error) {
      // The last process that used it is just stopping it: wait for that and start it ourselves.
      if (Date.now() > deadline || (await isStillUp(place))) throw error;
    }
  }
}

async function startOrAdopt(place: Place, settings: ServerSettings, logFile: string, deadline: number) {
  const { cluster, binaries, account, log } = place;
  let failures = 0;
  let adopted = true;
  for (;;) {
    const running = await findRunning(place, deadline);
    if (running) return { port: running.port, adopted };
    const failure = await startPostmaster(cluster, binaries, account, settings, logFile);
    adopted = false;
    if (failure === undefined) continue;
    failures += 1;
    const limit = PASSING.test(failure) ? MAX_PASSING_FAILURES : MAX_OTHER_FAILURES;
    if (failures >= limit || Date.now() > deadline) {
      throw new Error(`PostgreSQL does not start on ${cluster}; its log (${logFile}) ends with:\n${failure}`);
    }
    log.warn(`PostgreSQL did not start, trying again: ${failure.split("\n").at(-1)}`);
    await pause(RETRY_MS);
  }
}

// The server of this cluster once it accepts connections; undefined when none runs.
async function findRunning({ cluster, log }: Place, deadline: number) {
  for (;;) {
    const found = readPostmaster(cluster);
    if (!found) return undefined;
    const identity = identify(cluster, found.pid);
    if (identity === "ours" && found.ready) return found;
    if (identity === "dead") return undefined;
    if (identity === "other") {
      log.warn(`${cluster}/postmaster.pid names process ${found.pid}, which is another program: removed`);
      removeStalePidFile(cluster);
      return undefined;
    }
    if (Date.now() > deadline) {
      throw new Error(
        `PostgreSQL (pid ${found.pid}) on ${cluster} neither becomes ready nor ends: stop it by hand`,
      );
    }
    await pause(POLL_MS);
  }
}

async function isStillUp({ cluster }: Place): Promise<boolean> {
  const found = readPostmaster(cluster);
  return found?.ready === true && identify(cluster, found.pid) === "ours";
}

async function hold(place: Place, port: number, adopted: boolean): Promise<Embedded> {
  const base = `postgres://${OWNER}:${readPassword(place.cluster)}@127.0.0.1:${port}`;
  await createDatabase(`${base}/postgres`);
  const url = `${base}/${OWNER}`;
  let stopping = false;
  const holder = await lastingConnection(url, {
    name: "gatehouse holds the embedded server",
    onConnect: async (client) => {
      await client.query("select pg_advisory_lock_shared($1)", [USE_LOCK]);
    },
    onLost: (error) =>
      stopping || place.log.warn(`the embedded PostgreSQL closed a connection: ${error.message}`),
  });
  if (adopted) place.log.info("the embedded PostgreSQL was already running: joined it");
  return {
    url,
    adopted,
    stop() {
      stopping = true;
      return release(place, holder);
    },
  };
}

async function createDatabase(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    const { rowCount } = await client.query("select from pg_database where datname = $1", [OWNER]);
    if (rowCount === 0) await client.query(`create database ${OWNER}`);
  } catch (error) {
    // Another process made it in the meantime: duplicate_database, or the same seen from the index.
    if (!["42P04", "23505"].includes((error as pg.DatabaseError).code ?? "")) throw error;
  } finally {
    await client.end();
  }
}

async function release(place: Place, holder: LastingConnection): Promise<void> {
  const client = holder.current();
  try {
    // A connection that broke and was not noticed yet is none: nothing holds that server any more.
    if (client && !(await isLast(client).catch(() => true))) return;
    const running = readPostmaster(place.cluster);
    if (!running || identify(place.cluster, running.pid) !== "ours") return;
    // The exclusive lock goes with the server, so nobody can join it in between.
    await stopPostmaster(place.cluster, running.pid, place.binaries);
  } finally {
    await holder.close();
  }
}

// A process that joins meanwhile waits for the shared lock, is cut off by the stop, and starts anew.
async function isLast(client: pg.Client): Promise<boolean> {
  await client.query("select pg_advisory_unlock_shared($1)", [USE_LOCK]);
  const { rows } = await client.query("select pg_try_advisory_lock($1) as last", [USE_LOCK]);
  return rows[0].last === true;
}
