/**
 * What follows from a change in a directory: its events, and in environments that keep users, the users, memberships
 * and roles. All of it happens by sets in the transaction of the change.
 */
import type { Ctx } from "../../context.ts";
import * as announcements from "./announcements.ts";
import { followMembers, keepsUsers, type Moves, membersOf } from "./consequences-for-members.ts";
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

/**
 * Writes the events of a change and lets users, memberships and roles follow it.
 * @throws USER_LIMIT_REACHED when somebody is to get in and the organization has no seat left
 */
export async function follow(ctx: Ctx, directory: Directory, touched: Touched): Promise<void> {
  if (!directory.enabled) return;
  const withMembers = await keepsUsers(ctx);
  if (withMembers) await holdAll(ctx, touched);
  await followGroups(ctx, directory, touched);
  for (const move of movesOf(touched)) {
    for (const slice of slices(move.ids)) {
      const rows = await people.listPlaced(ctx, directory.id, slice);
      await move.tell(ctx, directory, rows);
      if (withMembers) await followMembers(ctx, directory, move.moves(rows));
    }
  }
  for (const gone of slices(touched.deleted ?? [])) {
    await announcements.tellDeleted(ctx, directory, gone);
    if (withMembers) await followMembers(ctx, directory, { left: await usersOf(ctx, directory, gone) });
  }
}

/**
 * The same for people who are being made: they are written with the users that they are, since to note that afterwards
 * costs as much as to write them.
 * @param insert writes the rows
 * @throws as `follow`
 */
export async function arrive(
  ctx: Ctx,
  directory: Directory,
  rows: readonly DirectoryUserRow[],
  insert: (rows: readonly DirectoryUserRow[]) => Promise<void>,
): Promise<void> {
  if (!directory.enabled) return insert(rows);
  const arrived = rows.map(withoutGroups);
  await announcements.tellCreated(ctx, directory, arrived);
  if (!(await keepsUsers(ctx))) return insert(rows);
  await followMembers(ctx, directory, { arrived }, async (links) => {
    const userIdOf = new Map(links.map(({ id, userId }) => [id, userId]));
    await insert(rows.map((row) => ({ ...row, user_id: userIdOf.get(row.id) ?? null })));
  });
}

/** The users of people who are gone, also of those whom no membership followed: they may be members by another way. */
async function usersOf(ctx: Ctx, directory: Directory, gone: readonly Deleted[]): Promise<string[]> {
  const unlinked = gone.filter(({ userId, wasActive }) => userId === null && wasActive);
  const members = await membersOf(
    ctx,
    directory,
    unlinked.map(({ email }) => email),
  );
  return [...gone.flatMap(({ userId }) => userId ?? []), ...members.values()];
}

type Tell = (ctx: Ctx, directory: Directory, rows: readonly Placed[]) => Promise<void>;

/** What happened to some people: what is told of it and what it does to memberships. */
interface Move {
  ids: readonly string[];
  tell: Tell;
  moves: (rows: readonly Placed[]) => Moves;
}

function movesOf(touched: Touched): Move[] {
  const arriving = {
    tell: announcements.tellCreated,
    moves: (rows: readonly Placed[]) => ({ arrived: rows }),
  };
  return [
    { ids: touched.created ?? [], ...arriving },
    { ids: touched.updated ?? [], tell: announcements.tellUpdated, moves: (rows) => ({ changed: rows }) },
    { ids: touched.regrouped ?? [], tell: announcements.tellUpdated, moves: (rows) => ({ regrouped: rows }) },
    { ids: touched.activated ?? [], ...arriving },
    {
      ids: touched.deactivated ?? [],
      tell: tellDeactivated,
      // Whom no membership follows yet may have become a member by another way.
      moves: (rows) => ({
        left: rows.flatMap(({ user_id }) => user_id ?? []),
        arrived: rows.filter(({ user_id }) => user_id === null),
      }),
    },
  ];
}

async function tellDeactivated(ctx: Ctx, directory: Directory, rows: readonly Placed[]): Promise<void> {
  await announcements.tellUpdated(ctx, directory, rows);
  await announcements.tellDeleted(ctx, directory, rows.map(asGone));
}

/** Of two changes of one person's groups, the later must see what the earlier did. */
async function holdAll(ctx: Ctx, touched: Touched): Promise<void> {
  const { updated = [], regrouped = [], activated = [], deactivated = [] } = touched;
  // In one order, so that two changes do not wait for each other.
  const ids = [...updated, ...regrouped, ...activated, ...deactivated].sort();
  for (const slice of slices(ids)) await people.lock(ctx, slice);
}

/**
 * Lets everything follow that a directory has taken in: everybody, when it was being set up, else those whom no
 * membership follows yet.
 */
export async function takeIn(ctx: Ctx, directory: Directory, whom: "everybody" | "waiting"): Promise<void> {
  if (whom === "waiting") {
    await takeInWaiting(ctx, directory);
    return;
  }
  await eachSlice(
    (page) => groups.listIds(ctx, directory.id, page),
    (ids) => follow(ctx, directory, { groupsCreated: ids }),
  );
  await eachSlice(
    (page) => people.listIds(ctx, directory.id, {}, page),
    (ids) => follow(ctx, directory, { created: ids }),
  );
}

/**
 * The next people of a directory who wait for a membership, after one of them.
 * @returns the last of them; undefined when nobody is left
 */
export async function takeInSome(ctx: Ctx, directory: Directory, after: string): Promise<string | undefined> {
  if (!(await keepsUsers(ctx))) return undefined;
  const ids = await people.listIds(ctx, directory.id, { unlinked: true }, { after, limit: atOnce });
  if (ids.length === 0) return undefined;
  await people.lock(ctx, ids);
  await followMembers(ctx, directory, { changed: await people.listPlaced(ctx, directory.id, ids) });
  return ids.length < atOnce ? undefined : ids.at(-1);
}

/** Nobody is told anything of them: only memberships are made. */
async function takeInWaiting(ctx: Ctx, directory: Directory): Promise<void> {
  for (let after: string | undefined = ""; after !== undefined; )
    after = await takeInSome(ctx, directory, after);
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

/** Somebody who was just made is in no group. */
function withoutGroups(row: DirectoryUserRow): Placed {
  return { ...row, groups: [], role_names: [], login_email: null };
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
