/** The events of people and groups of a directory. */
import type { Ctx } from "../../context.ts";
import { readerOf } from "./attribute-reader.ts";
import type { Directory } from "./directories.ts";
import {
  directoryGroupCreated,
  directoryGroupDeleted,
  directoryGroupUpdated,
  directoryUserCreated,
  directoryUserDeleted,
  directoryUserUpdated,
  groupData,
} from "./events.ts";
import * as groups from "./groups.store.ts";
import type { Placed } from "./people.store.ts";
import { type Document, deletedUserData, userData } from "./person.ts";

export async function tellCreated(ctx: Ctx, directory: Directory, people: readonly Placed[]): Promise<void> {
  await ctx.emitAll(directoryUserCreated, await payloads(ctx, directory, people), directory.organizationId);
}

export async function tellUpdated(ctx: Ctx, directory: Directory, people: readonly Placed[]): Promise<void> {
  await ctx.emitAll(directoryUserUpdated, await payloads(ctx, directory, people), directory.organizationId);
}

/**
 * To consumers nobody of these may go on: some identity providers only ever deactivate, so that most consumers know
 * no other end.
 */
export async function tellDeleted(
  ctx: Ctx,
  { organizationId }: Directory,
  gone: readonly { id: string; email: string; externalId: string | null }[],
): Promise<void> {
  const told = gone.map((person) => deletedUserData(organizationId, person));
  await ctx.emitAll(directoryUserDeleted, told, organizationId);
}

export async function tellGroups(
  ctx: Ctx,
  directory: Directory,
  ids: readonly string[],
  what: "created" | "updated",
): Promise<void> {
  const rows = await groups.listByIds(ctx, directory.id, ids);
  const type = what === "created" ? directoryGroupCreated : directoryGroupUpdated;
  await ctx.emitAll(type, rows.map(groupData), directory.organizationId);
}

export async function tellGroupsDeleted(
  ctx: Ctx,
  directory: Directory,
  gone: readonly { id: string; displayName: string; externalId: string | null }[],
): Promise<void> {
  const told = gone.map(({ id, displayName, externalId }) => ({
    id,
    organization_id: directory.organizationId,
    directory_id: directory.id,
    display_name: displayName,
    dp_id: externalId,
    raw_attributes: {},
  }));
  await ctx.emitAll(directoryGroupDeleted, told, directory.organizationId);
}

async function payloads(ctx: Ctx, directory: Directory, people: readonly Placed[]) {
  if (people.length === 0) return [];
  const read = await readerOf(ctx, directory);
  return people.map((row) =>
    userData(row, {
      groups: row.groups,
      roles: row.role_names,
      customAttributes: read(row.document as Document),
    }),
  );
}
