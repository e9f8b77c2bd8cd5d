/** SQL of environments. These rows are read before a caller is known, so they take the database alone. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Db } from "../../db/db.ts";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type EnvironmentRow = Selectable<Database["environments"]>;
export type EnvironmentChange = Updateable<Database["environments"]>;

export async function insert(db: Db, row: Insertable<Database["environments"]>): Promise<EnvironmentRow> {
  return db.insertInto("environments").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(db: Db, id: string): Promise<EnvironmentRow | undefined> {
  return db.selectFrom("environments").selectAll().where("id", "=", id).executeTakeFirst();
}

/** All environments of the install, oldest first; there are few. */
export async function list(db: Db): Promise<EnvironmentRow[]> {
  return db.selectFrom("environments").selectAll().orderBy("created_at").orderBy("id").execute();
}

/** The same; others that change it wait until the transaction ends. */
export async function findLocked(db: Db, id: string): Promise<EnvironmentRow | undefined> {
  return db.selectFrom("environments").selectAll().where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
}

/** The same; others that add one or change an address wait until the transaction ends. */
export async function listLocked(db: Db): Promise<EnvironmentRow[]> {
  await sql`select pg_advisory_xact_lock(hashtext('addresses of environments'))`.execute(db);
  return list(db);
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function listPage(db: Db, page: PageRange): Promise<EnvironmentRow[]> {
  const query = db.selectFrom("environments").selectAll();
  return newestFirst(query, page, "id");
}

export async function set(
  db: Db,
  id: string,
  change: EnvironmentChange,
): Promise<EnvironmentRow | undefined> {
  return db.updateTable("environments").set(change).where("id", "=", id).returningAll().executeTakeFirst();
}

/** Notes that the first credentials are handed out; false when they were before. */
export async function takeFirstSecret(db: Db, id: string, now: Date): Promise<boolean> {
  const taken = await db
    .updateTable("environments")
    .set({ first_secret_at: now })
    .where("id", "=", id)
    .where("first_secret_at", "is", null)
    .returning("id")
    .executeTakeFirst();
  return taken !== undefined;
}
