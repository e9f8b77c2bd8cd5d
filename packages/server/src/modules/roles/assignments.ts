/**
 * Who holds which role: members of organizations, to whom roles are given by name. The caller holds the lock of the
 * membership, so that two changes of one member's roles come one after the other.
 */
import type { Ctx } from "../../context.ts";
import { isMissingParent } from "../../db/scope.ts";
import { invalidArgument } from "../../errors.ts";
import type { Role } from "./assignments.store.ts";
import * as store from "./assignments.store.ts";
import type { Holder } from "./holders.store.ts";
import { ofHolder, type RolePermission } from "./role-permissions.ts";
import * as roles from "./roles.ts";

export type { Holder, Role, RolePermission };

/** The roles that a member holds, by name. */
export async function list(ctx: Ctx, holder: Holder): Promise<Role[]> {
  return store.list(ctx, holder);
}

/** What a member may do by all their roles, inherited permissions included, each once. */
export async function permissions(ctx: Ctx, holder: Holder): Promise<RolePermission[]> {
  const held = await store.list(ctx, holder);
  return ofHolder(
    ctx,
    held.map((role) => role.id),
  );
}

/**
 * Gives roles to a member; one that is held already is fine.
 * @param field where the request names them, for the error
 * @returns whether anything changed
 * @throws INVALID_ARGUMENT for a name that no role of the environment or the organization has
 */
export async function assign(ctx: Ctx, holder: Holder, names: string[], field: string): Promise<boolean> {
  const wanted = await named(ctx, holder, names, field);
  return (await give(ctx, holder, wanted, field)) > 0;
}

/**
 * Makes these the only roles of a member.
 * @returns whether anything changed
 * @throws INVALID_ARGUMENT
 */
export async function replace(ctx: Ctx, holder: Holder, names: string[], field: string): Promise<boolean> {
  const wanted = await named(ctx, holder, names, field);
  const taken = await store.removeOthers(
    ctx,
    holder,
    wanted.map((role) => role.id),
  );
  return (await give(ctx, holder, wanted, field)) + taken > 0;
}

/** Takes a role from a member. @returns whether they held it */
export async function take(ctx: Ctx, holder: Holder, name: string): Promise<boolean> {
  return store.remove(ctx, holder, name);
}

async function named(ctx: Ctx, holder: Holder, names: string[], field: string): Promise<Role[]> {
  const found = new Map<string, Role>();
  for (const name of new Set(names)) {
    const role = await roles.referred(ctx, holder.organizationId, { name }, field);
    found.set(role.id, role);
  }
  return [...found.values()];
}

async function give(ctx: Ctx, holder: Holder, wanted: Role[], field: string): Promise<number> {
  const ids = wanted.map((role) => role.id);
  return store.insert(ctx, holder, ids).catch((error: unknown) => {
    // A role that was there a moment ago was deleted meanwhile; the membership itself is locked.
    throw isMissingParent(error)
      ? invalidArgument(field, "role.exists", "the role was deleted meanwhile")
      : error;
  });
}
