/** SQL that finds users by a part of their address or external id, in any case, or by the beginning of their id. */
import { type RawBuilder, sql } from "kysely";
import { replanned } from "../../db/prepared.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";
import type { User } from "./users.store.ts";

export interface Search {
  text: string;
  /** Among the members of this organization; undefined = in the whole environment. */
  organizationId: string | undefined;
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, search: Search, page: PageRange): Promise<User[]> {
  const key = search.organizationId === undefined ? sql.ref("users.id") : sql.ref("memberships.user_id");
  const after = page.after === undefined ? sql`` : sql`and ${key} < ${page.after}`;
  const before = page.before === undefined ? sql`` : sql`and ${key} > ${page.before}`;
  const order = page.before === undefined ? sql`desc` : sql`asc`;
  const found = await sql<User>`${replanned} select users.* ${matches(at, search)} ${after} ${before}
    order by ${key} ${order} limit ${page.limit}`.execute(at.db);
  return found.rows;
}

/** How many there are; `most` when there are more than that. */
export async function count(at: Scope, search: Search, most: number): Promise<number> {
  const found = await sql<{ count: number }>`${replanned} select count(*) as count
    from (select 1 ${matches(at, search)} limit ${most}) as matched`.execute(at.db);
  return found.rows[0]?.count ?? 0;
}

function matches(at: Scope, search: Search): RawBuilder<unknown> {
  const { organizationId } = search;
  if (organizationId === undefined)
    return sql`from users where users.environment_id = ${at.environmentId} and ${isFoundBy(search)}`;
  return sql`from memberships join users on users.id = memberships.user_id
    where memberships.environment_id = ${at.environmentId}
      and memberships.organization_id = ${organizationId} and ${isFoundBy(search)}`;
}

function isFoundBy({ text }: Search): RawBuilder<boolean> {
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  // The same expression as that of the index.
  const like = sql<boolean>`lower(users.email || E'\\n' || coalesce(users.external_id, '')) like lower(${pattern})`;
  const [, digits] = /^(?:usr_?)?([0-9]{0,18})$/i.exec(text) ?? [];
  if (digits === undefined) return like;
  // All ids are of one length, so a beginning is a range, whatever the database's collation.
  const [first, last] = ["0", "9"].map((digit) => `usr_${digits.padEnd(18, digit)}`);
  return sql<boolean>`(${like} or users.id between ${first} and ${last})`;
}
