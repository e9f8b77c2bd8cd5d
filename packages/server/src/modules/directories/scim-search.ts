/**
 * Lists of people and groups as SCIM asks for them. Pages by cursor cost the same however far they are; pages by number
 * are for the clients that know no other.
 */
import type { Ctx } from "../../context.ts";
import { readCount } from "../../db/counters.ts";
import { isTimeout } from "../../db/scope.ts";
import { decodePageToken, type PageCursor, paginate } from "../../lib/page-tokens.ts";
import { createTurns, TooManyWaiting } from "../../lib/turns.ts";
import { printAttributePath } from "../../protocols/scim/attribute-path.ts";
import { badRequest, ScimError } from "../../protocols/scim/errors.ts";
import { type Filter, printFilter } from "../../protocols/scim/filter.ts";
import type { ListQuery, Page } from "../../protocols/scim/lists.ts";
import type { Directory } from "./directories.ts";
import type { GroupFound, Part, Search, UserFound } from "./scim-search.store.ts";
import * as store from "./scim-search.store.ts";
import type { UserShown } from "./scim-users.store.ts";
import * as people from "./scim-users.store.ts";

export type { GroupFound, UserFound };

export interface Found<Row> {
  rows: Row[];
  totalResults: number;
  startIndex?: number;
  nextCursor?: string | undefined;
  previousCursor?: string | undefined;
}

/** @throws ScimError `invalidCursor`, `tooMany` for a filter that takes too long, 429 */
export async function searchUsers(
  ctx: Ctx,
  directory: Directory,
  query: ListQuery,
): Promise<Found<UserShown>> {
  const userName = nameAskedFor(query);
  if (userName !== undefined && query.page.by === "index")
    return byName(ctx, directory, userName, query.page);
  return search(ctx, searchOf(directory, "User", query), query.page) as Promise<Found<UserFound>>;
}

/** The one userName that a filter asks for, and nothing else. */
function nameAskedFor({ filter }: ListQuery): string | undefined {
  if (filter?.kind !== "compare" || filter.operator !== "eq") return undefined;
  const { path, value } = filter;
  return path.attribute === "userName" && path.schema === undefined && typeof value === "string"
    ? value
    : undefined;
}

async function byName(
  ctx: Ctx,
  directory: Directory,
  userName: string,
  { startIndex, count }: IndexPage,
): Promise<Found<UserShown>> {
  const person = await people.findByName(ctx, directory.id, userName);
  const rows = person && startIndex === 1 && count > 0 ? [person] : [];
  return { rows, totalResults: person ? 1 : 0, startIndex };
}

/** Groups without their members. @throws ScimError `invalidCursor`, `tooMany` for a filter that takes too long, 429 */
export async function searchGroups(
  ctx: Ctx,
  directory: Directory,
  query: ListQuery,
): Promise<Found<GroupFound>> {
  return search(ctx, searchOf(directory, "Group", query), query.page) as Promise<Found<GroupFound>>;
}

type Row = UserFound | GroupFound;
type IndexPage = Extract<Page, { by: "index" }>;

function searchOf(directory: Directory, kind: Search["kind"], { filter, sort }: ListQuery): Search {
  const order = sort && { path: sort.path, descending: sort.descending };
  return { kind, directoryId: directory.id, filter, sort: order };
}

/**
 * What reads a whole directory may take as long as any statement may; a few of these would hold all connections, and
 * everybody else would wait for one directory's filters.
 */
const inTurn = createTurns({ most: 3, mostPerKey: 2, mostWaiting: 50 });

async function search(ctx: Ctx, search: Search, page: Page): Promise<Found<Row>> {
  const run = () => (page.by === "index" ? byIndex(ctx, search, page) : byCursor(ctx, search, page));
  try {
    return await (isQuick(search) ? run() : inTurn(search.directoryId, run));
  } catch (error) {
    if (error instanceof TooManyWaiting)
      throw new ScimError(429, "Too many filters of this directory wait already: ask one after another.");
    if (!isTimeout(error)) throw error;
    throw badRequest(
      "tooMany",
      "The filter takes too long here: ask for less, or by userName, externalId or id.",
    );
  }
}

