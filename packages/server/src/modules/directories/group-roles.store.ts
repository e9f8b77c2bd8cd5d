/** SQL of which group of a directory gives which role. */
import { sql } from "kysely";
import type { Scope } from "../../db/scope.ts";

export interface GroupRole {
  directory_id: string;
  group_id: string;
  role_id: string;
  role_name: string;
}

/** Those of directories, by group and role. */
export async function list(at: Scope, directoryIds: readonly string[]): Promise<GroupRole[]> {
  return at.db
    .selectFrom("directory_group_roles")
    .innerJoin("roles", "roles.id", "directory_group_roles.role_id")
    .select([
      "directory_group_roles.directory_id",
      "directory_group_roles.group_id",
      "roles.id as role_id",
      "roles.name as role_name",
    ])
    .where("directory_group_roles.environment_id", "=", at.environmentId)
    .where(sql<boolean>`directory_group_roles.directory_id = any(${[...directoryIds]})`)
    .orderBy("directory_group_roles.group_id")
    .orderBy("roles.name")
    .execute();
}

/** Makes these the only ones of a directory. */
export async function replace(
  at: Scope,
  directoryId: string,
  pairs: readonly { groupId: string; roleId: string }[],
): Promise<void> {
  await at.db
    .deleteFrom("directory_group_roles")
    .where("environment_id", "=", at.environmentId)
    .where("directory_id", "=", directoryId)
    .execute();
  await sql`
    insert into directory_group_roles (environment_id, directory_id, group_id, role_id)
    select ${at.environmentId}, ${directoryId}, group_id, role_id
    from unnest(${pairs.map(({ groupId }) => groupId)}::text[], ${pairs.map(({ roleId }) => roleId)}::text[])
      as pair (group_id, role_id)
    on conflict do nothing`.execute(at.db);
}

/** Puts one role in the place of another, in all directories; a group that gives both keeps one. */
export async function move(at: Scope, from: string, to: string): Promise<void> {
  await sql`
    insert into directory_group_roles (environment_id, directory_id, group_id, role_id)
    select environment_id, directory_id, group_id, ${to} from directory_group_roles
    where environment_id = ${at.environmentId} and role_id = ${from}
    on conflict do nothing`.execute(at.db);
}

/** The first ids of these that no group of the directory has. */
export async function firstUnknown(
  at: Scope,
  directoryId: string,
  groupIds: readonly string[],
): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select wanted.id from unnest(${[...groupIds]}::text[]) with ordinality as wanted (id, place)
    where not exists (select from directory_groups
      where directory_groups.id = wanted.id and directory_id = ${directoryId}
        and environment_id = ${at.environmentId})
    order by wanted.place limit 1`.execute(at.db);
  return rows[0]?.id;
}
