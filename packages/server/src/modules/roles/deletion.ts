/** The end of a role: what keeps it from being deleted, and what its holders have instead. */
import type { Ctx } from "../../context.ts";
import { brokenUniqueIndex, isDeadlock } from "../../db/scope.ts";
import { AppError, invalidArgument } from "../../errors.ts";
import { roleErrors as errors } from "./errors.ts";
import { roleDeleted, roleReplaced } from "./events.ts";
import * as holders from "./holders.store.ts";
import { known } from "./remembered.ts";
import * as store from "./roles.store.ts";
import type { Owner, Role, RoleRef } from "./roles.ts";
import * as roles from "./roles.ts";

/**
 * Deletes a role. Whoever holds it, and whoever would be given it, gets the replacement instead.
 * @param replacement another role that the owner has
 * @throws ORGANIZATION_NOT_FOUND, ROLE_NOT_FOUND, ROLE_EXTENDED, ROLE_IN_USE, ROLE_IS_DEFAULT, INVALID_ARGUMENT for
 * a replacement that does not exist or is the role itself
 */
async function remove(ctx: Ctx, owner: Owner, name: string, replacement?: RoleRef): Promise<void> {
  await changingHolders(ctx, owner, async (ctx) => {
    const role = await roles.get(ctx, owner, name);
    await store.lockRole(ctx, role.id);
    await requireNotExtended(ctx, role);
    const successor =
      replacement === undefined ? undefined : await successorOf(ctx, owner, role, replacement);
    if (successor) await replaceEverywhere(ctx, owner, role, successor);
    else await requireUnused(ctx, role);
    await store.remove(ctx, role.id);
    // After the removal: an environment has at most one default role of each kind.
    if (successor && isDefault(role)) await inheritDefaults(ctx, role, successor);
    await known.forget(ctx, role.id);
    const payload = { ...roles.payloadOf(role), reassigned_to: successor?.name ?? null };
    await ctx.emit(roleDeleted, payload, owner ?? undefined);
  });
}

export { remove as delete };

/**
 * Runs a change of roles that goes through many memberships: whoever changes these does not wait for its turn, so it
 * may have to begin again.
 */
async function changingHolders(
  ctx: Ctx,
  owner: Owner,
  change: (ctx: Ctx) => Promise<void>,
  attempts = 3,
): Promise<void> {
  await roles.changing(ctx, owner, change).catch(async (error: unknown) => {
    const collided = isDeadlock(error) || brokenUniqueIndex(error) === "membership_roles_pkey";
    if (!collided || attempts === 1 || ctx.db.isTransaction) throw error;
    await changingHolders(ctx, owner, change, attempts - 1);
  });
}

async function successorOf(ctx: Ctx, owner: Owner, role: Role, ref: RoleRef): Promise<Role> {
  const successor = await roles.referred(ctx, owner, ref, "reassign_role_name");
  if (successor.id !== role.id) return successor;
  throw invalidArgument("reassign_role_name", "role.other", "the role that is deleted cannot replace itself");
}

async function requireNotExtended(ctx: Ctx, role: Role): Promise<void> {
  const dependents = await store.listDependents(ctx, role.id, undefined, 100);
  if (dependents.length === 0) return;
  const names = [...new Set(dependents.map((dependent) => dependent.name))];
  const { code, status, message } = errors.ROLE_EXTENDED(role.name, names.slice(0, 3).join(", "));
  throw new AppError(code, status, message, {
    violations: names.map((name) => ({
      field: "role_name",
      constraint: "role.extended",
      description: name,
    })),
  });
}

async function requireUnused(ctx: Ctx, role: Role): Promise<void> {
  if (await holders.isHeld(ctx, role.id)) throw errors.ROLE_IN_USE();
  if (isDefault(role)) throw errors.ROLE_IS_DEFAULT(role.name);
}

/** Whether the environment's new users get it. An organization without its default falls back to the environment's. */
function isDefault(role: Role): boolean {
  return role.organization_id === null && (role.is_default_creator || role.is_default_member);
}

/** Holders of one role may be so many that a single statement would run out of time. */
const movedAtOnce = 20_000;

async function replaceEverywhere(ctx: Ctx, owner: Owner, role: Role, successor: Role): Promise<void> {
  const { organization_id, id: from } = role;
  await ctx.emit(roleReplaced, { organization_id, from, to: successor.id }, owner ?? undefined);
  while ((await holders.move(ctx, role.id, successor.id, movedAtOnce)) > 0) {
    // Until nobody is left to be moved.
  }
  await holders.moveDefaults(ctx, role.id, successor.id);
}

async function inheritDefaults(ctx: Ctx, former: Role, successor: Role): Promise<void> {
  await store.set(ctx, successor.id, {
    updated_at: ctx.now(),
    ...(former.is_default_creator && { is_default_creator: true }),
    ...(former.is_default_member && { is_default_member: true }),
  });
}
