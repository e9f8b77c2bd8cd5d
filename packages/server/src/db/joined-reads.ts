/**
 * Reads of single rows by a key, joined into one statement where several requests ask at the same time.
 * docs/decisions/0012-joined-reads.md says what it saves and what it changes.
 */
import type { Db } from "./db.ts";
import type { Scope } from "./scope.ts";

/**
 * @param readAll the rows of one environment with any of these keys, in any order
 * @param keyOf the key of a row, unique within its environment
 * @returns reads one row. It is as fresh as if it were read alone, since the statement is sent after the question;
 * those who ask for the same row at once share one object, which nobody may change. In an open transaction a row is
 * read alone, by the transaction's own connection and in its own snapshot.
 */
export function joinReads<Row extends object>(
  readAll: (at: Scope, keys: readonly string[]) => Promise<Row[]>,
  keyOf: (row: Row) => string,
): (at: Scope, key: string) => Promise<Readonly<Row> | undefined> {
  const gathering = new WeakMap<Db, Map<string, Gathered<Row>>>();
  const gather = (at: Scope, byEnvironment: Map<string, Gathered<Row>>): Gathered<Row> => {
    const keys: string[] = [];
    const rows = turnEnd().then(async () => {
      byEnvironment.delete(at.environmentId);
      return new Map((await readAll(at, keys)).map((row) => [keyOf(row), row]));
    });
    return { keys, rows };
  };
  return async ({ db, environmentId }, key) => {
    const at = { db, environmentId };
    if (db.isTransaction) return (await readAll(at, [key]))[0];
    const byEnvironment = gathering.get(db) ?? new Map<string, Gathered<Row>>();
    gathering.set(db, byEnvironment);
    // One statement never serves two environments, so every query stays bound to its own.
    const gathered = byEnvironment.get(environmentId) ?? gather(at, byEnvironment);
    byEnvironment.set(environmentId, gathered);
    gathered.keys.push(key);
    return (await gathered.rows).get(key);
  };
}

/** The keys that the next statement asks for, and what it will find. */
interface Gathered<Row> {
  keys: string[];
  rows: Promise<ReadonlyMap<string, Row>>;
}

/** When all sockets that had something to say in this turn of the event loop have been heard. */
export function turnEnd(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
