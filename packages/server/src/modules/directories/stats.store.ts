/** SQL of the figures of directories. */
import { sql } from "kysely";
import type { Scope } from "../../db/scope.ts";

export interface Figures {
  id: string;
  total_users: number;
  total_groups: number;
  user_updated_at: Date | null;
  group_updated_at: Date | null;
}

/** The figures of directories: from counters and indexes, so that none of it grows with them. */
export async function list(at: Scope, directoryIds: readonly string[]): Promise<Figures[]> {
  const counted = (name: string) => sql`(select coalesce(sum(value), 0)::int from counters
    where environment_id = ${at.environmentId} and name = ${name} and scope = wanted.id)`;
  const { rows } = await sql<Figures>`
    select wanted.id, ${counted("directory_users")} as total_users, ${counted("directory_groups")} as total_groups,
      (select max(updated_at) from directory_users where directory_id = wanted.id) as user_updated_at,
      (select max(updated_at) from directory_groups where directory_id = wanted.id) as group_updated_at
    from unnest(${[...directoryIds]}::text[]) as wanted (id)`.execute(at.db);
  return rows;
}
