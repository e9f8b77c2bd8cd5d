/** SQL of memberships. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type MembershipRecord = Selectable<Database["memberships"]>;

/** False when the user is a member already. */
export async function insert(at: Scope, row: Insertable<Database["memberships"]>): Promise<boolean> {
  const inserted = await at.db
    .insertInto("memberships")
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .returning("user_id")
    .executeTakeFirst();
  return inserted !== undefined;
}

/** Locked, since whatever changes a membership or its roles first looks at it. */
export async function lock(
  at: Scope,
  organizationId: string,
  userId: string,
): Promise<MembershipRecord | undefined> {
  return at.db
    .selectFrom("memberships")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("user_id", "=", userId)
    .forUpdate()
    .executeTakeFirst();
}

/** How many seats of an organization are taken: by active members and running invitations; `most` when more are. */
export async function countSeats(
  at: Scope,
  organizationId: string,
  now: Date,
  most: number,
): Promise<number> {
  const taken = at.db
    .selectFrom("memberships")
    .leftJoin("invitations", (join) =>
      join
        .onRef("invitations.organization_id", "=", "memberships.organization_id")
        .onRef("invitations.user_id", "=", "memberships.user_id"),
    )
    .select("memberships.user_id")
    .where("memberships.environment_id", "=", at.environmentId)
    .where("memberships.organization_id", "=", organizationId)
    .where((eb) =>
      eb.or([
        eb("memberships.status", "=", "ACTIVE"),
        eb("memberships.status", "=", "PENDING_INVITE").and("invitations.expires_at", ">", now),
      ]),
    )
    .limit(most);
  const { count } = await at.db
    .selectFrom(taken.as("taken"))
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** Those of these users who are active in another organization and not in this one. */
export async function listElsewhere(
  at: Scope,
  organizationId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select user_id from memberships
    where environment_id = ${at.environmentId} and user_id = any(${[...userIds]}) and status = 'ACTIVE'
    group by user_id having not bool_or(organization_id = ${organizationId})`.execute(at.db);
  return rows.map((row) => row.user_id);
}

/** The organizations of a user, in the order in which all counters of them are changed. */
export async function organizationsOf(at: Scope, userId: string): Promise<string[]> {
  const rows = await at.db
    .selectFrom("memberships")
    .select("organization_id")
    .where("environment_id", "=", at.environmentId)
    .where("user_id", "=", userId)
    .orderBy("organization_id")
    .execute();
  return rows.map((row) => row.organization_id);
}

export async function set(
  at: Scope,
  organizationId: string,
  userId: string,
  change: Updateable<Database["memberships"]>,
): Promise<void> {
  await at.db
    .updateTable("memberships")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("user_id", "=", userId)
    .execute();
}

export async function remove(at: Scope, organizationId: string, userId: string): Promise<void> {
  await at.db
    .deleteFrom("memberships")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("user_id", "=", userId)
    .execute();
}
