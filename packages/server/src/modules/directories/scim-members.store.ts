/** SQL of who is in which group: added, removed and replaced as sets, whose cost is that of the change. */
import { type RawBuilder, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Scope } from "../../db/scope.ts";

type Members = { environmentId: string; directoryId: string; groupId: string; ids: string[] };

/** What a change did. */
export interface Added {
  /** Those who were not in the group. */
  added: string[];
  /** How many of the ids are people of the directory. */
  known: number;
}

/** Puts people of the directory into a group. @param ids each once */
export async function add(
  at: Scope,
  directoryId: string,
  groupId: string,
  ids: readonly string[],
): Promise<Added> {
  const rows = await adding(at.db, { environmentId: at.environmentId, directoryId, groupId, ids: [...ids] });
  return rows[0] as Added;
}

const adding = compiled(
  (_db, { environmentId, directoryId, groupId, ids }: Members) => sql<Added>`
    with joining as (${among(environmentId, directoryId, ids)}),
      joined as (insert into directory_group_members (environment_id, directory_id, group_id, directory_user_id)
        select ${environmentId}, ${directoryId}, ${groupId}, id from joining
        on conflict do nothing returning directory_user_id)
    select array(select directory_user_id from joined order by directory_user_id) as added,
      (select count(*) from joining) as known`,
);

/**
 * Those of the ids that are people of the directory. They are looked up by their ids alone: as long as the database has
 * no statistics of a directory that grows, it would rather read all of its people.
 */
export function among(environmentId: string, directoryId: string, ids: unknown): RawBuilder<unknown> {
  return sql`
    with named as materialized (
      select id, directory_id, environment_id from directory_users where id = any(${ids}::text[]))
    select id from named where directory_id = ${directoryId} and environment_id = ${environmentId}`;
}

/** Takes people out of a group. @returns the ids of those who were in it */
export async function remove(
  at: Scope,
  directoryId: string,
  groupId: string,
  ids: readonly string[],
): Promise<string[]> {
  const values = { environmentId: at.environmentId, directoryId, groupId, ids: [...ids] };
  return (await removing(at.db, values)).map(({ id }) => id).sort();
}

const removing = compiled(
  (_db, { environmentId, directoryId, groupId, ids }: Members) => sql<{ id: string }>`
    delete from directory_group_members
    where environment_id = ${environmentId} and directory_id = ${directoryId} and group_id = ${groupId}
      and directory_user_id = any(${ids}::text[])
    returning directory_user_id as id`,
);

/** Takes everybody out of a group but these. @returns the ids of those who are out */
export async function removeOthers(
  at: Scope,
  directoryId: string,
  groupId: string,
  ids: readonly string[],
): Promise<string[]> {
  const values = { environmentId: at.environmentId, directoryId, groupId, ids: [...ids] };
  return (await removingOthers(at.db, values)).map(({ id }) => id).sort();
}

const removingOthers = compiled(
  (_db, { environmentId, directoryId, groupId, ids }: Members) => sql<{ id: string }>`
    delete from directory_group_members m
    where m.environment_id = ${environmentId} and m.directory_id = ${directoryId} and m.group_id = ${groupId}
      and not exists (select from unnest(${ids}::text[]) as kept (id) where kept.id = m.directory_user_id)
    returning m.directory_user_id as id`,
);

export interface MemberRow {
  group_id: string;
  directory_user_id: string;
  display: string;
}

/** A slice of the members of groups, by the group and then by the member. @param after the last row of the slice before */
export async function list(
  at: Scope,
  groupIds: readonly string[],
  after: Pick<MemberRow, "group_id" | "directory_user_id"> | undefined,
  limit: number,
): Promise<MemberRow[]> {
  return listed(at.db, {
    environmentId: at.environmentId,
    groupIds: [...groupIds],
    afterGroup: after?.group_id ?? "",
    afterUser: after?.directory_user_id ?? "",
    limit,
  });
}

type Slice = {
  environmentId: string;
  groupIds: string[];
  afterGroup: string;
  afterUser: string;
  limit: number;
};

const listed = compiled(
  (_db, { environmentId, groupIds, afterGroup, afterUser, limit }: Slice) => sql<MemberRow>`
    select m.group_id, m.directory_user_id, coalesce(nullif(u.display_name, ''), u.user_name) as display
    from directory_group_members m join directory_users u on u.id = m.directory_user_id
    where m.environment_id = ${environmentId} and m.group_id = any(${groupIds}::text[])
      and (m.group_id, m.directory_user_id) > (${afterGroup}, ${afterUser})
    order by m.group_id, m.directory_user_id limit ${limit}`,
);
