/**
 * Gives a test run its PostgreSQL (vitest's global set-up): the server of DATABASE_URL when that is set,
 * else an embedded one, without fsync, in `node_modules/.cache`. That folder is kept, since starting it
 * again takes a tenth of the time; runs at once share its server. Drops the run's databases at the end.
 */
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import pg from "pg";
import type { TestProject } from "vitest/node";
import { deleteCluster } from "../db/embedded/cluster.ts";
import { type Embedded, type EmbeddedOptions, startEmbedded } from "../db/embedded.ts";

declare module "vitest" {
  interface ProvidedContext {
    /** A database of the test server from which others can be made. */
    adminDatabaseUrl: string;
    /** What the names of this run's databases begin with. */
    databasePrefix: string;
  }
}

const DATA_DIR = fileURLToPath(
  new URL("../../../../node_modules/.cache/gatehouse-test-database", import.meta.url),
);
const NAMES = "gatehouse_test_";
const LEFTOVER_AFTER_MS = 24 * 60 * 60 * 1000;
const OPTIONS: EmbeddedOptions = {
  dataDir: DATA_DIR,
  log: { info: () => undefined, warn: (message) => process.stderr.write(`${message}\n`) },
  // A power cut may ruin this cluster; it is then made anew.
  settings: { fsync: "off", full_page_writes: "off", synchronous_commit: "off", max_connections: "200" },
};

let embedded: Embedded | undefined;
let adminUrl = "";
let prefix = "";

/** Called by vitest before the first test. */
export async function setup(project: TestProject): Promise<void> {
  if (!process.env.DATABASE_URL) embedded = await startOrMakeAnew();
  adminUrl = process.env.DATABASE_URL || (embedded?.url ?? "");
  prefix = `${NAMES}${Date.now().toString(36)}_${randomBytes(4).toString("hex")}_`;
  project.provide("adminDatabaseUrl", adminUrl);
  project.provide("databasePrefix", prefix);
}

/** Called by vitest after the last test. */
export async function teardown(): Promise<void> {
  try {
    await dropDatabases();
  } finally {
    await embedded?.stop();
  }
}

async function startOrMakeAnew(): Promise<Embedded> {
  try {
    return await startEmbedded(OPTIONS);
  } catch (error) {
    OPTIONS.log.warn(`the test database is made anew: ${(error as Error).message}`);
    deleteCluster(DATA_DIR);
    return await startEmbedded(OPTIONS);
  }
}

async function dropDatabases(): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const { rows } = await client.query<{ name: string }>(
      "select datname as name from pg_database where starts_with(datname, $1)",
      [NAMES],
    );
    for (const { name } of rows) {
      if (!name.startsWith(prefix) && !isLeftover(name)) continue;
      await client.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    }
  } finally {
    await client.end();
  }
}

// Of a run that was killed.
function isLeftover(name: string): boolean {
  const startedAt = Number.parseInt(name.slice(NAMES.length), 36);
  return Number.isNaN(startedAt) || startedAt < Date.now() - LEFTOVER_AFTER_MS;
}
