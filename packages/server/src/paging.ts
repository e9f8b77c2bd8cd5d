/** Lists page by key: a page starts behind the id that its token names, so its cost does not grow with its number. */
import { defineErrors } from "./errors.ts";
import { decodePageToken, type PageRange, paginate } from "./lib/page-tokens.ts";

export interface PageRequest {
  /** 0 = the default of the list. */
  pageSize: number;
  /** "" = the first page. */
  pageToken: string;
}

export interface Page<Row> {
  items: Row[];
  nextPageToken: string;
  prevPageToken: string;
  /** Over all pages. */
  totalSize: number;
}

const errors = defineErrors({
  PAGE_TOKEN_INVALID: [
    "INVALID_ARGUMENT",
    "page_token is not one that this list gave out: leave it empty to start from the first page",
  ],
});

const defaultSize = 10;
const largestSize = 100;
/** A token is not signed, so a key that no row can have shows that it was made up. */
const idShape = /^[a-z][a-z0-9]*_[0-9]{15,19}$/;

/**
 * Opens one page of a list whose rows are ordered by their id.
 * @param scope the list with its filters; a token of another list is refused
 * @returns the range to fetch, with one row more than the page shows, and `close` to make the answer
 * @throws PAGE_TOKEN_INVALID
 */
export function openPage(request: PageRequest, scope: string) {
  const pageSize = Math.min(request.pageSize || defaultSize, largestSize);
  const cursor = request.pageToken === "" ? undefined : decodePageToken(request.pageToken, scope, ["text"]);
  const [key = ""] = cursor?.key ?? [];
  if (request.pageToken !== "" && !idShape.test(key)) throw errors.PAGE_TOKEN_INVALID();
  const range: PageRange = {
    limit: pageSize + 1,
    ...(cursor?.direction === "next" && { after: key }),
    ...(cursor?.direction === "prev" && { before: key }),
  };
  return {
    range,
    close<Row extends { id: string }>(rows: readonly Row[], totalSize: number): Page<Row> {
      return { ...paginate(rows, { pageSize, cursor, scope, key: (row) => [row.id] }), totalSize };
    },
  };
}
