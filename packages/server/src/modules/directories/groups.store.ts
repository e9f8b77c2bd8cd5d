/** SQL of the groups of directories as events and lists need them. */
import { type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type DirectoryGroupRow = Selectable<Database["directory_groups"]>;

/** Groups of a directory by their ids, in the order of these. */
export async function listByIds(
  at: Scope,
  directoryId: string,
  ids: readonly string[],
): Promise<DirectoryGroupRow[]> {
  return byIds(at.db, { environmentId: at.environmentId, directoryId, ids: [...ids] });
}

const byIds = compiled(
  (_db, { environmentId, directoryId, ids }: { environmentId: string; directoryId: string; ids: string[] }) =>
    sql<DirectoryGroupRow>`
      select directory_groups.*
      from unnest(${ids}::text[]) with ordinality as wanted (id, place)
      join directory_groups on directory_groups.id = wanted.id
        and directory_groups.directory_id = ${directoryId} and directory_groups.environment_id = ${environmentId}
      order by wanted.place`,
);

/** The next groups of a pass over a directory, oldest first. */
export async function listIds(
  at: Scope,
  directoryId: string,
  page: { after: string; limit: number },
): Promise<string[]> {
  const rows = await at.db
    .selectFrom("directory_groups")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("directory_id", "=", directoryId)
    .where("id", ">", page.after)
    .orderBy("id")
    .limit(page.limit)
    .execute();
  return rows.map((row) => row.id);
}
