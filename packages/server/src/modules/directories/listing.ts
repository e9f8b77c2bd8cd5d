/** The lists of people and groups of a directory, oldest first. */
import type { Ctx } from "../../context.ts";
import { readCount } from "../../db/counters.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import { readerOf } from "./attribute-reader.ts";
import type { Directory } from "./directories.ts";
import * as directories from "./directories.ts";
import { directoryErrors as errors } from "./errors.ts";
import { type GroupData, groupData } from "./events.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import * as groups from "./groups.store.ts";
import type { ListFilter } from "./listing.store.ts";
import * as store from "./listing.store.ts";
import type { DirectoryUserRow } from "./people.store.ts";
import * as people from "./people.store.ts";
import { type Document, type UserData, userData } from "./person.ts";

export interface ListRequest extends PageRequest {
  organizationId: string;
  directoryId: string;
  updatedAfter?: Date | undefined;
  withDetail: boolean;
}

export interface ListedUser {
  id: string;
  row: DirectoryUserRow;
  groups: DirectoryGroupRow[];
  /** As events show the person; only where it was asked for. */
  detail: UserData | undefined;
}

export interface ListedGroup {
  id: string;
  row: DirectoryGroupRow;
  detail: GroupData | undefined;
}

/** Past this many, a search only says that there are at least as many. */
const mostCounted = 1_000;
/** The summary has no pages. */
const mostSummarized = 10_000;

/**
 * One page of the people of a directory. Narrowed by a time, the total is counted up to 1,000.
 * @param request.groupId only members of this group
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, DIRECTORY_GROUP_NOT_FOUND, PAGE_TOKEN_INVALID
 */
export async function listUsers(
  ctx: Ctx,
  request: ListRequest & { groupId?: string | undefined },
): Promise<Page<ListedUser>> {
  const directory = await directories.get(ctx, request.organizationId, request.directoryId);
  const { groupId } = request;
  const group = groupId === undefined ? undefined : await requireGroup(ctx, directory, groupId);
  const filter = filterOf(request, groupId);
  const page = openPage(request, `directory_users:${JSON.stringify(filter)}`);
  const ids = await store.listUsers(ctx, filter, page.range);
  const total = filter.updatedAfter
    ? await store.countUsers(ctx, filter, mostCounted)
    : (group?.total_members ?? (await readCount(ctx, "directory_users", directory.id)));
  return page.close(await describeUsers(ctx, directory, ids, request.withDetail), total);
}

/**
 * One page of the groups of a directory.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, PAGE_TOKEN_INVALID
 */
export async function listGroups(ctx: Ctx, request: ListRequest): Promise<Page<ListedGroup>> {
  const directory = await directories.get(ctx, request.organizationId, request.directoryId);
  const filter = filterOf(request, undefined);
  const page = openPage(request, `directory_groups:${JSON.stringify(filter)}`);
  const ids = await store.listGroups(ctx, filter, page.range);
  const total = filter.updatedAfter
    ? await store.countGroups(ctx, filter, mostCounted)
    : await readCount(ctx, "directory_groups", directory.id);
  const rows = await groups.listByIds(ctx, directory.id, ids);
  const items = rows.map((row) => ({
    id: row.id,
    row,
    detail: request.withDetail ? groupData(row) : undefined,
  }));
  return page.close(items, total);
}

/** All groups by id and name, up to 10,000. @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND */
export async function summarizeGroups(
  ctx: Ctx,
  organizationId: string,
  directoryId: string,
): Promise<{ id: string; display_name: string }[]> {
  await directories.get(ctx, organizationId, directoryId);
  return store.listNames(ctx, directoryId, mostSummarized);
}

async function describeUsers(
  ctx: Ctx,
  directory: Directory,
  ids: readonly string[],
  withDetail: boolean,
): Promise<ListedUser[]> {
  if (ids.length === 0) return [];
  const rows = await people.listPlaced(ctx, directory.id, ids);
  const held = Map.groupBy(await store.groupsOf(ctx, ids), (group) => group.directory_user_id);
  const read = withDetail ? await readerOf(ctx, directory) : undefined;
  return rows.map((row) => ({
    id: row.id,
    row,
    groups: held.get(row.id) ?? [],
    detail:
      read &&
      userData(row, {
        groups: row.groups,
        roles: row.role_names,
        customAttributes: read(row.document as Document),
      }),
  }));
}

function filterOf({ directoryId, updatedAfter }: ListRequest, groupId: string | undefined): ListFilter {
  return {
    directoryId,
    ...(groupId !== undefined && { groupId }),
    ...(updatedAfter && { updatedAfter }),
  };
}

/** A group of another directory is not found either. */
async function requireGroup(ctx: Ctx, directory: Directory, id: string): Promise<DirectoryGroupRow> {
  const [group] = await groups.listByIds(ctx, directory.id, [id]);
  if (!group) throw errors.DIRECTORY_GROUP_NOT_FOUND(id);
  return group;
}
