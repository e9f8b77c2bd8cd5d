/** The journal of a directory: what it did to memberships, and how these stood before. */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import type { ListedChange, NewChange } from "./changes.store.ts";
import * as store from "./changes.store.ts";
import type { Directory } from "./directories.ts";
import * as directories from "./directories.ts";

export type { ListedChange };

export type Kept = Omit<NewChange, "id">;

/** Past this many, the total only says that there are at least as many. */
const mostCounted = 1_000;

/** Writes down what the directory just did. */
export async function keep(ctx: Ctx, directory: Directory, changes: readonly Kept[]): Promise<void> {
  const journal = { directoryId: directory.id, organizationId: directory.organizationId };
  const rows = changes.map((change) => ({ id: newId("dirchg"), ...change }));
  await store.insert(ctx, journal, rows, ctx.now());
}

/** One page, newest first. @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, PAGE_TOKEN_INVALID */
export async function list(
  ctx: Ctx,
  organizationId: string,
  directoryId: string,
  request: PageRequest,
): Promise<Page<ListedChange>> {
  await directories.get(ctx, organizationId, directoryId);
  const page = openPage(request, `directory_changes:${directoryId}`);
  const rows = await store.list(ctx, directoryId, page.range);
  return page.close(rows, await store.count(ctx, directoryId, mostCounted));
}
