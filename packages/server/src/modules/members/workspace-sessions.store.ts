/** SQL of the dashboard's sessions. */
import type { Insertable } from "kysely";
import type { Db } from "../../db/db.ts";
import type { Database } from "../../db/schema.ts";
import type { Member } from "./members.store.ts";

export interface LiveSession {
  member: Member;
  lastActiveAt: Date;
}

export async function insert(db: Db, row: Insertable<Database["member_sessions"]>): Promise<void> {
  await db.insertInto("member_sessions").values(row).execute();
}

/** @param idleSince the oldest activity that a session may have seen last */
export async function findLive(
  db: Db,
  by: { secretHash: Buffer; now: Date; idleSince: Date },
): Promise<LiveSession | undefined> {
  const row = await db
    .selectFrom("member_sessions")
    .innerJoin("members", "members.id", "member_sessions.member_id")
    .selectAll("members")
    .select("member_sessions.last_active_at")
    .where("secret_hash", "=", by.secretHash)
    .where("expires_at", ">", by.now)
    .where("last_active_at", ">", by.idleSince)
    .executeTakeFirst();
  if (!row) return undefined;
  const { last_active_at: lastActiveAt, ...member } = row;
  return { member, lastActiveAt };
}

export async function touch(db: Db, secretHash: Buffer, now: Date): Promise<void> {
  await db
    .updateTable("member_sessions")
    .set({ last_active_at: now })
    .where("secret_hash", "=", secretHash)
    .execute();
}

export async function remove(db: Db, secretHash: Buffer): Promise<void> {
  await db.deleteFrom("member_sessions").where("secret_hash", "=", secretHash).execute();
}
