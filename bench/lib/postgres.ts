/**
 * The one PostgreSQL that our server and the peers share: the same binaries, the same settings, a database for each.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { progress } from "./report.ts";

/** A running PostgreSQL. */
export type Postgres = {
  /** Makes an empty database and answers its URL. */
  createDatabase: (name: string) => Promise<string>;
  stop: () => Promise<void>;
};

/**
 * Starts the embedded PostgreSQL in a temporary folder, or uses the one that `BENCH_DATABASE_URL` names (its user
 * must be allowed to create databases).
 */
export async function startPostgres(): Promise<Postgres> {
  const given = process.env.BENCH_DATABASE_URL;
  if (given) return { createDatabase: (name) => createDatabase(given, name), stop: async () => {} };
  const { startEmbedded } = await import("../../packages/server/src/db/embedded.ts");
  const folder = await mkdtemp(join(tmpdir(), "gatehouse-bench-pg-"));
  const server = await startEmbedded({ dataDir: folder, log: { info: () => {}, warn: progress } });
  return {
    createDatabase: (name) => createDatabase(server.url, name),
    stop: async () => {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function createDatabase(serverUrl: string, name: string): Promise<string> {
  const client = new pg.Client({ connectionString: serverUrl });
  await client.connect();
  try {
    await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
    await client.query(`create database ${client.escapeIdentifier(name)}`);
  } finally {
    await client.end();
  }
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}
