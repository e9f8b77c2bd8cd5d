/** SQL of the people of directories as events, lists and consequences need them. */
import { type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type DirectoryUserRow = Selectable<Database["directory_users"]>;

/** A person with the groups that hold them and the roles that these give. */
export type Placed = DirectoryUserRow & {
  groups: { id: string; name: string }[];
  role_ids: string[];
  role_names: string[];
};

/** People of a directory by their ids, in the order of these. */
export async function listPlaced(at: Scope, directoryId: string, ids: readonly string[]): Promise<Placed[]> {
  return placed(at.db, { environmentId: at.environmentId, directoryId, ids: [...ids] });
}

const placed = compiled(
  (_db, { environmentId, directoryId, ids }: { environmentId: string; directoryId: string; ids: string[] }) =>
    sql<Placed>`
      select directory_users.*, held.groups, given.role_ids, given.role_names
      from unnest(${ids}::text[]) with ordinality as wanted (id, place)
      join directory_users on directory_users.id = wanted.id
        and directory_users.directory_id = ${directoryId} and directory_users.environment_id = ${environmentId}
      cross join lateral (
        select coalesce(jsonb_agg(jsonb_build_object('id', directory_groups.id, 'name', display_name)
          order by directory_groups.id), '[]') as groups
        from directory_group_members
        join directory_groups on directory_groups.id = directory_group_members.group_id
        where directory_group_members.directory_user_id = directory_users.id) as held
      cross join lateral (
        select coalesce(array_agg(id order by name), '{}') as role_ids,
          coalesce(array_agg(name order by name), '{}') as role_names
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
