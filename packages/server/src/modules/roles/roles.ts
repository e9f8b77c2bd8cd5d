/**
 * Roles: what members of an organization are to the app. A role of the environment exists in every organization, a
 * role of an organization only there; a name stands for one role wherever it is looked up. A role may extend one
 * other, whose permissions it then has, too.
 *
 * Every change takes one lock for the environment's roles and permissions, since its checks look at several rows: two
 * changes at once could otherwise close a circle of base roles, or give two roles one name.
 */
import { type Ctx, inTransaction, ownOrganization } from "../../context.ts";
import { isMissingParent } from "../../db/scope.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { organizationErrors } from "../organizations/errors.ts";
import * as organizations from "../organizations/organizations.ts";
import { roleErrors as errors } from "./errors.ts";
import { type RolePayload, roleCreated, roleUpdated } from "./events.ts";
import * as holders from "./holders.store.ts";
import * as permissions from "./permissions.ts";
import { known } from "./remembered.ts";
import * as rolePermissions from "./role-permissions.store.ts";
import type { Owner, Role } from "./roles.store.ts";
import * as store from "./roles.store.ts";

export { lock } from "./roles.store.ts";
export type { Owner, Role };

/** What an update may change; an absent field stays as it is, and so do the permissions when the list is empty. */
export interface RolePatch {
  displayName?: string | undefined;
  description?: string | undefined;
  /** The name of the base role. */
  extends?: string | undefined;
  permissions: readonly string[];
}

export interface NewRole extends RolePatch {
  name: string;
  displayName: string;
}

/** A role in the fields of a request: by its name or, as older clients have it, by its id. */
export type RoleRef = { name: string } | { id: string };

/**
 * Creates a role.
 * @throws ORGANIZATION_NOT_FOUND, ROLE_NAME_TAKEN, INVALID_ARGUMENT for a base or permission that does not exist
 */
export async function create(ctx: Ctx, owner: Owner, input: NewRole): Promise<Role> {
  return changing(ctx, owner, async (ctx) => {
    if (await store.isTaken(ctx, owner, input.name)) throw errors.ROLE_NAME_TAKEN(input.name);
    const granted = await permissions.named(ctx, input.permissions, "role.permissions");
    const base = input.extends === undefined ? undefined : await baseOf(ctx, owner, input.extends);
    const id = newId("role");
    const now = ctx.now();
    await store.insert(ctx, {
      id,
      environment_id: ctx.environmentId,
      organization_id: owner,
      name: input.name,
      display_name: input.displayName,
      description: input.description ?? "",
      base_role_id: base?.id ?? null,
      created_at: now,
      updated_at: now,
    });
    await rolePermissions.insert(ctx, id, granted.map(idOf));
    const role = await get(ctx, owner, input.name);
    await ctx.emit(roleCreated, payloadOf(role), owner ?? undefined);
    return role;
  });
}

/** One of the owner's own roles. @throws ROLE_NOT_FOUND, ORGANIZATION_NOT_FOUND */
export async function get(ctx: Ctx, owner: Owner, name: string): Promise<Role> {
  const role = await store.findOwn(ctx, owner, name);
  if (!role) throw errors.ROLE_NOT_FOUND(name);
  return role;
}

/**
 * The role of this name that an organization has, its own or the environment's.
 * @throws ORGANIZATION_NOT_FOUND, ROLE_NOT_FOUND
 */
export async function resolve(ctx: Ctx, organizationId: string, name: string): Promise<Role> {
  await organizations.get(ctx, { id: organizationId });
  const role = await store.findNamed(ctx, organizationId, name);
  if (!role) throw errors.ROLE_NOT_FOUND(name);
  return role;
}

/** Gives a new member the role that all members of the organization start with. */
export async function assignDefault(ctx: Ctx, organizationId: string, userId: string): Promise<void> {
  const holder = { organizationId, userId };
  // The default that was waited for may have been deleted: its successor is then seen by a second statement.
  if (!(await holders.insertDefault(ctx, holder))) await holders.insertDefault(ctx, holder);
}

/** The environment's roles and, marked, those of organizations: of the caller's own, when it is bound to one. */
export async function list(ctx: Ctx): Promise<Role[]> {
  const own = ownOrganization(ctx);
  if (own !== undefined) return store.list(ctx, own);
  return [...(await store.list(ctx, null)), ...(await store.listOfOrganizations(ctx))];
}

/** The roles that an organization has, its own and the environment's. @throws ORGANIZATION_NOT_FOUND */
export async function listOf(ctx: Ctx, organizationId: string): Promise<Role[]> {
  await organizations.get(ctx, { id: organizationId });
  return store.list(ctx, organizationId);
}

/** The roles that extend a role of the environment directly. @throws ROLE_NOT_FOUND */
export async function listDependents(ctx: Ctx, name: string): Promise<Role[]> {
  const { id } = await get(ctx, null, name);
  return store.listDependents(ctx, id, ownOrganization(ctx));
}

