/** How the settings of an environment change: one writer at a time, and every process reads them anew. */
import { type Ctx, inTransaction, invalidate } from "../../context.ts";
import * as store from "./environments.store.ts";
import { environmentErrors as errors } from "./errors.ts";
import { environmentSettingsUpdated } from "./events.ts";
import type { StoredSettings } from "./settings.ts";

/** What a change is judged by, beside the settings. */
export interface ChangedEnvironment {
  stored: StoredSettings;
  publicUrl: string;
}

/**
 * Replaces one group of settings, in one transaction with its event.
 * @param group the name of the group in the row
 * @param next makes the new value; what it throws changes nothing
 */
export async function changeSettings<Group extends keyof StoredSettings>(
  ctx: Ctx,
  group: Group,
  next: (ctx: Ctx, before: ChangedEnvironment) => Required<StoredSettings>[Group],
): Promise<Required<StoredSettings>[Group]> {
  return inTransaction(ctx, async (ctx) => {
    const id = ctx.environmentId;
    const row = await store.findLocked(ctx.db, id);
    if (!row) throw errors.ENVIRONMENT_NOT_FOUND(id);
    const stored = row.settings as StoredSettings;
    const value = next(ctx, { stored, publicUrl: row.public_url });
    const settings = JSON.stringify({ ...stored, [group]: value });
    await store.set(ctx.db, id, { settings, updated_at: ctx.now() });
    await invalidate(ctx, "environments", id);
    await ctx.emit(environmentSettingsUpdated, { id, settings: group });
    return value;
  });
}

/** The settings as they stand in the row; those of `current` may be a moment old. */
export async function storedSettings(ctx: Ctx): Promise<StoredSettings> {
  const row = await store.find(ctx.db, ctx.environmentId);
  if (!row) throw errors.ENVIRONMENT_NOT_FOUND(ctx.environmentId);
  return row.settings as StoredSettings;
}
