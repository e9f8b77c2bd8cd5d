/** SQL of invitations. */
import type { Insertable, Selectable, Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Invitation = Selectable<Database["invitations"]>;

export async function insert(at: Scope, row: Insertable<Database["invitations"]>): Promise<void> {
  await at.db.insertInto("invitations").values(row).execute();
}

export async function find(
  at: Scope,
  organizationId: string,
  userId: string,
): Promise<Invitation | undefined> {
  return at.db
    .selectFrom("invitations")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("user_id", "=", userId)
    .executeTakeFirst();
}

export async function set(
  at: Scope,
  organizationId: string,
  userId: string,
  change: Updateable<Database["invitations"]>,
): Promise<Invitation | undefined> {
  return at.db
    .updateTable("invitations")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where("user_id", "=", userId)
    .returningAll()
    .executeTakeFirst();
}
