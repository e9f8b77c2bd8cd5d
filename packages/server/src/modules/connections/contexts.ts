/** The notes that a set-up page keeps with a connection. */
import { type Ctx, inTransaction } from "../../context.ts";
import { type Notes, textOfNotes } from "../../lib/notes.ts";
import * as store from "./connections.store.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";

/** @throws CONNECTION_NOT_FOUND */
export async function getContext(ctx: Ctx, id: string, organizationId?: string): Promise<Notes> {
  requireAdministrator(ctx, id, "connections_read");
  return (await connections.get(ctx, id, organizationId)).context as Notes;
}

/** Replaces the notes. @throws CONNECTION_NOT_FOUND, CONNECTION_CONTEXT_TOO_LARGE */
export async function setContext(ctx: Ctx, id: string, notes: Notes, organizationId?: string): Promise<void> {
  requireAdministrator(ctx, id, "connections_write");
  const text = textOfNotes(notes, errors.CONNECTION_CONTEXT_TOO_LARGE);
  await inTransaction(ctx, async (ctx) => {
    await connections.get(ctx, id, organizationId);
    await store.set(ctx, id, { context: text });
  });
}

/**
 * The contract names no permission for end users here, and what it leaves out is not theirs: only those who may set
 * up connections have such a page. For a portal of connected accounts there is nothing to find.
 */
function requireAdministrator(ctx: Ctx, id: string, permission: string): void {
  const { caller } = ctx;
  const admitted = caller.kind === "SESSION" ? caller.permissions.includes(permission) : true;
  if (!admitted || caller.kind === "ACTIONS_PORTAL") throw errors.CONNECTION_NOT_FOUND(id);
}
