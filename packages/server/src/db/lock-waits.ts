/** How long a transaction waits for what others hold. */
import { sql } from "kysely";
import type { Db } from "./db.ts";

/**
 * Bounds each wait for a lock until the open transaction ends; what takes longer fails with SQLSTATE 55P03.
 * @param ms at least 1
 */
export async function limitLockWaits(db: Db, ms: number): Promise<void> {
  await sql`select set_config('lock_timeout', ${String(ms)}, true)`.execute(db);
}
