/** Default roles: what an environment starts with, and which roles new members and creators of organizations get. */
import { type Ctx, inTransaction } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { builtInPermissions } from "./built-in.ts";
import { roleUpdated } from "./events.ts";
import * as holders from "./holders.store.ts";
import * as permissions from "./permissions.ts";
import * as rolePermissions from "./role-permissions.store.ts";
import * as store from "./roles.store.ts";
import * as roles from "./roles.ts";

/**
 * Makes what every environment starts with: the built-in permissions and two roles, `admin` for creators with all of
 * these permissions, `member` for all others. What an environment has already is left as it is; permissions that are
 * built in since are given to the two roles, where they still are.
 */
export async function ensureDefaults(ctx: Ctx): Promise<void> {
  const made = await permissions.ensureBuiltIn(ctx);
  if ((await store.listDefaults(ctx)).length === 0) await insertDefaults(ctx);
  if (made.length === 0) return;
  const [admin, member] = await Promise.all([
    store.findOwn(ctx, null, "admin"),
    store.findOwn(ctx, null, "member"),
  ]);
  const forMembers = made.filter(({ name }) => builtInPermissions[name]?.forMembers);
  if (admin) await rolePermissions.insert(ctx, admin.id, made.map(idOf));
  if (member) await rolePermissions.insert(ctx, member.id, forMembers.map(idOf));
}

/**
 * Sets the roles that creators of organizations and new members get; one that is not given stays.
 * @returns both as they are now
 * @throws INVALID_ARGUMENT for none given, or one that does not exist
 */
export async function setDefaults(
  ctx: Ctx,
  wanted: { creator?: roles.RoleRef | undefined; member?: roles.RoleRef | undefined },
): Promise<{ creator: roles.Role | undefined; member: roles.Role | undefined }> {
  if (!wanted.creator && !wanted.member) {
    throw invalidArgument("default_creator_role", "required", "name at least one of the two default roles");
  }
  return inTransaction(ctx, async (ctx) => {
    await roles.lock(ctx);
    const creator =
      wanted.creator && (await roles.referred(ctx, null, wanted.creator, "default_creator_role"));
    const member = wanted.member && (await roles.referred(ctx, null, wanted.member, "default_member_role"));
    const changed = new Set<string>();
    for (const id of await moveFlag(ctx, "is_default_creator", creator)) changed.add(id);
    for (const id of await moveFlag(ctx, "is_default_member", member)) changed.add(id);
    for (const id of changed) {
      const role = await store.findById(ctx, id, undefined);
      if (role) await ctx.emit(roleUpdated, roles.payloadOf(role));
    }
    const now = await store.listDefaults(ctx);
    return {
      creator: now.find((role) => role.is_default_creator),
      member: now.find((role) => role.is_default_member),
    };
  });
}

/**
 * Sets the role that new members of one organization get: one of its own, or of the environment.
 * @throws ORGANIZATION_NOT_FOUND, INVALID_ARGUMENT for one that the organization does not have
 */
export async function setDefaultOf(ctx: Ctx, organizationId: string, name: string): Promise<roles.Role> {
  return roles.changing(ctx, organizationId, async (ctx) => {
    const { id } = await roles.referred(ctx, organizationId, { name }, "default_member_role");
    await holders.setDefaultOf(ctx, organizationId, id);
    return roles.referred(ctx, organizationId, { id }, "default_member_role");
  });
}

async function insertDefaults(ctx: Ctx): Promise<void> {
  const now = ctx.now();
  const base = { environment_id: ctx.environmentId, created_at: now, updated_at: now };
  await store.insert(ctx, {
    ...base,
    id: newId("role"),
    name: "admin",
    display_name: "Admin",
    description: "Runs the organization; given to the user who creates it",
    is_default_creator: true,
  });
  await store.insert(ctx, {
    ...base,
    id: newId("role"),
    name: "member",
    display_name: "Member",
    description: "Belongs to the organization; given to every user who joins it",
    is_default_member: true,
  });
}

/** Makes a role the default in place of the former one; the ids of those that changed. */
async function moveFlag(
  ctx: Ctx,
  flag: "is_default_creator" | "is_default_member",
  to: roles.Role | undefined,
): Promise<string[]> {
  if (!to || to[flag]) return [];
  const updated_at = ctx.now();
  const former = (await store.listDefaults(ctx)).filter((role) => role[flag]);
  // The former one first: an environment has at most one default role of each kind.
  for (const role of former) await store.set(ctx, role.id, { [flag]: false, updated_at });
  await store.set(ctx, to.id, { [flag]: true, updated_at });
  return [...former.map(idOf), to.id];
}

function idOf({ id }: { id: string }): string {
  return id;
}
