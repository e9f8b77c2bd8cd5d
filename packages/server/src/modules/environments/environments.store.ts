/** SQL of environments. These rows are read before a caller is known, so they take the database alone. */
import type { Insertable, Selectable, Updateable } from "kysely";
import type { Db } from "../../db/db.ts";
import type { Database } from "../../db/schema.ts";

export type EnvironmentRow = Selectable<Database["environments"]>;

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

export async function set(db: Db, id: string, change: Updateable<Database["environments"]>): Promise<void> {
  await db.updateTable("environments").set(change).where("id", "=", id).execute();
}
