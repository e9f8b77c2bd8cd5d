/** SQL of who holds a role, and of the roles that new members get. */
import { sql } from "kysely";
import { defaultRoleOf } from "../../db/default-role.ts";
import type { Scope } from "../../db/scope.ts";

/** A membership: a user in an organization. */
export interface Holder {
  organizationId: string;
  userId: string;
}

/** Gives a member the default role of the organization, else the environment's; false when that is gone. */
export async function insertDefault(at: Scope, holder: Holder): Promise<boolean> {
  const { numInsertedOrUpdatedRows = 0n } = await at.db
    .insertInto("membership_roles")
    .columns(["environment_id", "organization_id", "user_id", "role_id"])
    .expression((eb) =>
      eb
        .selectFrom("roles")
        .select([
          "environment_id",
          sql.val(holder.organizationId).as("organization_id"),
          sql.val(holder.userId).as("user_id"),
          "id as role_id",
        ])
        .where("environment_id", "=", at.environmentId)
        .where("id", "=", defaultRoleOf(at.environmentId, holder.organizationId))
        // A role that is being deleted is then seen as gone, and not as a broken reference.
        .forKeyShare(),
    )
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirstOrThrow();
  return numInsertedOrUpdatedRows > 0n;
}

/** Whether anybody holds the role itself. */
export async function isHeld(at: Scope, roleId: string): Promise<boolean> {
  const found = await at.db
    .selectFrom("membership_roles")
    .select("user_id")
    .where("environment_id", "=", at.environmentId)
    .where("role_id", "=", roleId)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

/** How many users hold the role or one that inherits from it, in one organization or in any. */
export async function count(at: Scope, roleId: string, organizationId: string | undefined): Promise<number> {
  const heirs = await listHeirs(at, roleId, organizationId);
  let holders = at.db
    .selectFrom("membership_roles")
    .select("user_id")
    .distinct()
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`role_id = any(${heirs})`);
  if (organizationId !== undefined) holders = holders.where("organization_id", "=", organizationId);
  const { total } = await at.db
    .selectFrom(holders.as("holders"))
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  return total;
}

/** The ids of a role and of all that inherit from it; of other organizations none, when one is named. */
async function listHeirs(at: Scope, roleId: string, organizationId: string | undefined): Promise<string[]> {
  const rows = await at.db
    .withRecursive("heirs", (db) =>
      db
        .selectFrom("roles")
        .select("id")
        .where("environment_id", "=", at.environmentId)
        .where("id", "=", roleId)
        .union((union) =>
          union
            .selectFrom("heirs")
            .innerJoin("roles", "roles.base_role_id", "heirs.id")
            .select("roles.id")
            .$if(organizationId !== undefined, (query) =>
              query.where((eb) =>
                eb.or([
                  eb("roles.organization_id", "is", null),
                  eb("roles.organization_id", "=", organizationId as string),
                ]),
              ),
            ),
        ),
    )
    .selectFrom("heirs")
    .select("id")
    .execute();
  return rows.map((row) => row.id);
}

/**
 * Gives some holders of one role another in its place; whoever holds the other already keeps both.
 * @param limit how many at most: a role may have more holders than one statement has time for
 * @returns how many it were
 */
export async function move(at: Scope, from: string, to: string, limit: number): Promise<number> {
  // An update, since an insert would lock every membership, and wait for whoever changes one.
  const { numUpdatedRows } = await at.db
    .updateTable("membership_roles")
    .from((eb) =>
      eb
        .selectFrom("membership_roles as held")
        .select(["held.organization_id", "held.user_id"])
        .where("held.environment_id", "=", at.environmentId)
        .where("held.role_id", "=", from)
        .where((inner) =>
          inner.not(
            inner.exists(
              inner
                .selectFrom("membership_roles as other")
                .select("other.user_id")
                .whereRef("other.organization_id", "=", "held.organization_id")
                .whereRef("other.user_id", "=", "held.user_id")
                .where("other.role_id", "=", to),
            ),
          ),
        )
        .limit(limit)
        .as("moving"),
    )
    .set({ role_id: to })
    .whereRef("membership_roles.organization_id", "=", "moving.organization_id")
    .whereRef("membership_roles.user_id", "=", "moving.user_id")
    .where("membership_roles.role_id", "=", from)
    .executeTakeFirstOrThrow();
  return Number(numUpdatedRows);
}

/** Makes a role the default of all organizations whose default another is. */
export async function moveDefaults(at: Scope, from: string, to: string): Promise<void> {
  await at.db
    .updateTable("organization_default_roles")
    .set({ role_id: to })
    .where("environment_id", "=", at.environmentId)
    .where("role_id", "=", from)
    .execute();
}

/** Sets the role that new members of an organization get. */
export async function setDefaultOf(at: Scope, organizationId: string, roleId: string): Promise<void> {
  await at.db
    .insertInto("organization_default_roles")
    .values({ environment_id: at.environmentId, organization_id: organizationId, role_id: roleId })
    .onConflict((conflict) => conflict.column("organization_id").doUpdateSet({ role_id: roleId }))
    .execute();
}
