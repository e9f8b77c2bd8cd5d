/**
 * Opens the pool of connections to PostgreSQL and says how its values look in TypeScript.
 */
import { Kysely, PostgresDialect } from "kysely";
import pg from "pg";
import { preparedPool } from "./prepared.ts";
import type { Database } from "./schema.ts";

/** The database, or an open transaction of it, with every table typed from the migrated schema. */
export type Db = Kysely<Database>;

/** Settings of the pool. */
export type OpenDbOptions = {
  /** Most connections at once; default 10. */
  max?: number;
  /** Told when an idle connection breaks; the pool replaces it by itself. */
  onIdleError?: (error: Error) => void;
};

const STATEMENT_TIMEOUT_MS = 30_000;
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
// A connection's prepared plans and caches only grow, and after a failover an old one may point at the
// former primary: none lives longer than this.
const MAX_LIFETIME_SECONDS = 1_800;

/**
 * Opens a pool of connections; nothing is sent until the first query. `db.destroy()` closes it.
 * @param url a `postgres://` URL; a parameter in it (such as `statement_timeout`) wins over ours
 */
export function openDb(url: string, options: OpenDbOptions = {}): Db {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max ?? 10,
    application_name: "gatehouse",
    statement_timeout: STATEMENT_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    maxLifetimeSeconds: MAX_LIFETIME_SECONDS,
    types: columnTypes,
  });
  // Without a listener, Node ends the process when the server closes an idle connection.
  pool.on("error", options.onIdleError ?? (() => undefined));
  // The same goes for a connection in use, inside a transaction say: its next query rejects and tells.
  pool.on("connect", (client) => client.on("error", () => undefined));
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool: preparedPool(pool) }) });
}

/**
 * How values are read, for connections that are opened outside the pool: int8 as a number, date as
 * `YYYY-MM-DD`, the rest as `pg` does (timestamptz as a Date, jsonb parsed, numeric as a string).
 * Written values follow `pg` too: an array for a jsonb column must be passed through JSON.stringify.
 */
export const columnTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: "text" | "binary") => {
    if (oid === pg.types.builtins.INT8) return parseInt8;
    if (oid === INT8_ARRAY) return parseInt8Array;
    // `pg` makes a date a Date at local midnight, which is another day elsewhere.
    if (oid === pg.types.builtins.DATE) return String;
    return pg.types.getTypeParser(oid, format as "text");
  }) as pg.CustomTypesConfig["getTypeParser"],
};

const INT8_ARRAY = 1016;
const parseTextArray = pg.types.getTypeParser(1009 as never) as (text: string) => (string | null)[];

function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`int8 value ${text} is beyond 2^53 - 1`);
  return value;
}

function parseInt8Array(text: string): (number | null)[] {
  return parseTextArray(text).map((item) => (item === null ? null : parseInt8(item)));
}
