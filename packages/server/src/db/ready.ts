/** Whether the database answers and has the tables that this code was written for. */
import { sql } from "kysely";
import type { Db } from "./db.ts";
import { readMigrations } from "./migrate.ts";

const newest = Math.max(...readMigrations().map((migration) => migration.version));

export async function isReady(db: Db): Promise<boolean> {
  try {
    const { rows } = await sql<{
      version: number;
    }>`select max(version) as version from schema_migrations`.execute(db);
    return (rows[0]?.version ?? 0) >= newest;
  } catch {
    return false;
  }
}
