/** SQL of the wrapped data keys, and the lock that orders the first start of several processes. */
import { sql } from "kysely";
import type { WrappedDataKey } from "../lib/keyring.ts";
import type { Db } from "./db.ts";

// "gatestrt" in ASCII.
const startLock = "7449367194267578996";

/** Runs one process at a time, in a transaction of its own. */
export async function withStartLock<T>(db: Db, run: (db: Db) => Promise<T>): Promise<T> {
  return db.transaction().execute(async (transaction) => {
    await sql`select pg_advisory_xact_lock(${startLock}::bigint)`.execute(transaction);
    return run(transaction);
  });
}

export async function listDataKeys(db: Db): Promise<WrappedDataKey[]> {
  return db.selectFrom("data_keys").select(["id", "wrapped"]).orderBy("id").execute();
}

export async function insertDataKey(db: Db, wrapped: Buffer): Promise<void> {
  await db.insertInto("data_keys").values({ wrapped }).execute();
}
