/** SQL of the lists of people and groups of a directory, oldest first. */
import { type RawBuilder, sql } from "kysely";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";

/** Every given value must match. */
export interface ListFilter {
  directoryId: string;
  /** Only members of it. */
  groupId?: string;
  /** Strictly after. */
  updatedAfter?: Date;
}

/** The ids of a page of people; in reverse when the range ends before an id. */
export async function listUsers(at: Scope, filter: ListFilter, page: PageRange): Promise<string[]> {
  return idsOf(at, matchingUsers(at, filter), page);
}

/** The same of groups. */
export async function listGroups(at: Scope, filter: ListFilter, page: PageRange): Promise<string[]> {
  return idsOf(at, matchingGroups(at, filter), page);
}

/** How many people match; `most` when more do. */
export async function countUsers(at: Scope, filter: ListFilter, most: number): Promise<number> {
  return count(at, matchingUsers(at, filter), most);
}

/** The same of groups. */
export async function countGroups(at: Scope, filter: ListFilter, most: number): Promise<number> {
  return count(at, matchingGroups(at, filter), most);
}

/** The groups that hold people, by the person's id. */
export async function groupsOf(
  at: Scope,
  userIds: readonly string[],
): Promise<(DirectoryGroupRow & { directory_user_id: string })[]> {
  return at.db
    .selectFrom("directory_groups")
    .innerJoin("directory_group_members", "directory_group_members.group_id", "directory_groups.id")
    .selectAll("directory_groups")
    .select("directory_group_members.directory_user_id")
    .where("directory_groups.environment_id", "=", at.environmentId)
    .where(sql<boolean>`directory_group_members.directory_user_id = any(${[...userIds]})`)
    .orderBy("directory_groups.id")
    .execute();
}

/** All groups of a directory by id and name, oldest first. */
export async function listNames(at: Scope, directoryId: string, most: number) {
  return at.db
    .selectFrom("directory_groups")
    .select(["id", "display_name"])
    .where("environment_id", "=", at.environmentId)
    .where("directory_id", "=", directoryId)
    .orderBy("id")
    .limit(most)
    .execute();
}

function matchingUsers(at: Scope, { directoryId, groupId, updatedAfter }: ListFilter): RawBuilder<unknown> {
  const changed = updatedAfter ? sql`and updated_at > ${updatedAfter}` : sql``;
  if (groupId === undefined)
    return sql`select id from directory_users
      where directory_id = ${directoryId} and environment_id = ${at.environmentId} ${changed}`;
  return sql`select directory_user_id as id from directory_group_members
    join directory_users on directory_users.id = directory_user_id
    where group_id = ${groupId} and directory_group_members.directory_id = ${directoryId}
      and directory_group_members.environment_id = ${at.environmentId} ${changed}`;
}

function matchingGroups(at: Scope, { directoryId, updatedAfter }: ListFilter): RawBuilder<unknown> {
  const changed = updatedAfter ? sql`and updated_at > ${updatedAfter}` : sql``;
  return sql`select id from directory_groups
    where directory_id = ${directoryId} and environment_id = ${at.environmentId} ${changed}`;
}

async function idsOf(at: Scope, matching: RawBuilder<unknown>, page: PageRange): Promise<string[]> {
  const range =
    page.before !== undefined
      ? sql`where id < ${page.before} order by id desc`
      : sql`where ${page.after === undefined ? sql`true` : sql`id > ${page.after}`} order by id`;
  const { rows } = await sql<{ id: string }>`
    select id from (${matching}) as matching ${range} limit ${page.limit}`.execute(at.db);
  return rows.map(({ id }) => id);
}

async function count(at: Scope, matching: RawBuilder<unknown>, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select from (${matching}) as matching limit ${most}) as found`.execute(
    at.db,
  );
  return rows[0]?.count ?? 0;
}
