/** How a change of a cached row reaches every process: a notification in the transaction of the change. */
import { sql } from "kysely";
import { encodeInvalidation } from "../lib/cache.ts";
import type { Db } from "./db.ts";

export const invalidationChannel = "gatehouse_cache";

/** Sent by PostgreSQL when the transaction commits, and never when it rolls back. */
export async function announceInvalidation(db: Db, topic: string, key?: string): Promise<void> {
  await sql`select pg_notify(${invalidationChannel}, ${encodeInvalidation(topic, key)})`.execute(db);
}
