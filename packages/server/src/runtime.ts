/**
 * What a process of Gatehouse needs before it can do anything: the database, its migrations, the sealing keys,
 * the caches and the guarded fetch. The server and the commands open the same one.
 */
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { type Logger, pino } from "pino";
import type { Config } from "./config.ts";
import type { App } from "./context.ts";
import { insertDataKey, listDataKeys, withStartLock } from "./db/data-keys.store.ts";
import { type Db, openDb } from "./db/db.ts";
import { invalidationChannel } from "./db/invalidation.ts";
import { migrate } from "./db/migrate.ts";
import { listen } from "./db/notify.ts";
import { shareCounts } from "./db/shared-counts.ts";
import { Cache, decodeInvalidation } from "./lib/cache.ts";
import { createKeyring, type Keyring, wrapDataKey } from "./lib/keyring.ts";
import { RateLimiter } from "./lib/rate-limiter.ts";
import { createSafeFetch, type SafeFetch } from "./lib/safe-fetch.ts";
import { writeOnce } from "./lib/whole-files.ts";
import { reachable } from "./reachable.ts";

export interface Runtime {
  app: App;
  databaseUrl: string;
  close(): Promise<void>;
}

/** What tests put in the place of the real thing. */
export interface Fakes {
  now?: () => Date;
  log?: Logger;
  fetch?: SafeFetch;
}

/** Loads are short and rare. */
const loadPoolSize = 2;
const cacheEntries = 50_000;
/** 20 to 30 MB when full. */
const limitedKeys = 200_000;

/**
 * Opens the database (starting the embedded one where no other is named), migrates it and unseals its keys.
 * @throws MigrationError, KeyringError; what was opened until then is closed again
 */
export async function openRuntime(config: Config, fakes: Fakes = {}): Promise<Runtime> {
  await using opened = new AsyncDisposableStack();
  const log = fakes.log ?? pino({ level: config.logLevel, redact: ["*.authorization", "*.cookie"] });
  const now = fakes.now ?? (() => new Date());
  const database = opened.adopt(await openDatabase(config, log), ({ stop }) => stop());
  await migrate(database.url);
  const db = openPool(opened, database.url, config.databasePoolSize, log);
  const loadDb = openPool(opened, database.url, loadPoolSize, log);
  const cache = new Cache({ maxEntries: cacheEntries, now });
  opened.defer(await keepFresh(cache, database.url, log));
  const limits = limiterOf(config, now);
  if (limits) opened.defer(await shareCounts(limits, { url: database.url, db: loadDb, log }));
  const keys = await openKeyring(config, db);
  const fetch = fakes.fetch ?? createSafeFetch({ allow: reachable(config), allowHttp: false });
  const owned = opened.move();
  return {
    app: { config, db, loadDb, log, now, keys, fetch, cache, limits },
    databaseUrl: database.url,
    close: () => owned.disposeAsync(),
  };
}

function openPool(opened: AsyncDisposableStack, url: string, max: number, log: Logger): Db {
  let isClosing = false;
  const db = openDb(url, {
    max,
    onIdleError({ message }) {
      // At a stop the database may end a connection before it has read our farewell.
      if (isClosing) return;
      // The error itself carries the whole client.
      log.warn({ reason: message }, "an idle database connection broke");
    },
  });
  return opened.adopt(db, (db) => {
    isClosing = true;
    return db.destroy();
  });
}

/** Drops what other processes change. @returns how to stop */
function keepFresh(cache: Cache, url: string, log: Logger): Promise<() => Promise<void>> {
  return listen(url, invalidationChannel, (message) => drop(cache, message), {
    onReconnect: () => cache.dropAll(),
    onLost: (err) => log.warn({ err }, "the database connection that announces changes broke"),
  });
}

function limiterOf({ limits }: Config, now: () => Date): App["limits"] {
  return limits && new RateLimiter({ limits, windowSeconds: 60, maxKeys: limitedKeys, now });
}

async function openDatabase(config: Config, log: Logger): Promise<{ url: string; stop(): Promise<void> }> {
  if (config.databaseUrl !== "") return { url: config.databaseUrl, stop: async () => undefined };
  const { startEmbedded } = await import("./db/embedded.ts");
  return startEmbedded({ dataDir: config.dataDir, log });
}

function drop(cache: Cache, message: string): void {
  const named = decodeInvalidation(message);
  if (named) cache.drop(named.topic, named.key);
  else cache.dropAll();
}

/** The keys that seal secrets at rest, made at the first start. @throws KeyringError when the master key is another one */
async function openKeyring(config: Config, db: Db): Promise<Keyring> {
  const masterKey = config.masterKey ?? developmentMasterKey(config);
  return withStartLock(db, async (db) => {
    const known = await listDataKeys(db);
    if (known.length > 0) return createKeyring(masterKey, known);
    await insertDataKey(db, wrapDataKey(masterKey));
    return createKeyring(masterKey, await listDataKeys(db));
  });
}

/** Of two processes that start at once, the first one's file counts. */
function developmentMasterKey(config: Config): Buffer {
  const file = path.join(config.dataDir, "master.key");
  mkdirSync(config.dataDir, { recursive: true });
  writeOnce(file, `${randomBytes(32).toString("base64")}\n`);
  return Buffer.from(readFileSync(file, "utf8").trim(), "base64");
}
