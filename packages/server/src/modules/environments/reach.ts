/** Which environment a caller may name: an application its own, a member of the dashboard any of the install. */
import { type Ctx, inEnvironment } from "../../context.ts";
import * as store from "./environments.store.ts";
import { environmentErrors as errors } from "./errors.ts";

/**
 * The context of the environment that a request names, for what concerns all of it.
 * @param id "" and "-" mean the one that was called
 * @throws ENVIRONMENT_NOT_FOUND for another one than the caller's, ENVIRONMENT_CALLER for sessions and portals, which
 * belong to one organization
 */
export async function reach(ctx: Ctx, id: string): Promise<Ctx> {
  const { kind } = ctx.caller;
  const isOwn = id === "" || id === "-" || id === ctx.environmentId;
  if (!isOwn && (kind !== "WORKSPACE" || !(await store.find(ctx.db, id))))
    throw errors.ENVIRONMENT_NOT_FOUND(id);
  if (kind !== "WORKSPACE" && kind !== "CLIENT") throw errors.ENVIRONMENT_CALLER();
  return isOwn ? ctx : inEnvironment(ctx, id);
}
