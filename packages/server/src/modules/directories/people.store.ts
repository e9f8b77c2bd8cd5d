/** SQL of the people of directories as events, lists and consequences need them. */
import { type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type DirectoryUserRow = Selectable<Database["directory_users"]>;

/** A person with the groups that hold them and the roles that these give. */
export type Placed = DirectoryUserRow & {
  groups: { id: string; name: string }[];
  role_names: string[];
  /** The address of the user whose membership follows this person. */
  login_email: string | null;
};

/** People of a directory by their ids, in the order of these. */
export async function listPlaced(at: Scope, directoryId: string, ids: readonly string[]): Promise<Placed[]> {
  return placed(at.db, { environmentId: at.environmentId, directoryId, ids: [...ids] });
}

const placed = compiled(
  (_db, { environmentId, directoryId, ids }: { environmentId: string; directoryId: string; ids: string[] }) =>
    sql<Placed>`
      with named as materialized (select * from directory_users where id = any(${ids}::text[]))
      select directory_users.*, held.groups, given.role_names,
        (select email from users where users.id = directory_users.user_id) as login_email
      from unnest(${ids}::text[]) with ordinality as wanted (id, place)
      join named as directory_users on directory_users.id = wanted.id
        and directory_users.directory_id = ${directoryId} and directory_users.environment_id = ${environmentId}
      cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', directory_groups.id, 'name', display_name)
          order by directory_groups.id), '[]') as groups
        from directory_group_members
        join directory_groups on directory_groups.id = directory_group_members.group_id
        where directory_group_members.directory_user_id = directory_users.id) as held
      cross join lateral (
        select coalesce(array_agg(name order by name), '{}') as role_names
        from roles where id in (
          select directory_group_roles.role_id from directory_group_members
          join directory_group_roles on directory_group_roles.group_id = directory_group_members.group_id
          where directory_group_members.directory_user_id = directory_users.id)) as given
      order by wanted.place`,
);

/**
 * Holds people until the transaction ends, so that of two changes of one person's groups the later sees both.
 * In the order of their ids: two that hold several would else wait for each other.
 */
export async function lock(at: Scope, ids: readonly string[]): Promise<void> {
  await locked(at.db, { environmentId: at.environmentId, ids: [...ids] });
}

const locked = compiled(
  (_db, { environmentId, ids }: { environmentId: string; ids: string[] }) => sql`
    select from directory_users
    where id = any(${ids}) and environment_id = ${environmentId}
    order by id for no key update`,
);

/** Whether a directory has taken in anybody or any group. */
export async function isInUse(at: Scope, directoryId: string): Promise<boolean> {
  const { rows } = await sql`
    select from directory_users where directory_id = ${directoryId} and environment_id = ${at.environmentId}
    union all
    select from directory_groups where directory_id = ${directoryId} and environment_id = ${at.environmentId}
    limit 1`.execute(at.db);
  return rows.length > 0;
}

/** Which people of a directory a pass goes through. */
export interface PassFilter {
  /** Only members of these groups. */
  groupIds?: readonly string[];
  /** Only those whom no membership follows. */
  unlinked?: boolean;
}

/** The next people of a pass over a directory, oldest first. */
export async function listIds(
  at: Scope,
  directoryId: string,
  { groupIds, unlinked = false }: PassFilter,
  page: { after: string; limit: number },
): Promise<string[]> {
  let query = at.db
    .selectFrom("directory_users")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("directory_id", "=", directoryId)
    .where("id", ">", page.after);
  if (unlinked) query = query.where("user_id", "is", null).where("active", "=", true);
  if (groupIds !== undefined) {
    const members = sql<string>`(select directory_user_id from directory_group_members
      where group_id = any(${[...groupIds]}))`;
    query = query.where("id", "in", members);
  }
  return (await query.orderBy("id").limit(page.limit).execute()).map((row) => row.id);
}

/** Which user a person of a directory is; `id` is the person's. */
export interface Link {
  id: string;
  userId: string;
}

/** A person whom no membership follows any more. */
export interface Unlinked {
  id: string;
  userId: null;
}

/** Notes which membership follows which person, or that none does. */
export async function setUsers(at: Scope, links: readonly (Link | Unlinked)[]): Promise<void> {
  if (links.length === 0) return;
  await linked(at.db, {
    environmentId: at.environmentId,
    ids: links.map(({ id }) => id),
    userIds: links.map(({ userId }) => userId),
  });
}

const linked = compiled(
  (
    _db,
    { environmentId, ids, userIds }: { environmentId: string; ids: string[]; userIds: (string | null)[] },
  ) => sql`
    update directory_users set user_id = link.user_id
    from unnest(${ids}::text[], ${userIds}::text[]) as link (id, user_id)
    where directory_users.id = link.id and environment_id = ${environmentId}
      and directory_users.user_id is distinct from link.user_id`,
);

/** Those of these users whom an enabled directory of the organization holds active. */
export async function heldActive(
  at: Scope,
  organizationId: string,
  userIds: readonly string[],
): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    select distinct directory_users.user_id from directory_users
    join directories on directories.id = directory_users.directory_id and directories.enabled
    where directory_users.user_id = any(${[...userIds]}) and directory_users.active
      and directories.organization_id = ${organizationId} and directories.environment_id = ${at.environmentId}`.execute(
    at.db,
  );
  return rows.map((row) => row.user_id);
}

/** The roles that the groups of all enabled directories of an organization give to users. */
export async function rolesOf(
  at: Scope,
  organizationId: string,
  userIds: readonly string[],
): Promise<{ userId: string; roleIds: string[] }[]> {
  if (userIds.length === 0) return [];
  const rows = await givenBy(at.db, {
    environmentId: at.environmentId,
    organizationId,
    userIds: [...userIds],
  });
  const given = new Map(rows.map(({ user_id, role_ids }) => [user_id, role_ids]));
  return userIds.map((userId) => ({ userId, roleIds: given.get(userId) ?? [] }));
}

// Each is looked up by itself, whatever the database believes of the size of a directory.
const givenBy = compiled(
  (
    _db,
    {
      environmentId,
      organizationId,
      userIds,
    }: { environmentId: string; organizationId: string; userIds: string[] },
  ) => sql<{ user_id: string; role_ids: string[] }>`
    select holder.user_id, given.role_ids
    from unnest(${userIds}::text[]) as holder (user_id)
    cross join lateral (
      select array_agg(distinct directory_group_roles.role_id) as role_ids
      from directory_users
      join directories on directories.id = directory_users.directory_id and directories.enabled
      join directory_group_members on directory_group_members.directory_user_id = directory_users.id
      join directory_group_roles on directory_group_roles.group_id = directory_group_members.group_id
      where directory_users.user_id = holder.user_id and directory_users.active
        and directories.organization_id = ${organizationId} and directories.environment_id = ${environmentId}) as given
    where given.role_ids is not null`,
);
