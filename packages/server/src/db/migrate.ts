/**
 * Brings a database to the schema of this code: numbered SQL files, each applied once, in order.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";

/** One file of the migrations folder. */
export type Migration = { version: number; name: string; checksum: string; sql: string };

/** A refusal to migrate; its message says what was found and what to do. */
export class MigrationError extends Error {
  override name = "MigrationError";
}

type Applied = { version: number; name: string; checksum: string };

const MIGRATIONS_FOLDER = fileURLToPath(new URL("migrations/", import.meta.url));
const FILE_NAME = /^(\d{4})_([a-z0-9_]+)\.sql$/;
const OLDEST_SERVER = 150_000;
// Any number that nothing else on the server uses: "gatehous" in ASCII.
const MIGRATION_LOCK = "7449367193963263347";
const CONNECT_TIMEOUT_MS = 10_000;

/**
 * Applies the migrations that the database does not have yet, each in its own transaction. Processes that
 * start at once wait for each other on one advisory lock, so each file runs once.
 * @param url a `postgres://` URL that reaches the server itself, not a pooler in transaction mode
 * @param folder the folder of `0001_<name>.sql` files; the server's own by default
 * @returns the names of the files applied now
 * @throws MigrationError when the server is too old, a file is missing or was changed after it was applied,
 *   the database is newer than this code, or a file fails (the files before it stay applied)
 */
export async function migrate(url: string, folder: string = MIGRATIONS_FOLDER): Promise<string[]> {
  const migrations = readMigrations(folder);
  // keepAlive: a long index build sends nothing for minutes, and firewalls drop silent connections.
  const client = new pg.Client({
    connectionString: url,
    application_name: "gatehouse migrate",
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
  });
  // A connection that breaks between two queries emits "error"; the next query then fails and is reported.
  client.on("error", () => undefined);
  await connect(client);
  try {
    await refuseOldServer(client);
    await client.query("set statement_timeout = 0");
    await client.query("set client_min_messages = warning");
    // Ending the connection releases the lock, also when this process is killed.
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    return await applyPending(client, migrations);
  } finally {
    await client.end();
  }
}

/**
 * Reads and checks the migrations folder.
 * @throws MigrationError when the folder is empty, a name is not `0001_<name>.sql`, or numbers have a gap
 */
export function readMigrations(folder: string = MIGRATIONS_FOLDER): Migration[] {
  const files = (existsSync(folder) ? readdirSync(folder) : []).filter((file) => file.endsWith(".sql"));
  if (files.length === 0)
    throw new MigrationError(`no migration in ${folder}: the installation is incomplete`);
  const migrations = files.sort().map((file) => readMigration(folder, file));
  for (const [index, { version, name }] of migrations.entries()) {
    if (version === index + 1) continue;
    const wanted = String(index + 1).padStart(4, "0");
    const problem = version <= index ? "has the number of another file" : `stands where ${wanted} is missing`;
    throw new MigrationError(`migration ${name} ${problem}: number the files in ${folder} without gaps`);
  }
  return migrations;
}

function readMigration(folder: string, file: string): Migration {
  const [, digits] = FILE_NAME.exec(file) ?? [];
  if (!digits) throw new MigrationError(`migration file ${file} must be named like 0001_foundation.sql`);
  // A checkout on Windows may have CRLF, which must not look like a changed file.
  const sql = readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n");
  const checksum = createHash("sha256").update(sql).digest("hex");
  return { version: Number(digits), name: file.slice(0, -".sql".length), checksum, sql };
}

/** The first contact with the database, so that what is wrong with its address is told in words. */
async function connect(client: pg.Client): Promise<void> {
  try {
    await client.connect();
  } catch (cause) {
    const { message, code } = cause as Error & { code?: string };
    throw new MigrationError(
      `the database ${client.database} at ${client.host}:${client.port} cannot be opened: ${message || code}. ` +
        "Check DATABASE_URL, and that this PostgreSQL runs and lets this machine in",
      { cause },
    );
  }
}

async function refuseOldServer(client: pg.Client): Promise<void> {
  const { rows } = await client.query(
    "select current_setting('server_version_num')::int as num, version() as text",
  );
  const { num, text } = rows[0] as { num: number; text: string };
  checkServerVersion(num, text);
}

/**
 * Refuses a server that is older than PostgreSQL 15.
 * @param num its `server_version_num`, such as 150004
 * @param text its `version()`
 * @throws MigrationError
 */
export function checkServerVersion(num: number, text: string): void {
  if (num >= OLDEST_SERVER) return;
  throw new MigrationError(
    `Gatehouse needs PostgreSQL 15 or newer, DATABASE_URL leads to ${text.split(" on ")[0]}: upgrade that server, ` +
      "or unset DATABASE_URL to use the embedded one",
  );
}

async function applyPending(client: pg.Client, migrations: Migration[]): Promise<string[]> {
  await client.query(
    `create table if not exists schema_migrations (
       version int primary key, name text not null, checksum text not null,
       applied_at timestamptz not null default now())`,
  );
  const { rows } = await client.query<Applied>(
    "select version, name, checksum from schema_migrations order by 1",
  );
  checkApplied(rows, migrations);
  const pending = migrations.slice(rows.length);
  for (const migration of pending) await applyOne(client, migration);
  return pending.map((migration) => migration.name);
}

function checkApplied(applied: Applied[], migrations: Migration[]): void {
  for (const [index, row] of applied.entries()) {
    if (row.version !== index + 1) {
      throw new MigrationError(
        `the database has migration ${row.name} but not number ${index + 1}: table schema_migrations was edited; ` +
          "restore it from a backup",
      );
    }
    const file = migrations[index];
    if (!file) {
      throw new MigrationError(
        `the database is newer than this Gatehouse: it has migration ${row.name}, this code ends at ` +
          `${migrations.at(-1)?.name}. Start the newer release, or restore a backup made before it`,
      );
    }
    if (file.checksum !== row.checksum) {
      throw new MigrationError(
        `migration ${file.name} differs from the one this database has applied (${row.name}): a published ` +
          "migration is never edited. Restore the file and put the change into a new one; a development " +
          "database can instead be deleted with its data folder",
      );
    }
  }
}

async function applyOne(client: pg.Client, migration: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query(migration.sql);
    if (client.getTransactionStatus() !== "T") throw endedTransaction(migration);
    await client.query("insert into schema_migrations (version, name, checksum) values ($1, $2, $3)", [
      migration.version,
      migration.name,
      migration.checksum,
    ]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => undefined);
    if (error instanceof MigrationError) throw error;
    throw new MigrationError(
      `migration ${migration.name} failed and was rolled back: ${explain(error, migration)}`,
      {
        cause: error,
      },
    );
  }
}

function endedTransaction(migration: Migration): MigrationError {
  return new MigrationError(
    `migration ${migration.name} contains COMMIT or ROLLBACK: each file runs in one transaction. Remove it; what the ` +
      "file did before it may be in the database",
  );
}

function explain(error: unknown, migration: Migration): string {
  if (!(error instanceof Error)) return String(error);
  const position = error instanceof pg.DatabaseError ? Number(error.position) : Number.NaN;
  if (!(position > 0)) return error.message;
  return `${error.message} (line ${migration.sql.slice(0, position).split("\n").length})`;
}
