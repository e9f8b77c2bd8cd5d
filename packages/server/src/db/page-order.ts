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
  page: PageRange,
  key: StringReference<DB, TB>,
): Promise<Row[]> {
  return inRange(query, page, key, "desc").execute();
}

/** The same, oldest first. */
export function oldestFirst<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  page: PageRange,
  key: StringReference<DB, TB>,
): Promise<Row[]> {
  return inRange(query, page, key, "asc").execute();
}

function inRange<DB, TB extends keyof DB, Row>(
  query: SelectQueryBuilder<DB, TB, Row>,
  { after, before, limit }: PageRange,
  key: StringReference<DB, TB>,
  order: "asc" | "desc",
) {
  const column = sql.ref(key);
  const [further, nearer] = order === "desc" ? [sql`<`, sql`>`] : [sql`>`, sql`<`];
  const behind = after === undefined ? query : query.where(sql<boolean>`${column} ${further} ${after}`);
  const within = before === undefined ? behind : behind.where(sql<boolean>`${column} ${nearer} ${before}`);
  const reversed = order === "desc" ? "asc" : "desc";
  return within.orderBy(column, before === undefined ? order : reversed).limit(limit);
}
