/** The notes that a dashboard keeps with an environment. */
import { type Ctx, inTransaction } from "../../context.ts";
import { type Notes, textOfNotes } from "../../lib/notes.ts";
import * as store from "./environments.store.ts";
import { environmentErrors as errors } from "./errors.ts";
import { get } from "./install.ts";
import { reach } from "./reach.ts";

/** @throws ENVIRONMENT_NOT_FOUND */
export async function getNotes(ctx: Ctx, id: string): Promise<Notes> {
  return (await get(ctx, id)).context as Notes;
}

/** Replaces the notes. @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CONTEXT_TOO_LARGE */
export async function setNotes(ctx: Ctx, id: string, notes: Notes): Promise<void> {
  const at = await reach(ctx, id);
  const context = textOfNotes(notes, errors.ENVIRONMENT_CONTEXT_TOO_LARGE);
  await inTransaction(at, async (ctx) => {
    await store.set(ctx.db, ctx.environmentId, { context });
  });
}
