/** SQL of roles and of who holds them. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Role = Selectable<Database["roles"]>;

export async function insert(at: Scope, rows: Insertable<Database["roles"]>[]): Promise<void> {
  await at.db.insertInto("roles").values(rows).execute();
}

/** The role of the environment that every new member gets. */
export async function findDefaultMember(at: Scope): Promise<Role | undefined> {
  return at.db
    .selectFrom("roles")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "is", null)
    .where("is_default_member", "=", true)
    .executeTakeFirst();
}

export async function insertHolder(
  at: Scope,
  holder: { organizationId: string; userId: string; roleId: string },
): Promise<void> {
  await at.db
    .insertInto("membership_roles")
    .values({
      environment_id: at.environmentId,
      organization_id: holder.organizationId,
      user_id: holder.userId,
      role_id: holder.roleId,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
