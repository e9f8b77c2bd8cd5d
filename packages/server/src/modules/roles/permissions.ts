/**
 * Permissions: the words by which an app says what a role may do. This module owns their rows; which role has
 * which is `role-permissions.ts`. Every change takes the lock of the environment's roles, so that none meets another
 * half done.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { addToCount, readCount } from "../../db/counters.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import { builtInPermissions } from "./built-in.ts";
import { roleErrors as errors } from "./errors.ts";
import { type PermissionPayload, permissionCreated, permissionDeleted, permissionUpdated } from "./events.ts";
import type { Permission } from "./permissions.store.ts";
import * as store from "./permissions.store.ts";
import { known } from "./remembered.ts";
import * as rolePermissions from "./role-permissions.store.ts";
import * as roles from "./roles.store.ts";

export type { Permission };

/** Built-in ones, those that the app declared, or both. */
export type PermissionType = "SCALEKIT" | "ENVIRONMENT" | "ALL";

/** @throws PERMISSION_NAME_TAKEN */
export async function create(ctx: Ctx, input: { name: string; description: string }): Promise<Permission> {
  return inTransaction(ctx, async (ctx) => {
    await roles.lock(ctx);
    if (await store.find(ctx, input.name)) throw errors.PERMISSION_NAME_TAKEN(input.name);
    const permission = await store.insert(ctx, rowOf(ctx, input));
    await addToCount(ctx, "permissions", "ENVIRONMENT", 1);
    await ctx.emit(permissionCreated, payloadOf(permission));
    return permission;
  });
}

/** @throws PERMISSION_NOT_FOUND */
export async function get(ctx: Ctx, name: string): Promise<Permission> {
  const permission = await store.find(ctx, name);
  if (!permission) throw errors.PERMISSION_NOT_FOUND(name);
  return permission;
}

/** One page, newest first. @throws PAGE_TOKEN_INVALID */
export async function list(
  ctx: Ctx,
  request: PageRequest & { type: PermissionType },
): Promise<Page<Permission>> {
  const page = openPage(request, `permissions:${request.type}`);
  const builtIn = request.type === "ALL" ? {} : { builtIn: request.type === "SCALEKIT" };
  const rows = await store.list(ctx, { ...page.range, ...builtIn });
  const types = request.type === "ALL" ? ["SCALEKIT", "ENVIRONMENT"] : [request.type];
  const counts = await Promise.all(types.map((type) => readCount(ctx, "permissions", type)));
  return page.close(
    rows,
    counts.reduce((sum, count) => sum + count, 0),
  );
}

/**
 * Changes the description; the name is for life, since tokens and apps have it.
 * @param input.name the name once more, as the contract has it
 * @throws PERMISSION_NOT_FOUND, PERMISSION_BUILT_IN, INVALID_ARGUMENT for another name
 */
export async function update(
  ctx: Ctx,
  name: string,
  input: { name: string; description: string },
): Promise<Permission> {
  if (input.name !== name) {
    throw invalidArgument("permission.name", "permission.name.fixed", `a name cannot change: send "${name}"`);
  }
  return inTransaction(ctx, async (ctx) => {
    await roles.lock(ctx);
    const { id } = await own(ctx, name);
    const change = { description: input.description, updated_at: ctx.now() };
    const permission = await store.set(ctx, id, change);
    await ctx.emit(permissionUpdated, payloadOf(permission));
    return permission;
  });
}

/**
 * Deletes a permission and takes it from all roles that have it.
 * @throws PERMISSION_NOT_FOUND, PERMISSION_BUILT_IN
 */
async function remove(ctx: Ctx, name: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await roles.lock(ctx);
    const permission = await own(ctx, name);
    const lost = await rolePermissions.removeEverywhere(ctx, permission.id);
    await store.remove(ctx, permission.id);
    await addToCount(ctx, "permissions", "ENVIRONMENT", -1);
    await known.forgetAll(ctx);
    await ctx.emit(permissionDeleted, { ...payloadOf(permission), roles: lost });
  });
}

export { remove as delete };

/**
 * The permissions with these names.
 * @param field where they were named, for the error
 * @throws INVALID_ARGUMENT for one that does not exist
 */
export async function named(ctx: Ctx, names: readonly string[], field: string): Promise<Permission[]> {
  const found = await existing(ctx, names);
  const missing = names.find((name) => !found.some((permission) => permission.name === name));
  if (missing === undefined) return found;
  throw invalidArgument(field, "permission.exists", `there is no permission "${missing}": create it first`);
}

/** Those of the named permissions that exist. */
export async function existing(ctx: Ctx, names: readonly string[]): Promise<Permission[]> {
  return store.listNamed(ctx, names);
}

/** Makes the built-in permissions that the environment does not have yet, and gives these back. */
export async function ensureBuiltIn(ctx: Ctx): Promise<Permission[]> {
  const rows = Object.entries(builtInPermissions).map(([name, { description }]) => ({
    ...rowOf(ctx, { name, description }),
    is_built_in: true,
  }));
  const made = await store.insertMissing(ctx, rows);
  if (made.length > 0) await addToCount(ctx, "permissions", "SCALEKIT", made.length);
  return made;
}

async function own(ctx: Ctx, name: string): Promise<Permission> {
  const permission = await get(ctx, name);
  if (permission.is_built_in) throw errors.PERMISSION_BUILT_IN(name);
  return permission;
}

function rowOf(ctx: Ctx, { name, description }: { name: string; description: string }) {
  const now = ctx.now();
  const times = { created_at: now, updated_at: now };
  return { id: newId("perm"), environment_id: ctx.environmentId, name, description, ...times };
}

function payloadOf({ id, name, description }: Permission): PermissionPayload {
  return { id, name, description };
}
