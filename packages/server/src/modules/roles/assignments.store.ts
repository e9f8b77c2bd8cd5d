/** SQL of who holds which role in an organization. */
import type { Scope } from "../../db/scope.ts";
import type { Holder } from "./holders.store.ts";

/** A role as those who hold it show it. */
export interface Role {
  id: string;
  name: string;
  display_name: string;
}

export async function list(at: Scope, holder: Holder): Promise<Role[]> {
  return at.db
    .selectFrom("roles")
    .innerJoin("membership_roles", "membership_roles.role_id", "roles.id")
    .select(["roles.id", "roles.name", "roles.display_name"])
    .where("roles.environment_id", "=", at.environmentId)
    .where("membership_roles.organization_id", "=", holder.organizationId)
    .where("membership_roles.user_id", "=", holder.userId)
    .orderBy("roles.name")
    .execute();
}

/** Gives the roles that are not held yet; returns how many those were. */
export async function insert(at: Scope, holder: Holder, roleIds: string[]): Promise<number> {
  const rows = roleIds.map((roleId) => ({
    environment_id: at.environmentId,
    organization_id: holder.organizationId,
    user_id: holder.userId,
    role_id: roleId,
  }));
  const result = await at.db
    .insertInto("membership_roles")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0);
}

/** Takes all roles but these; returns how many were taken. */
export async function removeOthers(at: Scope, holder: Holder, keep: string[]): Promise<number> {
  const result = await at.db
    .deleteFrom("membership_roles")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", holder.organizationId)
    .where("user_id", "=", holder.userId)
    .where("role_id", "not in", keep)
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** Takes the role of this name; false when it was not held. */
export async function remove(at: Scope, holder: Holder, name: string): Promise<boolean> {
  const result = await at.db
    .deleteFrom("membership_roles")
    .using("roles")
    .whereRef("roles.id", "=", "membership_roles.role_id")
    .where("membership_roles.environment_id", "=", at.environmentId)
    .where("membership_roles.organization_id", "=", holder.organizationId)
    .where("membership_roles.user_id", "=", holder.userId)
    .where("roles.name", "=", name)
    .executeTakeFirst();
  return Number(result.numDeletedRows) > 0;
}
