/** Roles as processes remember them, so that the roles and permissions of a token cost no query. */
import type { Ctx } from "../../context.ts";
import { memoryOf } from "../../remembered.ts";
import { findGrant, type Grant } from "./role-permissions.store.ts";

/** A role's name, base and own permissions; undefined for an id that names none. */
export const known = memoryOf<Grant | undefined>("roles", findGrant);

/** What holding some roles gives; both lists sorted. */
export interface Granted {
  /** Names of the roles themselves. */
  roles: string[];
  /** Names of all permissions, inherited ones included. */
  permissions: string[];
}

/** What holding these roles gives. */
export async function grantedBy(ctx: Ctx, roleIds: readonly string[]): Promise<Granted> {
  const held = await load(ctx, roleIds);
  const seen = new Set(roleIds);
  const permissions = new Set<string>();
  for (let level = held; level.length > 0; ) {
    for (const grant of level) for (const name of grant.permissions) permissions.add(name);
    // Two roles may be remembered from before and after a change, so the chain may seem to run in a circle.
    const bases = [...new Set(level.flatMap((grant) => grant.baseRoleId ?? []))].filter(
      (id) => !seen.has(id),
    );
    for (const id of bases) seen.add(id);
    level = await load(ctx, bases);
  }
  return { roles: held.map((grant) => grant.name).sort(), permissions: [...permissions].sort() };
}

async function load(ctx: Ctx, ids: readonly string[]): Promise<Grant[]> {
  const grants = await Promise.all(ids.map((id) => known.remember(ctx, id)));
  return grants.filter((grant) => grant !== undefined);
}
