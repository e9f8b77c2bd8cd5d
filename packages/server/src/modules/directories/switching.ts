/** Switching directories on and off, and the changes of what they are called and where they come from. */
import { type Ctx, inRepeatedTransaction } from "../../context.ts";
import { takeIn } from "./consequences.ts";
import type { DirectoryChange, DirectoryRow } from "./directories.store.ts";
import * as store from "./directories.store.ts";
import type { AttributeMapping, Directory, DirectoryProvider, DirectoryStatus } from "./directories.ts";
import { hold, isBeingSetUp, toDirectory } from "./directories.ts";
import { directoryErrors as errors } from "./errors.ts";
import { directoryData, directoryDisabled, directoryEnabled, directoryUpdated } from "./events.ts";
import { requireMappings } from "./mappings.ts";
import { isInUse } from "./people.store.ts";
import { known } from "./remembered.ts";

/** The state after a switch; `problem` says why the call changed nothing. */
export interface Switched {
  enabled: boolean;
  problem?: string;
}

/** An absent field stays as it is. */
export interface DirectoryPatch {
  name: string;
  provider?: DirectoryProvider | undefined;
  mappings?: AttributeMapping[] | undefined;
  /** On, off, or being set up. */
  state?: { enabled: boolean; status: DirectoryStatus } | undefined;
}

/**
 * Starts to let memberships follow the directory; people and groups that were taken in during the set-up are announced
 * and followed now.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, USER_LIMIT_REACHED
 */
export async function enable(ctx: Ctx, organizationId: string, id: string): Promise<Switched> {
  return inRepeatedTransaction(ctx, async (ctx) => {
    const directory = await hold(ctx, organizationId, id, "switch");
    if (directory.enabled) return { enabled: true, problem: "The directory is already enabled" };
    await switchOn(ctx, directory);
    return { enabled: true };
  });
}

/**
 * Refuses the provider from now on; people, groups and memberships stay as they are.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND
 */
export async function disable(ctx: Ctx, organizationId: string, id: string): Promise<Switched> {
  return inRepeatedTransaction(ctx, async (ctx) => {
    const directory = await hold(ctx, organizationId, id, "switch");
    if (!directory.enabled) return { enabled: false, problem: "The directory is already disabled" };
    await switchOff(ctx, directory, "COMPLETED");
    return { enabled: false };
  });
}

/**
 * Changes the fields that are given.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, DIRECTORY_STATUS, DIRECTORY_IN_USE, USER_LIMIT_REACHED,
 * INVALID_ARGUMENT for a mapping to what is not declared
 */
export async function update(
  ctx: Ctx,
  organizationId: string,
  id: string,
  patch: DirectoryPatch,
): Promise<Directory> {
  if (patch.mappings) await requireMappings(ctx, "directory.mappings", patch.mappings);
  return inRepeatedTransaction(ctx, async (ctx) => {
    await hold(ctx, organizationId, id, patch.state ? "switch" : "change");
    const row = await change(ctx, id, {
      name: patch.name,
      ...(patch.provider && { provider: patch.provider }),
      ...(patch.mappings && { attribute_mappings: JSON.stringify(patch.mappings) }),
    });
    await ctx.emit(directoryUpdated, directoryData(row), organizationId);
    if (!patch.state) return toDirectory(row);
    return bringTo(ctx, toDirectory(row), patch.state);
  });
}

async function bringTo(
  ctx: Ctx,
  directory: Directory,
  { enabled, status }: { enabled: boolean; status: DirectoryStatus },
): Promise<Directory> {
  const completes = status === "COMPLETED";
  if (enabled && directory.enabled) return directory;
  if (enabled) return switchOn(ctx, directory);
  if (completes && isBeingSetUp(directory)) throw errors.DIRECTORY_STATUS();
  if (completes) return directory.enabled ? switchOff(ctx, directory, "COMPLETED") : directory;
  // Who is there already would be announced a second time.
  if (!isBeingSetUp(directory) && (await isInUse(ctx, directory.id))) throw errors.DIRECTORY_IN_USE();
  if (directory.enabled) return switchOff(ctx, directory, status);
  return toDirectory(await change(ctx, directory.id, { status }));
}

async function switchOn(ctx: Ctx, directory: Directory): Promise<Directory> {
  const row = await change(ctx, directory.id, { enabled: true, status: "COMPLETED" });
  await ctx.emit(directoryEnabled, directoryData(row), row.organization_id);
  const enabled = toDirectory(row);
  await takeIn(ctx, enabled, isBeingSetUp(directory) ? "everybody" : "waiting");
  return enabled;
}

async function switchOff(ctx: Ctx, directory: Directory, status: DirectoryStatus): Promise<Directory> {
  const row = await change(ctx, directory.id, { enabled: false, status });
  await ctx.emit(directoryDisabled, directoryData(row), row.organization_id);
  return toDirectory(row);
}

async function change(ctx: Ctx, id: string, values: DirectoryChange): Promise<DirectoryRow> {
  const row = await store.set(ctx, id, { ...values, updated_at: ctx.now() });
  if (!row) throw errors.DIRECTORY_NOT_FOUND(id);
  await known.forget(ctx, id);
  return row;
}
