/** SQL of which permissions a role has, itself and by inheritance. */

import { type Selectable, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

/** A permission as one role has it. */
export type RolePermission = Selectable<Database["permissions"]> & {
  /** The role that was asked about. */
  holder_id: string;
  /** The role that it comes from: the same one, or a base. */
  role_name: string;
};

/** What a token says of a role: enough to put effective permissions together. */
export interface Grant {
  name: string;
  baseRoleId: string | null;
  /** Names of its own permissions. */
  permissions: string[];
}

/** What roles have themselves, by name. */
export async function listDirect(at: Scope, roleIds: readonly string[]): Promise<RolePermission[]> {
  if (roleIds.length === 0) return [];
  return at.db
    .selectFrom("role_permissions")
    .innerJoin("permissions", "permissions.id", "role_permissions.permission_id")
    .innerJoin("roles", "roles.id", "role_permissions.role_id")
    .selectAll("permissions")
    .select(["role_permissions.role_id as holder_id", "roles.name as role_name"])
    .where("role_permissions.environment_id", "=", at.environmentId)
    .where(sql<boolean>`role_permissions.role_id = any(${[...roleIds]})`)
    .orderBy("permissions.name")
    .execute();
}

/** What roles have in effect, by name, each permission once, from the nearest role of the chain. */
export async function listEffective(at: Scope, roleIds: readonly string[]): Promise<RolePermission[]> {
  if (roleIds.length === 0) return [];
  return at.db
    .withRecursive("chain(holder_id, id, name, base_role_id, distance)", (db) =>
      db
        .selectFrom("roles")
        .select((eb) => [
          "id as holder_id",
          "id",
          "name",
          "base_role_id",
          eb.lit(0).$castTo<number>().as("distance"),
        ])
        .where("environment_id", "=", at.environmentId)
        .where(sql<boolean>`id = any(${[...roleIds]})`)
        .unionAll((union) =>
          union
            .selectFrom("chain")
            .innerJoin("roles", "roles.id", "chain.base_role_id")
            .select((eb) => [
              eb.ref("chain.holder_id").$castTo<string>().as("holder_id"),
              "roles.id",
              "roles.name",
              "roles.base_role_id",
              eb("chain.distance", "+", 1).$castTo<number>().as("distance"),
            ]),
        ),
    )
    .selectFrom("chain")
    .innerJoin("role_permissions", "role_permissions.role_id", "chain.id")
    .innerJoin("permissions", "permissions.id", "role_permissions.permission_id")
    .distinctOn(["chain.holder_id", "permissions.name"])
    .selectAll("permissions")
    .select(["chain.holder_id", "chain.name as role_name"])
    .orderBy("chain.holder_id")
    .orderBy("permissions.name")
    .orderBy("chain.distance")
    .execute();
}

export async function findGrant(at: Scope, roleId: string): Promise<Grant | undefined> {
  const role = await at.db
    .selectFrom("roles")
    .select((eb) => [
      "name",
      "base_role_id",
      eb
        .selectFrom("role_permissions")
        .innerJoin("permissions", "permissions.id", "role_permissions.permission_id")
        .select((inner) => inner.fn.agg<string[]>("array_agg", ["permissions.name"]).as("names"))
        .whereRef("role_permissions.role_id", "=", "roles.id")
        .as("permissions"),
    ])
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", roleId)
    .executeTakeFirst();
  return role && { name: role.name, baseRoleId: role.base_role_id, permissions: role.permissions ?? [] };
}

/** Adds permissions; those that the role has already stay. */
export async function insert(at: Scope, roleId: string, permissionIds: readonly string[]): Promise<void> {
  if (permissionIds.length === 0) return;
  const rows = permissionIds.map((permission_id) => ({
    environment_id: at.environmentId,
    role_id: roleId,
    permission_id,
  }));
  await at.db
    .insertInto("role_permissions")
    .values(rows)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** False when the role does not have it itself. */
export async function remove(at: Scope, roleId: string, permissionId: string): Promise<boolean> {
  const { numDeletedRows } = await at.db
    .deleteFrom("role_permissions")
    .where("environment_id", "=", at.environmentId)
    .where("role_id", "=", roleId)
    .where("permission_id", "=", permissionId)
    .executeTakeFirstOrThrow();
  return numDeletedRows > 0n;
}

export async function removeAllOf(at: Scope, roleId: string): Promise<void> {
  await at.db
    .deleteFrom("role_permissions")
    .where("environment_id", "=", at.environmentId)
    .where("role_id", "=", roleId)
    .execute();
}

/** Takes a permission from every role that has it; the names of these roles. */
export async function removeEverywhere(at: Scope, permissionId: string): Promise<string[]> {
  const removed = await at.db
    .with("gone", (db) =>
      db
        .deleteFrom("role_permissions")
        .where("environment_id", "=", at.environmentId)
        .where("permission_id", "=", permissionId)
        .returning("role_id"),
    )
    .selectFrom("gone")
    .innerJoin("roles", "roles.id", "gone.role_id")
    .select("roles.name")
    .distinct()
    .orderBy("roles.name")
    .execute();
  return removed.map((row) => row.name);
}
