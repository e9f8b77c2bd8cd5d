/** Which permissions a role has: its own, and in effect those of its base roles, too. */
import { type Ctx, inTransaction } from "../../context.ts";
import { roleErrors as errors } from "./errors.ts";
import { roleUpdated } from "./events.ts";
import * as permissions from "./permissions.ts";
import { known } from "./remembered.ts";
import type { RolePermission } from "./role-permissions.store.ts";
import * as store from "./role-permissions.store.ts";
import * as roles from "./roles.ts";

export type { RolePermission };

/** What is shown of a role's permissions: nothing, its own, or all in effect. */
export type Include = "" | "permissions" | "permissions:all";

/** The permissions of each of some roles, by the role's id; undefined when nothing of them is to be shown. */
export async function shown(
  ctx: Ctx,
  of: readonly roles.Role[],
  include: Include,
): Promise<Map<string, RolePermission[]> | undefined> {
  if (include === "") return undefined;
  const ids = of.map((role) => role.id);
  const found = await (include === "permissions"
    ? store.listDirect(ctx, ids)
    : store.listEffective(ctx, ids));
  return Map.groupBy(found, (permission) => permission.holder_id);
}

/** What a role of the environment has itself, by name. @throws ROLE_NOT_FOUND */
export async function list(ctx: Ctx, roleName: string): Promise<RolePermission[]> {
  const role = await roles.get(ctx, null, roleName);
  return store.listDirect(ctx, [role.id]);
}

/** What a role of the environment has in effect, by name. @throws ROLE_NOT_FOUND */
export async function listEffective(ctx: Ctx, roleName: string): Promise<RolePermission[]> {
  const role = await roles.get(ctx, null, roleName);
  return store.listEffective(ctx, [role.id]);
}

/** What holding these roles gives in effect, by name, each permission once. */
export async function ofHolder(ctx: Ctx, roleIds: readonly string[]): Promise<RolePermission[]> {
  const found = await store.listEffective(ctx, roleIds);
  const byName = new Map(found.map((permission) => [permission.name, permission]));
  return [...byName.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Adds permissions to a role of the environment; names that do not exist are skipped.
 * @returns all that the role has itself now
 * @throws ROLE_NOT_FOUND
 */
export async function add(ctx: Ctx, roleName: string, names: readonly string[]): Promise<RolePermission[]> {
  return inTransaction(ctx, async (ctx) => {
    await roles.lock(ctx);
    const role = await roles.get(ctx, null, roleName);
    const added = await permissions.existing(ctx, names);
    await store.insert(
      ctx,
      role.id,
      added.map((permission) => permission.id),
    );
    await noteChange(ctx, role);
    return store.listDirect(ctx, [role.id]);
  });
}

/**
 * Takes a permission from a role of the environment.
 * @throws ROLE_NOT_FOUND, PERMISSION_NOT_FOUND, ROLE_LACKS_PERMISSION
 */
export async function remove(ctx: Ctx, roleName: string, permissionName: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await roles.lock(ctx);
    const role = await roles.get(ctx, null, roleName);
    const permission = await permissions.get(ctx, permissionName);
    if (!(await store.remove(ctx, role.id, permission.id)))
      throw errors.ROLE_LACKS_PERMISSION(roleName, permissionName);
    await noteChange(ctx, role);
  });
}

async function noteChange(ctx: Ctx, role: roles.Role): Promise<void> {
  await known.forget(ctx, role.id);
  await ctx.emit(roleUpdated, roles.payloadOf(role));
}
