/**
 * What follows from a change in a directory: its events, and in environments that keep users, the users, memberships
 * and roles. All of it happens by sets in the transaction of the change.
 */
import type { Ctx } from "../../context.ts";
import * as announcements from "./announcements.ts";
import type { Directory } from "./directories.ts";
import * as groups from "./groups.store.ts";
import type { DirectoryUserRow, PassFilter, Placed } from "./people.store.ts";
import * as people from "./people.store.ts";

/**
 * What one request touched; every list may be left out, and nobody stands in two of the lists of people. Ids are those
 * of `directory_users` and `directory_groups`, whose rows were written before.
 */
export interface Touched {
  created?: readonly string[];
  /** The profile changed, and perhaps the groups did. */
  updated?: readonly string[];
  /** Only the groups changed. */
  regrouped?: readonly string[];
  activated?: readonly string[];
  deactivated?: readonly string[];
  deleted?: readonly Deleted[];
  groupsCreated?: readonly string[];
  groupsUpdated?: readonly string[];
  groupsDeleted?: readonly { id: string; displayName: string; externalId: string | null }[];
  /** Rows of `created` that the caller has at hand: they are then not read again. */
  rows?: readonly DirectoryUserRow[];
}

/** Somebody who is gone from the directory, as they were. */
export interface Deleted {
  id: string;
  email: string;
  externalId: string | null;
  userId: string | null;
  wasActive: boolean;
}

/** So many are read, changed and announced by one statement each. */
const atOnce = 1_000;

/** Writes the events of a change and lets users, memberships and roles follow it. */
export async function follow(ctx: Ctx, directory: Directory, touched: Touched): Promise<void> {
  if (!directory.enabled) return;
  await followGroups(ctx, directory, touched);
  await followCreated(ctx, directory, touched);
  for (const slice of slices([...(touched.updated ?? []), ...(touched.regrouped ?? [])]))
    await announcements.tellUpdated(ctx, directory, await placed(ctx, directory, slice));
  for (const slice of slices(touched.activated ?? []))
    await announcements.tellCreated(ctx, directory, await placed(ctx, directory, slice));
  for (const slice of slices(touched.deactivated ?? [])) {
    const found = await placed(ctx, directory, slice);
    await announcements.tellUpdated(ctx, directory, found);
    await announcements.tellDeleted(ctx, directory, found.map(asGone));
  }
  for (const slice of slices(touched.deleted ?? [])) await announcements.tellDeleted(ctx, directory, slice);
}

/**
 * Lets everything follow that a directory has taken in: everybody, when it was being set up, else those whom no
 * membership follows yet.
 */
export async function takeIn(ctx: Ctx, directory: Directory, whom: "everybody" | "waiting"): Promise<void> {
  if (whom === "waiting") return;
  await eachSlice(
    (page) => groups.listIds(ctx, directory.id, page),
    (ids) => follow(ctx, directory, { groupsCreated: ids }),
  );
  await eachSlice(
    (page) => people.listIds(ctx, directory.id, {}, page),
    (ids) => follow(ctx, directory, { created: ids }),
  );
}

/** Announces people again whose attributes or roles are other ones now. @param groupIds only members of these groups */
export async function refresh(ctx: Ctx, directory: Directory, groupIds?: readonly string[]): Promise<void> {
  if (!directory.enabled) return;
  const filter: PassFilter = groupIds ? { groupIds } : {};
  await eachSlice(
    (page) => people.listIds(ctx, directory.id, filter, page),
    (ids) => follow(ctx, directory, groupIds ? { regrouped: ids } : { updated: ids }),
  );
}

async function followGroups(ctx: Ctx, directory: Directory, touched: Touched): Promise<void> {
  for (const slice of slices(touched.groupsCreated ?? []))
    await announcements.tellGroups(ctx, directory, slice, "created");
  for (const slice of slices(touched.groupsUpdated ?? []))
    await announcements.tellGroups(ctx, directory, slice, "updated");
  await announcements.tellGroupsDeleted(ctx, directory, touched.groupsDeleted ?? []);
}

async function followCreated(ctx: Ctx, directory: Directory, touched: Touched): Promise<void> {
  const atHand = (touched.rows ?? []).map(withoutGroups);
  const known = new Set(atHand.map(({ id }) => id));
  const toRead = (touched.created ?? []).filter((id) => !known.has(id));
  for (const slice of slices(atHand)) await announcements.tellCreated(ctx, directory, slice);
  for (const slice of slices(toRead))
    await announcements.tellCreated(ctx, directory, await placed(ctx, directory, slice));
}

async function placed(ctx: Ctx, directory: Directory, ids: readonly string[]): Promise<Placed[]> {
  return people.listPlaced(ctx, directory.id, ids);
}

/** Somebody who was just made is in no group. */
function withoutGroups(row: DirectoryUserRow): Placed {
  return { ...row, groups: [], role_ids: [], role_names: [] };
}

function asGone(row: DirectoryUserRow) {
  return { id: row.id, email: row.email, externalId: row.external_id };
}

function slices<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / atOnce);
  return Array.from({ length: count }, (_, at) => items.slice(at * atOnce, (at + 1) * atOnce));
}

/** A pass over rows by their ids. */
async function eachSlice(
  next: (page: { after: string; limit: number }) => Promise<string[]>,
  run: (ids: string[]) => Promise<void>,
): Promise<void> {
  for (let after = ""; ; ) {
    const ids = await next({ after, limit: atOnce });
    if (ids.length > 0) await run(ids);
    const last = ids.at(-1);
    if (last === undefined || ids.length < atOnce) return;
    after = last;
  }
}
