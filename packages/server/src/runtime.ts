/**
 * What a process of Gatehouse needs before it can do anything: the database, its migrations, the sealing keys,
 * the caches and the guarded fetch. The server and the commands open the same one.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type Logger, pino } from "pino";
import type { Config } from "./config.ts";
import type { App } from "./context.ts";
import { insertDataKey, listDataKeys, withStartLock } from "./db/data-keys.store.ts";
import { type Db, openDb } from "./db/db.ts";
import { invalidationChannel } from "./db/invalidation.ts";
import { migrate } from "./db/migrate.ts";
import { listen } from "./db/notify.ts";
import { Cache, decodeInvalidation } from "./lib/cache.ts";
import { createKeyring, type Keyring, wrapDataKey } from "./lib/keyring.ts";
import { createSafeFetch, type SafeFetch } from "./lib/safe-fetch.ts";

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

const cacheEntries = 50_000;

/** Opens the database (starting the embedded one where no other is named), migrates it and unseals its keys. */
export async function openRuntime(config: Config, fakes: Fakes = {}): Promise<Runtime> {
  const log = fakes.log ?? pino({ level: config.logLevel, redact: ["*.authorization", "*.cookie"] });
  const now = fakes.now ?? (() => new Date());
  const database = await openDatabase(config, log);
  await migrate(database.url);
  const db = openDb(database.url, {
    max: config.databasePoolSize,
    onIdleError: (err) => log.warn({ err }, "an idle database connection broke"),
  });
  const cache = new Cache({ maxEntries: cacheEntries, now });
  const stopListening = await listen(database.url, invalidationChannel, (message) => drop(cache, message), {
    onReconnect: () => cache.dropAll(),
    onLost: (err) => log.warn({ err }, "the database connection that announces changes broke"),
  });
  const app: App = {
    config,
    db,
    log,
    now,
    keys: await openKeyring(config, db),
    fetch: fakes.fetch ?? createSafeFetch({ allow: reachable(config), allowHttp: false }),
    cache,
  };
  return {
    app,
    databaseUrl: database.url,
    async close() {
      await stopListening();
      await db.destroy();
      await database.stop();
    },
  };
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

/** In development our own address is reachable, since the simulated identity providers live there. */
function reachable(config: Config): string[] {
  if (config.mode === "production") return config.outboundAllow;
  return [...config.outboundAllow, new URL(config.publicUrl).host];
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

function developmentMasterKey(config: Config): Buffer {
  const file = path.join(config.dataDir, "master.key");
  if (existsSync(file)) return Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  const key = randomBytes(32);
  mkdirSync(config.dataDir, { recursive: true });
  // Of two processes that start at once, the first one's file counts.
  try {
    writeFileSync(file, `${key.toString("base64")}\n`, { mode: 0o600, flag: "wx" });
    return key;
  } catch {
    return Buffer.from(readFileSync(file, "utf8").trim(), "base64");
  }
}
