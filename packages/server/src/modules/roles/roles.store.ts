/** SQL of roles: those of the environment and those of single organizations. */
import { type ExpressionBuilder, type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

/** A role as one side sees it (see `View`): whether it is the default there. */
export type Role = Selectable<Database["roles"]> & {
  /** The name of the role that it extends. */
  base_name: string | null;
};
export type RoleChange = Updateable<Database["roles"]>;

/** Whose role it is: an organization's, by its id, or the environment's. */
export type Owner = string | null;

/** Whose roles are seen: the environment's with those of one organization, by its id, or with those of all. */
export type View = string | undefined;

/**
 * The contract gives the lists of roles no pages. The roles of an environment and of an organization are few;
 * those of all organizations together need not be.
 */
const longestList = 10_000;

/** Makes whoever changes roles or permissions of the environment wait until this transaction has ended. */
export async function lock(at: Scope): Promise<void> {
  await at.db
    .selectFrom("environments")
    .select("id")
    .where("id", "=", at.environmentId)
    .forNoKeyUpdate()
    .execute();
}

/** Makes whoever gives the role to a member wait until this transaction has ended. */
export async function lockRole(at: Scope, id: string): Promise<void> {
  await at.db
    .selectFrom("roles")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .forUpdate()
    .execute();
}

export async function insert(at: Scope, row: Insertable<Database["roles"]>): Promise<void> {
  await at.db.insertInto("roles").values(row).execute();
}

export async function findById(at: Scope, id: string, view: View): Promise<Role | undefined> {
  return rolesSeen(at, view).where("roles.id", "=", id).executeTakeFirst();
}

/** One of the owner's own roles. */
export async function findOwn(at: Scope, owner: Owner, name: string): Promise<Role | undefined> {
  return rolesSeen(at, owner ?? undefined)
    .where("roles.name", "=", name)
    .where("roles.organization_id", owner === null ? "is" : "=", owner)
    .executeTakeFirst();
}

/** The role of this name that stands there for an owner: its own or the environment's. */
export async function findNamed(at: Scope, owner: Owner, name: string): Promise<Role | undefined> {
  return rolesSeen(at, owner ?? undefined)
    .where("roles.name", "=", name)
    .where((eb) => isOfOrganization(eb, owner))
    .executeTakeFirst();
}

/** The environment's default roles. */
export async function listDefaults(at: Scope): Promise<Role[]> {
  return rolesSeen(at, undefined)
    .where("roles.organization_id", "is", null)
    .where((eb) =>
      eb.or([eb("roles.is_default_creator", "=", true), eb("roles.is_default_member", "=", true)]),
    )
    .execute();
}

/** The environment's roles first, then those of the organization, if it is one that owns; each newest first. */
export async function list(at: Scope, owner: Owner): Promise<Role[]> {
  return rolesSeen(at, owner ?? undefined)
    .where((eb) => isOfOrganization(eb, owner))
    .orderBy((eb) => eb("roles.organization_id", "is not", null))
    .orderBy("roles.id", "desc")
    .limit(longestList)
    .execute();
}

/** The roles of all organizations, newest first. */
export async function listOfOrganizations(at: Scope): Promise<Role[]> {
  return rolesSeen(at, undefined)
    .where("roles.organization_id", "is not", null)
    .orderBy("roles.id", "desc")
    .limit(longestList)
    .execute();
}

/** The roles that extend a role directly, newest first. */
export async function listDependents(
  at: Scope,
  id: string,
  view: View,
  limit = longestList,
): Promise<Role[]> {
  let query = rolesSeen(at, view).where("roles.base_role_id", "=", id);
  if (view !== undefined) query = query.where((eb) => isOfOrganization(eb, view));
  return query.orderBy("roles.id", "desc").limit(limit).execute();
}

/** How many roles extend each of these directly; those that none extends are left out. */
export async function countDependents(
  at: Scope,
  ids: readonly string[],
  view: View,
): Promise<Map<string, number>> {
  let query = at.db
    .selectFrom("roles")
    .select((eb) => ["base_role_id", eb.fn.countAll<number>().as("count")])
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`base_role_id = any(${[...ids]})`);
  if (view !== undefined) query = query.where((eb) => isOfOrganization(eb, view));
  const rows = await query.groupBy("base_role_id").execute();
  return new Map(rows.map((row) => [row.base_role_id ?? "", row.count]));
}

/** Whether a name would stand for two roles in some organization. */
export async function isTaken(at: Scope, owner: Owner, name: string): Promise<boolean> {
  let query = at.db
    .selectFrom("roles")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("name", "=", name);
  if (owner !== null) query = query.where((eb) => isOfOrganization(eb, owner));
  return (await query.limit(1).executeTakeFirst()) !== undefined;
}

/** Whether `id` is the role `of` or one that it inherits from. */
export async function inheritsFrom(at: Scope, of: string, id: string): Promise<boolean> {
  const found = await at.db
    .withRecursive("chain", (db) =>
      db
        .selectFrom("roles")
        .select(["id", "base_role_id"])
        .where("environment_id", "=", at.environmentId)
        .where("id", "=", of)
        .union((union) =>
          union
            .selectFrom("chain")
            .innerJoin("roles", "roles.id", "chain.base_role_id")
            .select(["roles.id", "roles.base_role_id"]),
        ),
    )
    .selectFrom("chain")
    .select("id")
    .where("id", "=", id)
    .executeTakeFirst();
  return found !== undefined;
}

export async function set(at: Scope, id: string, change: RoleChange): Promise<void> {
  await at.db
    .updateTable("roles")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .execute();
}

export async function remove(at: Scope, id: string): Promise<void> {
  await at.db
    .deleteFrom("roles")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .execute();
}

function rolesSeen(at: Scope, view: View) {
  return at.db
    .selectFrom("roles")
    .leftJoin("roles as bases", "bases.id", "roles.base_role_id")
    .selectAll("roles")
    .select("bases.name as base_name")
    .select((eb) => [
      // An organization's own default takes the place of the environment's.
      eb.fn
        .coalesce(
          eb(
            eb
              .selectFrom("organization_default_roles as own")
              .select("own.role_id")
              .where("own.organization_id", "=", view ?? eb.ref("roles.organization_id")),
            "=",
            eb.ref("roles.id"),
          ),
          "roles.is_default_member",
        )
        .as("is_default_member"),
    ])
    .where("roles.environment_id", "=", at.environmentId);
}

/** A role of the environment or, for an organization, one of its own. */
function isOfOrganization(eb: ExpressionBuilder<Database, "roles">, owner: Owner) {
  const ofEnvironment = eb("roles.organization_id", "is", null);
  if (owner === null) return ofEnvironment;
  return eb.or([ofEnvironment, eb("roles.organization_id", "=", owner)]);
}
