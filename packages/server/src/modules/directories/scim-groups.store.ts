/** SQL of the groups of a directory and their members as SCIM changes them: members are changed by sets, never read. */
import { sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { addition, additionOf } from "../../db/counters.ts";
import type { Scope } from "../../db/scope.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import { among } from "./scim-members.store.ts";

export interface NewGroup {
  id: string;
  organizationId: string;
  directoryId: string;
  displayName: string;
  externalId: string | null;
  /** JSON text. */
  document: string;
  now: Date;
  members: readonly string[];
}

/**
 * Inserts a group with those of the members that the directory has, and counts it.
 * @returns the row; fewer `total_members` than were given are in the directory
 * @throws of the index `directory_groups_by_name` when the name is taken
 */
export async function insert(at: Scope, group: NewGroup): Promise<DirectoryGroupRow> {
  const { environmentId } = at;
  const counting = additionOf(environmentId, "directory_groups", [group.directoryId], 1);
  const rows = await sql<DirectoryGroupRow>`
    with adding as (${addition(counting)}),
      joining as (${among(environmentId, group.directoryId, [...group.members])}),
      made as (insert into directory_groups (id, environment_id, organization_id, directory_id, display_name,
          external_id, document, total_members, created_at, updated_at)
        values (${group.id}, ${environmentId}, ${group.organizationId}, ${group.directoryId}, ${group.displayName},
          ${group.externalId}, ${group.document}::jsonb, (select count(*) from joining), ${group.now}, ${group.now})
        returning *),
      joined as (insert into directory_group_members (environment_id, directory_id, group_id, directory_user_id)
        select ${environmentId}, ${group.directoryId}, ${group.id}, id from joining)
    select * from made`.execute(at.db);
  return rows.rows[0] as DirectoryGroupRow;
}

type Named = { environmentId: string; directoryId: string; id: string };

export async function find(
  at: Scope,
  directoryId: string,
  id: string,
): Promise<DirectoryGroupRow | undefined> {
  return (await found(at.db, { environmentId: at.environmentId, directoryId, id }))[0];
}

const found = compiled(
  (_db, { environmentId, directoryId, id }: Named) => sql<DirectoryGroupRow>`
    select * from directory_groups
    where id = ${id} and directory_id = ${directoryId} and environment_id = ${environmentId}`,
);

/** The group, which nobody else changes until the transaction ends. */
export async function findForChange(
  at: Scope,
  directoryId: string,
  id: string,
): Promise<DirectoryGroupRow | undefined> {
  return (await held(at.db, { environmentId: at.environmentId, directoryId, id }))[0];
}

const held = compiled(
  (_db, { environmentId, directoryId, id }: Named) => sql<DirectoryGroupRow>`
    select * from directory_groups
    where id = ${id} and directory_id = ${directoryId} and environment_id = ${environmentId}
    for no key update`,
);

/**
 * Holds the groups of a person, in the order of their ids: who holds a person afterwards does it in the same order as
 * who changes a group, and two who delete persons of the same groups do not wait for each other.
 */
export async function holdGroupsOf(at: Scope, directoryId: string, userId: string): Promise<void> {
  await sql`
    select from directory_groups
    where environment_id = ${at.environmentId} and id in (select group_id from directory_group_members
      where directory_id = ${directoryId} and directory_user_id = ${userId})
    order by id for no key update`.execute(at.db);
}

export interface GroupChange {
  displayName: string;
  externalId: string | null;
  /** JSON text. */
  document: string;
  /** By how many members it grew. */
  growth: number;
  now: Date;
}

/** Writes a group anew, as the next version. @throws of `directory_groups_by_name` when the name is taken */
export async function set(
  at: Scope,
  directoryId: string,
  id: string,
  change: GroupChange,
): Promise<DirectoryGroupRow> {
  const rows = await written(at.db, { ...change, environmentId: at.environmentId, directoryId, id });
  return rows[0] as DirectoryGroupRow;
}

const written = compiled(
  (_db, group: GroupChange & Named) => sql<DirectoryGroupRow>`
    update directory_groups set display_name = ${group.displayName}, external_id = ${group.externalId},
      document = ${group.document}::jsonb, total_members = total_members + ${group.growth}, version = version + 1,
      updated_at = ${group.now}
    where id = ${group.id} and directory_id = ${group.directoryId} and environment_id = ${group.environmentId}
    returning *`,
);

/** Deletes a group. @returns the ids of those who were its members */
export async function remove(at: Scope, directoryId: string, id: string): Promise<string[]> {
  const { environmentId } = at;
  const counting = additionOf(environmentId, "directory_groups", [directoryId], -1);
  const rows = await sql<{ directory_user_id: string }>`
    with adding as (${addition(counting)}),
      gone as (delete from directory_group_members
        where directory_id = ${directoryId} and group_id = ${id} returning directory_user_id),
      deleted as (delete from directory_groups
        where id = ${id} and directory_id = ${directoryId} and environment_id = ${environmentId})
    select directory_user_id from gone order by directory_user_id`.execute(at.db);
  return rows.rows.map(({ directory_user_id }) => directory_user_id);
}
