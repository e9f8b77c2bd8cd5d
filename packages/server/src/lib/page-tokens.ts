/**
 * Opaque page tokens for lists that page by key. A token holds the key of the row at the page's edge and the list it
 * belongs to; it holds no secret and grants nothing, so it is checked for its form and not signed.
 *
 * In use: the rule decodes the token, the store fetches `pageSize + 1` rows beyond the key, nearest first (so for
 * "prev" in the reverse of the list's order), and `paginate` cuts the page and makes both tokens.
 */
import { createHash } from "node:crypto";

/** Where a page starts: beyond the row with this key, forwards or backwards in the list's order. */
export interface PageCursor {
  direction: "next" | "prev";
  /** The values of the list's ORDER BY, the last of them unique: `[create_time, id]`. */
  key: string[];
}

export interface Page<Row> {
  items: Row[];
  /** "" when there is no next page. */
  nextPageToken: string;
  /** "" when there is no previous page. */
  prevPageToken: string;
}

/**
 * What a part of a key must look like to be given to SQL without an error: `time` is RFC 3339 in UTC with at most
 * six decimals, which is what PostgreSQL keeps.
 */
export type KeyKind = "text" | "time" | "whole";

const MAX_TOKEN_LENGTH = 2048;
const MAX_KEY_PARTS = 4;

/**
 * @param scope the list and its filters, `organizations:env_1:search=acme`; a token is void in any other
 */
export function encodePageToken(cursor: PageCursor, scope: string): string {
  return Buffer.from(JSON.stringify([cursor.direction, scopeHash(scope), ...cursor.key])).toString(
    "base64url",
  );
}

/**
 * Reads a token that a client sent.
 * @param kinds what each part of the key must be; default: two texts or whatever number of them the token has
 * @returns undefined when it is malformed or of another list; the caller answers INVALID_ARGUMENT
 */
export function decodePageToken(
  token: string,
  scope: string,
  kinds?: readonly KeyKind[],
): PageCursor | undefined {
  if (token.length > MAX_TOKEN_LENGTH || !/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  const parts = parseParts(Buffer.from(token, "base64url").toString("utf8"));
  const [direction, hash, ...key] = parts ?? [];
  if ((direction !== "next" && direction !== "prev") || hash !== scopeHash(scope)) return undefined;
  if (key.length === 0 || key.length > MAX_KEY_PARTS) return undefined;
  if (kinds !== undefined && kinds.length !== key.length) return undefined;
  return key.every((part, at) => hasKind(part, kinds?.[at] ?? "text")) ? { direction, key } : undefined;
}

/**
 * Cuts a page from what the store fetched.
 * @param rows at most `pageSize + 1`, nearest to the cursor first
 * @param page.cursor what the request's token held; undefined on the first page
 * @param page.key the row's values of the list's ORDER BY. A time must carry its microseconds (a `Date` loses them,
 * and rows of one millisecond would be skipped)
 */
export function paginate<Row>(
  rows: readonly Row[],
  page: { pageSize: number; cursor: PageCursor | undefined; scope: string; key: (row: Row) => string[] },
): Page<Row> {
  const backwards = page.cursor?.direction === "prev";
  const more = rows.length > page.pageSize;
  const items = rows.slice(0, page.pageSize);
  if (backwards) items.reverse();
  const token = (direction: PageCursor["direction"], row: Row | undefined, exists: boolean): string =>
    exists && row !== undefined ? encodePageToken({ direction, key: page.key(row) }, page.scope) : "";
  return {
    items,
    nextPageToken: token("next", items.at(-1), backwards || more),
    prevPageToken: token("prev", items.at(0), backwards ? more : page.cursor !== undefined),
  };
}

function scopeHash(scope: string): string {
  return createHash("sha256").update(scope).digest("base64url").slice(0, 12);
}

function parseParts(json: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return Array.isArray(value) && value.every((part) => typeof part === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}

function hasKind(part: string, kind: KeyKind): boolean {
  if (kind === "time") return isTime(part);
  if (kind === "whole") return /^(0|-?[1-9][0-9]{0,17})$/.test(part);
  // PostgreSQL refuses NUL in text, and a lone surrogate has no UTF-8 form.
  return !part.includes("\0") && part.isWellFormed();
}

function isTime(part: string): boolean {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?Z$/.test(part)) return false;
  const time = Date.parse(part);
  // Date.parse moves 31 February to March and PostgreSQL has no year 0.
  return (
    !Number.isNaN(time) &&
    new Date(time).toISOString().startsWith(part.slice(0, 19)) &&
    !part.startsWith("0000")
  );
}

/** The rows that a store fetches for a page: at most `limit`, behind `after` or before `before`. */
export interface PageRange {
  limit: number;
  after?: string;
  before?: string;
}
