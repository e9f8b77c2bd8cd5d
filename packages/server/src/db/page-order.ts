/** The end of a query that lists a page by key: where the page starts, its order and its size. */
import { type SelectQueryBuilder, type StringReference, sql } from "kysely";
import type { PageRange } from "../lib/page-tokens.ts";

/**
 * The rows of a range, newest first; in reverse when the range ends before a key, as `paginate` expects them.
 * @param key the column that the range speaks of, unique among what the query finds; ids hold the time they were
 * made at
 */
export function newestFirst<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  { after, before, limit }: PageRange,
  key: StringReference<DB, TB>,
): Promise<Row[]> {
  const column = sql.ref(key);
  const behind = after === undefined ? query : query.where(sql<boolean>`${column} < ${after}`);
  const within = before === undefined ? behind : behind.where(sql<boolean>`${column} > ${before}`);
  const ordered = within.orderBy(column, before === undefined ? "desc" : "asc");
  return ordered.limit(limit).execute();
}
