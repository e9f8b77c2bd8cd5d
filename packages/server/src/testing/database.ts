/** The database of the tests: one for each vitest worker, cloned from a template that is migrated once. */
import { randomBytes } from "node:crypto";
import pg from "pg";
import { inject } from "vitest";
import { migrate } from "../db/migrate.ts";

// "gatetest" in ASCII.
const CLONE_LOCK = "7449367193980019572";

let cloned: Promise<string> | undefined;

/**
 * The URL of this worker's migrated database. Test files that run in the worker one after another share it:
 * a test makes an environment of its own and cleans nothing up.
 */
export function testDatabaseUrl(): Promise<string> {
  cloned ??= cloneOnce(`w${process.env.VITEST_POOL_ID ?? "0"}`);
  return cloned;
}

/**
 * A new database without tables or rows, for tests of what concerns a whole database. Dropped after the run.
 * @param name lower-case letters, digits and `_`, unique in the test run
 */
export async function emptyDatabaseUrl(name: string): Promise<string> {
  return await withAdmin(async (client) => {
    await client.query(`create database ${nameOf(name)} template template0`);
    return urlOf(name);
  });
}

/** A migrated database of its own, for a server of a test. Dropped after the run. */
export async function freshDatabaseUrl(): Promise<string> {
  return cloneOnce(`s${randomBytes(6).toString("hex")}`);
}

async function cloneOnce(name: string): Promise<string> {
  return await withAdmin(async (client) => {
    // Two clones of one template at a time fail ("being accessed by other users").
    await client.query("select pg_advisory_lock($1)", [CLONE_LOCK]);
    if (!(await exists(client, "template"))) await makeTemplate(client);
    if (!(await exists(client, name))) {
      await client.query(`create database ${nameOf(name)} template ${nameOf("template")}`);
    }
    return urlOf(name);
  });
}

async function makeTemplate(client: pg.Client): Promise<void> {
  await client.query(`create database ${nameOf("migrating")}`);
  try {
    await migrate(urlOf("migrating"));
    // Autovacuum's visits count as "other users" too.
    await client.query(`alter database ${nameOf("migrating")} allow_connections false`);
    await client.query(`alter database ${nameOf("migrating")} rename to ${nameOf("template")}`);
  } catch (error) {
    await client.query(`drop database ${nameOf("migrating")} with (force)`);
    throw error;
  }
}

async function withAdmin<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: inject("adminDatabaseUrl") });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

async function exists(client: pg.Client, name: string): Promise<boolean> {
  const { rowCount } = await client.query("select from pg_database where datname = $1", [databaseName(name)]);
  return rowCount === 1;
}

function databaseName(name: string): string {
  return inject("databasePrefix") + name;
}

function nameOf(name: string): string {
  return pg.escapeIdentifier(databaseName(name));
}

function urlOf(name: string): string {
  const url = new URL(inject("adminDatabaseUrl"));
  url.pathname = `/${databaseName(name)}`;
  return url.href;
}
