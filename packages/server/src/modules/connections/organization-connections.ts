/** The connections of all organizations, as an operator looks through them: page by page, newest first, and by search. */
import type { Ctx } from "../../context.ts";
import { readCount } from "../../db/counters.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as store from "./connections.store.ts";
import { countOfOrganizations, type ListedConnection } from "./connections.ts";

/** Each part narrows the search; an absent one does not. */
export interface ConnectionSearch {
  /** In the id or name of the connection or of its organization. */
  text?: string;
  /** A name of the contract's ConnectionProvider, or a connector's key. */
  provider?: string;
  status?: string;
  type?: string;
  enabled?: boolean;
}

/** Past this many hits nobody counts on. */
const mostCounted = 1_000;

/** @throws PAGE_TOKEN_INVALID */
export async function listAll(ctx: Ctx, request: PageRequest): Promise<Page<ListedConnection>> {
  const page = openPage(request, "organization_connections");
  const rows = await store.search(ctx, {}, page.range);
  return page.close(rows, await readCount(ctx, countOfOrganizations, ""));
}

/** `totalSize` is exact up to 1,000 and stays there. @throws PAGE_TOKEN_INVALID */
export async function search(
  ctx: Ctx,
  request: PageRequest,
  by: ConnectionSearch,
): Promise<Page<ListedConnection>> {
  const page = openPage(request, `organization_connections:${JSON.stringify(by)}`);
  const rows = await store.search(ctx, by, page.range);
  return page.close(rows, await store.countFound(ctx, by, mostCounted));
}
