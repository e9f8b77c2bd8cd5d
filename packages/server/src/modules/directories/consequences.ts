/**
 * What follows from a change in a directory: its events, and in environments that keep users, the users, memberships
 * and roles. All of it happens by sets in the transaction of the change.
 */
import type { Ctx } from "../../context.ts";
import type { Directory } from "./directories.ts";
import {
  type DeletedGroupData,
  directoryGroupCreated,
  directoryGroupDeleted,
  directoryGroupUpdated,
  directoryUserCreated,
  directoryUserDeleted,
  directoryUserUpdated,
  type GroupData,
} from "./events.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import * as groups from "./groups.store.ts";
import type { DirectoryUserRow, Placed } from "./people.store.ts";
import * as people from "./people.store.ts";
import { type Document, deletedUserData, type UserData, userData } from "./person.ts";

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
  await tellOfGroups(ctx, directory, touched);
  await tellOfPeople(ctx, directory, touched);
}

async function tellOfPeople(ctx: Ctx, directory: Directory, touched: Touched): Promise<void> {
  const { organizationId } = directory;
  const emptyHanded = (touched.rows ?? []).map(withoutGroups);
  const atHand = new Set(emptyHanded.map(({ id }) => id));
  const toRead = (touched.created ?? []).filter((id) => !atHand.has(id));
  await tell(ctx, directory, emptyHanded, "created");
  for (const slice of slices(toRead))
    await tell(ctx, directory, await placed(ctx, directory, slice), "created");
  for (const slice of slices([...(touched.updated ?? []), ...(touched.regrouped ?? [])]))
    await tell(ctx, directory, await placed(ctx, directory, slice), "updated");
  for (const slice of slices(touched.activated ?? []))
    await tell(ctx, directory, await placed(ctx, directory, slice), "created");
  for (const slice of slices(touched.deactivated ?? [])) {
    const found = await placed(ctx, directory, slice);
    await tell(ctx, directory, found, "updated");
    await tellDeleted(ctx, organizationId, found.map(goneFromView));
  }
  for (const slice of slices(touched.deleted ?? [])) await tellDeleted(ctx, organizationId, slice);
}

async function placed(ctx: Ctx, directory: Directory, ids: readonly string[]): Promise<Placed[]> {
  return people.listPlaced(ctx, directory.id, ids);
}

async function tell(ctx: Ctx, directory: Directory, rows: Placed[], what: "created" | "updated") {
  const type = what === "created" ? directoryUserCreated : directoryUserUpdated;
  const payloads: UserData[] = rows.map((row) =>
    userData(row, { groups: row.groups, roles: row.role_names, customAttributes: {} }),
  );
  await ctx.emitAll(type, payloads, directory.organizationId);
}

async function tellDeleted(
  ctx: Ctx,
  organizationId: string,
  gone: readonly Omit<Deleted, "userId" | "wasActive">[],
) {
  const payloads = gone.map((person) => deletedUserData(organizationId, person));
  await ctx.emitAll(directoryUserDeleted, payloads, organizationId);
}

async function tellOfGroups(ctx: Ctx, directory: Directory, touched: Touched): Promise<void> {
  const { id: directoryId, organizationId } = directory;
  for (const slice of slices(touched.groupsCreated ?? [])) {
    const rows = await groups.listByIds(ctx, directoryId, slice);
    await ctx.emitAll(directoryGroupCreated, rows.map(groupData), organizationId);
  }
  for (const slice of slices(touched.groupsUpdated ?? [])) {
    const rows = await groups.listByIds(ctx, directoryId, slice);
    await ctx.emitAll(directoryGroupUpdated, rows.map(groupData), organizationId);
  }
  const gone = (touched.groupsDeleted ?? []).map(
    ({ id, displayName, externalId }): DeletedGroupData => ({
      id,
      organization_id: organizationId,
      directory_id: directoryId,
      display_name: displayName,
      dp_id: externalId,
      raw_attributes: {},
    }),
  );
  await ctx.emitAll(directoryGroupDeleted, gone, organizationId);
}

/** A group as events and `group_detail` show it. */
export function groupData(row: DirectoryGroupRow): GroupData {
  return {
    id: row.id,
    organization_id: row.organization_id,
    directory_id: row.directory_id,
    display_name: row.display_name,
    external_id: row.external_id,
    raw_attributes: row.document as Document,
  };
}

/** Somebody who was just made is in no group. */
function withoutGroups(row: DirectoryUserRow): Placed {
  return { ...row, groups: [], role_ids: [], role_names: [] };
}

function goneFromView(row: DirectoryUserRow) {
  return { id: row.id, email: row.email, externalId: row.external_id };
}

function slices<T>(items: readonly T[]): T[][] {
  const count = Math.ceil(items.length / atOnce);
  return Array.from({ length: count }, (_, at) => items.slice(at * atOnce, (at + 1) * atOnce));
}
