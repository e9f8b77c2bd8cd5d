/**
 * How an environment wants its hosted pages to look: any JSON object, which its dashboard writes and the pages read.
 * It means nothing to the server, and anybody may read it.
 */
import type { Ctx } from "../../context.ts";
import { changeSettings, storedSettings } from "./change-settings.ts";
import { environmentErrors as errors } from "./errors.ts";
import { reach } from "./reach.ts";

type Customization = Record<string, unknown>;

const mostBytes = 32 * 1024;

/** As the pages of the environment that was called read it. @throws ENVIRONMENT_NOT_FOUND */
export async function read(ctx: Ctx): Promise<Customization> {
  return (await storedSettings(ctx)).customization ?? {};
}

/** @param id "" = the one that was called; a portal session names no other. @throws ENVIRONMENT_NOT_FOUND */
export async function get(ctx: Ctx, id: string): Promise<Customization> {
  const { kind } = ctx.caller;
  const isPortal = kind === "CUSTOMER_PORTAL" || kind === "ACTIONS_PORTAL";
  const isOwn = id === "" || id === "-" || id === ctx.environmentId;
  return read(isPortal && isOwn ? ctx : await reach(ctx, id));
}

/** Replaces it. @throws ENVIRONMENT_NOT_FOUND, ENVIRONMENT_CUSTOMIZATION_TOO_LARGE */
export async function set(ctx: Ctx, id: string, customization: Customization): Promise<Customization> {
  const at = await reach(ctx, id);
  const bytes = Buffer.byteLength(JSON.stringify(customization));
  if (bytes > mostBytes) throw errors.ENVIRONMENT_CUSTOMIZATION_TOO_LARGE(bytes, mostBytes);
  return changeSettings(at, "customization", () => customization);
}
