/** Who comes to a directory's SCIM server: an identity provider with a token of that very directory, or nobody. */
import type { Ctx } from "../../context.ts";
import { requireWithin } from "../../limits.ts";
import { ScimError } from "../../protocols/scim/errors.ts";
import * as store from "./directories.store.ts";
import { type Directory, isBeingSetUp, toDirectory } from "./directories.ts";
import * as secrets from "./secrets.ts";

/**
 * Lets the bearer of a token in, who is the context's caller from then on.
 * @param token undefined when none came along
 * @returns the directory, enabled or being set up
 * @throws ScimError 404 for an unknown directory, 401 without a live token of it, 403 when it is disabled; RATE_LIMITED
 */
export async function admit(ctx: Ctx, directoryId: string, token: string | undefined): Promise<Directory> {
  await requireKnown(ctx, directoryId);
  const directory = token === undefined ? undefined : await secrets.open(ctx, directoryId, token);
  if (directory === undefined) throw new ScimError(401, refusal(token));
  requireOpen(directory);
  ctx.caller = { kind: "DIRECTORY", directoryId, organizationId: directory.organizationId };
  requireWithin(ctx.app, "apiPerClient", directoryId);
  return directory;
}

/**
 * The directory of a change, as it is now and stays until the transaction ends. Who let the provider in looked at what
 * the process remembers, which may be older than a switch: a change that slips in beside it would never be followed,
 * or be followed by nobody.
 * @throws ScimError 404, 403
 */
export async function hold(ctx: Ctx, { organizationId, id }: Directory): Promise<Directory> {
  const row = await store.findHeld(ctx, organizationId, id, "use");
  if (!row) throw missing();
  const directory = toDirectory(row);
  requireOpen(directory);
  return directory;
}

/** @throws ScimError 404 */
export async function requireKnown(ctx: Ctx, directoryId: string): Promise<void> {
  if (!(await secrets.exists(ctx, directoryId))) throw missing();
}

function requireOpen(directory: Directory): void {
  if (!directory.enabled && !isBeingSetUp(directory))
    throw new ScimError(403, "The directory is disabled: enable it, then send this again.");
}

function missing(): ScimError {
  return new ScimError(404, "There is no such directory.");
}

function refusal(token: string | undefined): string {
  return token === undefined
    ? 'The Authorization header must be "Bearer <token>" with a token of this directory.'
    : "The token is none of this directory, or it has expired or was replaced.";
}