/** What an index finds in a directory: these are what identity providers ask for. */
const indexed: Readonly<Record<Search["kind"], readonly string[]>> = {
  User: ["id", "userName", "externalId", "emails.value"],
  Group: ["id", "displayName", "externalId", "members.value"],
};

function isQuick({ filter, sort, kind }: Search): boolean {
  return sort === undefined && (filter === undefined || isIndexed(filter, indexed[kind], ""));
}

/** @param within the attribute in whose brackets the filter stands, with a dot */
function isIndexed(filter: Filter, names: readonly string[], within: string): boolean {
  switch (filter.kind) {
    case "and":
      return filter.filters.some((part) => isIndexed(part, names, within));
    case "or":
      return filter.filters.every((part) => isIndexed(part, names, within));
    case "values":
      return isIndexed(filter.filter, names, `${printAttributePath(filter.path)}.`);
    case "compare":
      return filter.operator === "eq" && names.includes(within + printAttributePath(filter.path));
    default:
      return false;
  }
}

async function byIndex(ctx: Ctx, search: Search, { startIndex, count }: IndexPage): Promise<Found<Row>> {
  const offset = startIndex - 1;
  // One more than the page shows tells whether more follow.
  const rows = count === 0 ? [] : await store.list(ctx, search, { limit: count + 1, offset });
  const isLast = count > 0 && rows.length <= count;
  const isWithin = rows.length > 0 || offset === 0;
  const totalResults =
    isLast && isWithin ? offset + rows.length : await total(ctx, search, offset + rows.length);
  return { rows: rows.slice(0, count), totalResults, startIndex };
}

async function byCursor(
  ctx: Ctx,
  search: Search,
  { cursor, count }: Extract<Page, { by: "cursor" }>,
): Promise<Found<Row>> {
  const scope = scopeOf(search);
  const at = cursor === "" ? undefined : decodePageToken(cursor, scope, ["text", "text"]);
  if (cursor !== "" && at === undefined)
    throw badRequest(
      "invalidCursor",
      "The cursor is not one of this list: leave it empty for the first page.",
    );
  const rows = await store.list(ctx, search, partOf(at, count + 1));
  const key = (row: Row) => [row.sort_key, row.id];
  const page = paginate(rows, { pageSize: count, cursor: at, scope, key });
  return {
    rows: page.items,
    totalResults: await total(ctx, search, page.items.length),
    nextCursor: page.nextPageToken || undefined,
    previousCursor: page.prevPageToken || undefined,
  };
}

function partOf(at: PageCursor | undefined, limit: number): Part {
  if (at === undefined) return { limit, offset: 0 };
  const [sort_key = "", id = ""] = at.key;
  return { limit, beyond: { sort_key, id }, backwards: at.direction === "prev" };
}

/** A cursor is void in any other list. */
function scopeOf({ kind, directoryId, filter, sort }: Search): string {
  const order = sort && `${printAttributePath(sort.path)} ${sort.descending}`;
  return `scim:${directoryId}:${kind}:${order ?? ""}:${filter ? printFilter(filter) : ""}`;
}

/** A filter is counted exactly so far. */
const countedExactly = 1_000;

/**
 * How many there are in all. Beyond what a filter is counted to, it is as many as are known by now: a client that goes
 * on while its place is below the total meets every page.
 */
async function total(ctx: Ctx, search: Search, known: number): Promise<number> {
  const { filter, kind, directoryId } = search;
  if (filter !== undefined)
    return Math.max(known, await store.count(ctx, { ...search, filter }, countedExactly));
  return readCount(ctx, kind === "User" ? "directory_users" : "directory_groups", directoryId);
}
