/** SQL of the journal: what directories did to memberships. */
import { type Selectable, sql } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type DirectoryChangeRow = Selectable<Database["directory_changes"]>;

export type ChangeKind = "joined" | "deactivated" | "reactivated" | "roles" | "restored";

export interface NewChange {
  id: string;
  userId: string;
  kind: ChangeKind;
  statusBefore: string | null;
  rolesBefore: readonly string[];
}

/** Where the changes of one directory are kept. */
export interface Journal {
  directoryId: string;
  organizationId: string;
}

export async function insert(
  at: Scope,
  { directoryId, organizationId }: Journal,
  changes: readonly NewChange[],
  now: Date,
): Promise<void> {
  if (changes.length === 0) return;
  await sql`
    insert into directory_changes
      (id, environment_id, organization_id, directory_id, user_id, kind, status_before, roles_before, changed_at)
    select id, ${at.environmentId}, ${organizationId}, ${directoryId}, "userId", kind, "statusBefore",
      "rolesBefore", ${now}
    from jsonb_to_recordset(${JSON.stringify(changes)}::jsonb)
      as change (id text, "userId" text, kind text, "statusBefore" text, "rolesBefore" text[])`.execute(
    at.db,
  );
}

/** A change with the address of whom it concerned. */
export type ListedChange = DirectoryChangeRow & { email: string };

/** The changes of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, directoryId: string, page: PageRange): Promise<ListedChange[]> {
  const query = at.db
    .selectFrom("directory_changes")
    .innerJoin("users", "users.id", "directory_changes.user_id")
    .selectAll("directory_changes")
    .select("users.email")
    .where("directory_changes.environment_id", "=", at.environmentId)
    .where("directory_changes.directory_id", "=", directoryId);
  return newestFirst(query, page, "directory_changes.id");
}

/** How many there are; `most` when there are more. */
export async function count(at: Scope, directoryId: string, most: number): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from (select from directory_changes
      where directory_id = ${directoryId} and environment_id = ${at.environmentId} limit ${most}) as found`.execute(
    at.db,
  );
  return rows[0]?.count ?? 0;
}

/** What a directory took from a membership in a window of time. */
export interface Loss {
  user_id: string;
  /** Null where the status was not touched. */
  status_before: string | null;
  /** Null where the roles were not touched. */
  roles_before: string[] | null;
  /** Null where the membership is gone, or is another one that was made since. */
  status_now: string | null;
  roles_now: string[];
  /** Those of them that directories gave. */
  given_now: string[];
}

/**
 * The next members who lost status or roles in a window of time and did not get them back, by their ids.
 * @param window.from included
 * @param window.to excluded
 */
export async function listLosses(
  at: Scope,
  directoryId: string,
  window: { from: Date; to: Date },
  page: { after: string; limit: number },
): Promise<Loss[]> {
  const { rows } = await sql<Loss>`
    select lost.user_id,
      (select status_before from directory_changes where id = lost.deactivated) as status_before,
      (select roles_before from directory_changes where id = lost.roles) as roles_before,
      memberships.status as status_now, coalesce(memberships.directory_roles, '{}') as given_now,
      array(select role_id from membership_roles as held where held.organization_id = first.organization_id
        and held.user_id = lost.user_id order by role_id) as roles_now
    from (
      select user_id, min(id) as id, min(id) filter (where kind = 'deactivated') as deactivated,
        min(id) filter (where kind = 'roles') as roles
      from directory_changes
      where directory_id = ${directoryId} and environment_id = ${at.environmentId}
        and kind in ('deactivated', 'roles') and restored_at is null
        and changed_at >= ${window.from} and changed_at < ${window.to} and user_id > ${page.after}
      group by user_id order by user_id limit ${page.limit}
    ) as lost
    join directory_changes as first on first.id = lost.id
    left join memberships
      on memberships.organization_id = first.organization_id and memberships.user_id = lost.user_id
      and memberships.created_at <= first.changed_at
    order by lost.user_id`.execute(at.db);
  return rows;
}

/** Notes that what these members lost in a window was given back. */
export async function setRestored(
  at: Scope,
  directoryId: string,
  window: { from: Date; to: Date },
  userIds: readonly string[],
  now: Date,
): Promise<void> {
  await sql`
    update directory_changes set restored_at = ${now}
    where directory_id = ${directoryId} and environment_id = ${at.environmentId}
      and kind in ('deactivated', 'roles') and restored_at is null
      and changed_at >= ${window.from} and changed_at < ${window.to}
      and user_id = any(${[...userIds]})`.execute(at.db);
}
