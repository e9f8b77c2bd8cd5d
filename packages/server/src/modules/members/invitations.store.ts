/** SQL of the links by which members sign in. */
import type { Insertable } from "kysely";
import type { Db } from "../../db/db.ts";
import type { Database } from "../../db/schema.ts";
import type { Member } from "./members.store.ts";

export async function insert(db: Db, row: Insertable<Database["member_invitations"]>): Promise<void> {
  await db.insertInto("member_invitations").values(row).execute();
}

/** Whose link this is, while it opens something. */
export async function findMember(db: Db, secretHash: Buffer, now: Date): Promise<Member | undefined> {
  return db
    .selectFrom("member_invitations")
    .innerJoin("members", "members.id", "member_invitations.member_id")
    .selectAll("members")
    .where("secret_hash", "=", secretHash)
    .where("consumed_at", "is", null)
    .where("expires_at", ">", now)
    .executeTakeFirst();
}

/** Uses a link up. @returns the id of its member; undefined when it opens nothing (any more) */
export async function consume(db: Db, secretHash: Buffer, now: Date): Promise<string | undefined> {
  const row = await db
    .updateTable("member_invitations")
    .set({ consumed_at: now })
    .where("secret_hash", "=", secretHash)
    .where("consumed_at", "is", null)
    .where("expires_at", ">", now)
    .returning("member_id")
    .executeTakeFirst();
  return row?.member_id;
}
