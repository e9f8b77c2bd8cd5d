/** The notes that a set-up page keeps with a directory. */
import { type Ctx, inTransaction } from "../../context.ts";
import { type Notes, textOfNotes } from "../../lib/notes.ts";
import * as store from "./directories.store.ts";
import * as directories from "./directories.ts";
import { directoryErrors as errors } from "./errors.ts";

/** @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND */
export async function getContext(ctx: Ctx, organizationId: string, id: string): Promise<Notes> {
  requireAdministrator(ctx, id, "directories_read");
  await directories.get(ctx, organizationId, id);
  return ((await store.find(ctx, organizationId, id))?.context ?? {}) as Notes;
}

/** Replaces the notes. @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, DIRECTORY_CONTEXT_TOO_LARGE */
export async function setContext(ctx: Ctx, organizationId: string, id: string, notes: Notes): Promise<void> {
  requireAdministrator(ctx, id, "directories_write");
  const text = textOfNotes(notes, errors.DIRECTORY_CONTEXT_TOO_LARGE);
  await inTransaction(ctx, async (ctx) => {
    await directories.get(ctx, organizationId, id);
    await store.set(ctx, id, { context: text });
  });
}

/**
 * The contract names no permission for end users here, and what it leaves out is not theirs: only those who may set
 * up directories have such a page.
 */
function requireAdministrator({ caller }: Ctx, id: string, permission: string): void {
  if (caller.kind === "SESSION" && !caller.permissions.includes(permission))
    throw errors.DIRECTORY_NOT_FOUND(id);
}
