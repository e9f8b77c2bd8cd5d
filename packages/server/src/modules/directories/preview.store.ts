/** SQL of what a directory would do to people. */
import { sql } from "kysely";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

/** A person, with the user whom a membership follows already. */
export interface Candidate {
  id: string;
  email: string;
  active: boolean;
  user_id: string | null;
  /** The roles that the person's groups give. */
  role_ids: string[];
  role_names: string[];
}

/** The people of a range, oldest first; in reverse when the range ends before an id. */
export async function listCandidates(
  at: Scope,
  directoryId: string,
  { after, before, limit }: PageRange,
): Promise<Candidate[]> {
  const range =
    before === undefined ? sql`directory_users.id > ${after ?? ""}` : sql`directory_users.id < ${before}`;
  const order = before === undefined ? sql`asc` : sql`desc`;
  const { rows } = await sql<Candidate>`
    select directory_users.id, email, active, user_id, given.role_ids, given.role_names
    from directory_users cross join lateral (
      select coalesce(array_agg(id order by name), '{}') as role_ids,
        coalesce(array_agg(name order by name), '{}') as role_names
      from roles where id in (
        select directory_group_roles.role_id from directory_group_members
        join directory_group_roles on directory_group_roles.group_id = directory_group_members.group_id
        where directory_group_members.directory_user_id = directory_users.id)) as given
    where directory_id = ${directoryId} and directory_users.environment_id = ${at.environmentId} and ${range}
    order by directory_users.id ${order} limit ${limit}`.execute(at.db);
  return rows;
}
