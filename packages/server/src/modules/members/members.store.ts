/** SQL of members. They belong to the install and to no environment, so their queries take the database alone. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Db } from "../../db/db.ts";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type Member = Selectable<Database["members"]>;
export type MemberChange = Updateable<Database["members"]>;

export async function insert(db: Db, row: Insertable<Database["members"]>): Promise<Member> {
  return db.insertInto("members").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(db: Db, by: { id: string } | { email: string }): Promise<Member | undefined> {
  const query = db.selectFrom("members").selectAll();
  return "id" in by
    ? query.where("id", "=", by.id).executeTakeFirst()
    : query.where("email", "=", by.email).executeTakeFirst();
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(db: Db, page: PageRange): Promise<Member[]> {
  const query = db.selectFrom("members").selectAll();
  return newestFirst(query, page, "id");
}

/** How many there are; `most` when there are more than that. */
export async function count(db: Db, most: number): Promise<number> {
  const some = db.selectFrom("members").select("id").limit(most).as("some");
  const row = await db
    .selectFrom(some)
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

export async function set(db: Db, id: string, change: MemberChange): Promise<Member | undefined> {
  return db.updateTable("members").set(change).where("id", "=", id).returningAll().executeTakeFirst();
}

export async function remove(db: Db, id: string): Promise<Member | undefined> {
  return db.deleteFrom("members").where("id", "=", id).returningAll().executeTakeFirst();
}

/** One at a time finds out whether somebody is a member and makes them one, until the transaction ends. */
export async function lockInvited(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('invited members'))`.execute(db);
}

/** The administrators, oldest first, held until the transaction ends: two must not remove each other at once. */
export async function lockAdmins(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom("members")
    .select("id")
    .where("role", "=", "ADMIN")
    .orderBy("id")
    .forUpdate()
    .execute();
  return rows.map((row) => row.id);
}

export async function findFirstAdmin(db: Db): Promise<Member | undefined> {
  return db
    .selectFrom("members")
    .selectAll()
    .where("role", "=", "ADMIN")
    .orderBy("id")
    .limit(1)
    .executeTakeFirst();
}
