/** SQL that finds organizations by a part of their name, id or external id, in any case. */
import { type RawBuilder, sql } from "kysely";
import { replanned } from "../../db/prepared.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";
import type { Organization } from "./organizations.store.ts";

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, text: string, page: PageRange): Promise<Organization[]> {
  const after = page.after === undefined ? sql`` : sql`and id < ${page.after}`;
  const before = page.before === undefined ? sql`` : sql`and id > ${page.before}`;
  const order = page.before === undefined ? sql`desc` : sql`asc`;
  const found = await sql<Organization>`${replanned} select * ${matches(at, text)} ${after} ${before}
    order by id ${order} limit ${page.limit}`.execute(at.db);
  return found.rows;
}

/** How many there are; `most` when there are more than that. */
export async function count(at: Scope, text: string, most: number): Promise<number> {
  const found = await sql<{ count: string }>`${replanned} select count(*) as count
    from (select 1 ${matches(at, text)} limit ${most}) as matched`.execute(at.db);
  return Number(found.rows[0]?.count ?? 0);
}

function matches(at: Scope, text: string): RawBuilder<unknown> {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  // The same expression as that of the index.
  return sql`from organizations where environment_id = ${at.environmentId}
    and lower(display_name || E'\\n' || id || E'\\n' || coalesce(external_id, '')) like lower(${pattern})`;
}