/**
 * How many roles extend each of these directly, by the role's id.
 * @param organizationId counts the environment's roles and those of this organization only
 */
export async function countDependents(
  ctx: Ctx,
  of: readonly Role[],
  organizationId: string | undefined = ownOrganization(ctx),
): Promise<Map<string, number>> {
  return store.countDependents(ctx, of.map(idOf), organizationId);
}

/**
 * Changes the fields that are given.
 * @throws ORGANIZATION_NOT_FOUND, ROLE_NOT_FOUND, INVALID_ARGUMENT for a base or permission that does not exist and
 * for a base that inherits from the role
 */
export async function update(ctx: Ctx, owner: Owner, name: string, patch: RolePatch): Promise<Role> {
  return changing(ctx, owner, async (ctx) => {
    const { id } = await get(ctx, owner, name);
    const base = patch.extends === undefined ? undefined : await baseOf(ctx, owner, patch.extends);
    if (base && (await store.inheritsFrom(ctx, base.id, id))) {
      const circle = `"${base.name}" inherits from "${name}" already: roles cannot inherit in a circle`;
      throw invalidArgument("role.extends", "role.extends.circle", circle);
    }
    await store.set(ctx, id, {
      updated_at: ctx.now(),
      ...(patch.displayName !== undefined && { display_name: patch.displayName }),
      ...(patch.description !== undefined && { description: patch.description }),
      ...(base && { base_role_id: base.id }),
    });
    if (patch.permissions.length > 0) {
      const granted = await permissions.named(ctx, patch.permissions, "role.permissions");
      await rolePermissions.removeAllOf(ctx, id);
      await rolePermissions.insert(ctx, id, granted.map(idOf));
    }
    return announceUpdate(ctx, owner, name);
  });
}

/**
 * Ends the inheritance of a role; its own permissions stay. A role without a base is left as it is.
 * @throws ORGANIZATION_NOT_FOUND, ROLE_NOT_FOUND
 */
export async function deleteBase(ctx: Ctx, owner: Owner, name: string): Promise<void> {
  await changing(ctx, owner, async (ctx) => {
    const role = await get(ctx, owner, name);
    if (role.base_role_id === null) return;
    await store.set(ctx, role.id, { base_role_id: null, updated_at: ctx.now() });
    await announceUpdate(ctx, owner, name);
  });
}

/**
 * How many users hold a role or one that inherits from it: in one organization, or in any.
 * @throws ORGANIZATION_NOT_FOUND, ROLE_NOT_FOUND
 */
export async function countUsers(ctx: Ctx, organizationId: Owner, name: string): Promise<number> {
  const own = organizationId === null;
  const role = own ? await get(ctx, null, name) : await resolve(ctx, organizationId, name);
  return holders.count(ctx, role.id, organizationId ?? undefined);
}

/** What an event says of a role. */
export function payloadOf(role: Role): RolePayload {
  const { id, name, display_name, description } = role;
  return { id, name, display_name, description, extends: role.base_name };
}

/** Runs a change of roles in its turn. @throws ORGANIZATION_NOT_FOUND */
export async function changing<T>(ctx: Ctx, owner: Owner, change: (ctx: Ctx) => Promise<T>): Promise<T> {
  return inTransaction(ctx, async (ctx) => {
    if (owner !== null) await organizations.get(ctx, { id: owner });
    await store.lock(ctx);
    return change(ctx);
  }).catch((error: unknown) => {
    // The organization was deleted while the change was under way.
    if (owner !== null && isMissingParent(error)) throw organizationErrors.ORGANIZATION_NOT_FOUND(owner);
    throw error;
  });
}

/**
 * A role that the owner has, its own or the environment's.
 * @param field where the request names it
 * @throws INVALID_ARGUMENT
 */
export async function referred(ctx: Ctx, owner: Owner, ref: RoleRef, field: string): Promise<Role> {
  const role =
    "id" in ref
      ? await store.findById(ctx, ref.id, owner ?? undefined)
      : await store.findNamed(ctx, owner, ref.name);
  if (role && (role.organization_id === null || role.organization_id === owner)) return role;
  const wanted = "id" in ref ? ref.id : `"${ref.name}"`;
  throw invalidArgument(field, "role.exists", `there is no role ${wanted} here`);
}

async function baseOf(ctx: Ctx, owner: Owner, name: string): Promise<Role> {
  return referred(ctx, owner, { name }, "role.extends");
}

async function announceUpdate(ctx: Ctx, owner: Owner, name: string): Promise<Role> {
  const role = await get(ctx, owner, name);
  await known.forget(ctx, role.id);
  await ctx.emit(roleUpdated, payloadOf(role), owner ?? undefined);
  return role;
}

function idOf({ id }: { id: string }): string {
  return id;
}
