/** SQL of lists of people and groups as SCIM asks for them: by filter, sorted, a page by number or by key. */
import { type RawBuilder, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { replanned } from "../../db/prepared.ts";
import type { Scope } from "../../db/scope.ts";
import type { AttributePath } from "../../protocols/scim/attributes.ts";
import type { Filter } from "../../protocols/scim/filter.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import {
  conditionOf,
  type ResourceKind,
  type Shape,
  separate,
  sortText,
  type Values,
} from "./scim-filter.store.ts";
import { shownOfRow, type UserShown } from "./scim-users.store.ts";

export interface Search {
  kind: ResourceKind;
  directoryId: string;
  filter: Filter | undefined;
  /** Oldest first unless said otherwise. */
  sort: { path: AttributePath; descending: boolean } | undefined;
}

/** Which rows of all: from a place on, or beyond a key. */
export type Part = { limit: number; offset: number } | { limit: number; beyond: SortKey; backwards: boolean };

/** Where a row stands in the order; `sort_key` is "" where the order is that of the ids. */
export type SortKey = { sort_key: string; id: string };

export type UserFound = UserShown & SortKey;
export type GroupFound = DirectoryGroupRow & SortKey;

/** One page of a search. Beyond a key and backwards, the rows come nearest first. */
export async function list(at: Scope, search: Search, part: Part): Promise<(UserFound | GroupFound)[]> {
  const values: Values = {};
  const question: Question = {
    kind: search.kind,
    shape: search.filter && separate(search.filter, values),
    sort: search.sort,
    pages: "offset" in part ? "number" : part.backwards ? "before" : "after",
  };
  const run = known(`list ${JSON.stringify(question)}`, (start) =>
    compiled((_db, given: Given) => sql`${start} ${page(question, given)}`),
  );
  return run(at.db, {
    ...values,
    environmentId: at.environmentId,
    directoryId: search.directoryId,
    limit: part.limit,
    ...("offset" in part ? { offset: part.offset } : { sortKey: part.beyond.sort_key, id: part.beyond.id }),
  }) as Promise<(UserFound | GroupFound)[]>;
}

/** How many a filter finds, counted up to a number. */
export async function count(at: Scope, search: Search & { filter: Filter }, most: number): Promise<number> {
  const values: Values = {};
  const { kind } = search;
  const shape = separate(search.filter, values);
  const run = known(`count ${kind} ${JSON.stringify(shape)}`, (start) =>
    compiled(
      (_db, given: Given) => sql<{ total: number }>`
        ${start} select count(*) as total from (
          select from ${sql.table(tables[kind])} r where ${withinDirectory(given)} and ${conditionOf(shape, kind, given)}
          limit ${given.limit}) found`,
    ),
  );
  const { environmentId } = at;
  const [row] = await run(at.db, { ...values, environmentId, directoryId: search.directoryId, limit: most });
  return Number((row as { total: number }).total);
}

type Question = {
  kind: ResourceKind;
  shape: Shape | undefined;
  sort: Search["sort"];
  pages: "number" | "before" | "after";
};
type Given = Record<string, unknown>;
type Run = (db: Scope["db"], values: Given) => Promise<unknown[]>;

const tables = { User: "directory_users", Group: "directory_groups" } as const;

/**
 * Queries by their question. Filters come from outside, so no more are kept than identity providers need; whoever
 * makes up others waits for his own to be built, and takes no place among the prepared statements of all.
 */
const queries = new Map<string, Run>();
const mostQueries = 200;

function known(question: string, make: (start: RawBuilder<unknown>) => Run): Run {
  const found = queries.get(question);
  if (found) return found;
  if (queries.size >= mostQueries) return make(replanned);
  const run = make(sql``);
  queries.set(question, run);
  return run;
}

function page({ kind, shape, sort, pages }: Question, given: Given): RawBuilder<unknown> {
  const columns = kind === "User" ? shownOfRow : sql`r.*`;
  const filter = shape === undefined ? sql`true` : conditionOf(shape, kind, given);
  const key = sort === undefined ? sql`''` : sortKey(sort.path, kind);
  const isDown = (sort?.descending ?? false) !== (pages === "before");
  const direction = isDown ? sql`desc` : sql`asc`;
  const order = sort === undefined ? sql`r.id ${direction}` : sql`sort_key ${direction}, r.id ${direction}`;
  const beyond = isDown ? sql`<` : sql`>`;
  const start =
    pages === "number"
      ? sql`true`
      : sort === undefined
        ? sql`r.id ${beyond} ${given.id}`
        : sql`(${key}, r.id) ${beyond} (${given.sortKey}, ${given.id})`;
  return sql`
    select ${columns}, ${key} as sort_key from ${sql.table(tables[kind])} r
    where ${withinDirectory(given)} and ${filter} and ${start}
    order by ${order} limit ${given.limit} ${pages === "number" ? sql`offset ${given.offset}` : sql``}`;
}

function withinDirectory(given: Given): RawBuilder<boolean> {
  return sql<boolean>`r.environment_id = ${given.environmentId} and r.directory_id = ${given.directoryId}`;
}

/** RFC 7644 section 3.4.2.3: what has no value comes last, and first when descending. */
function sortKey(path: AttributePath, kind: ResourceKind): RawBuilder<string> {
  return sql<string>`(coalesce('v' || ${sortText(path, kind)}, 'z') collate "C")`;
}
