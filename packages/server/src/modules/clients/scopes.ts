/** The scopes that an environment declares: what clients may ask for, in words that people read when they consent. */
import { type Ctx, inTransaction } from "../../context.ts";
import { brokenUniqueIndex } from "../../db/scope.ts";
import { newId } from "../../lib/ids.ts";
import { reach } from "../environments/reach.ts";
import { clientErrors as errors } from "./errors.ts";
import { scopeCreated, scopeDeleted, scopeUpdated } from "./events.ts";
import type { Scope } from "./scopes.store.ts";
import * as store from "./scopes.store.ts";

export type { Scope };

/** The list has no pages, so it must stay short. */
const mostScopes = 500;

/**
 * @param environmentId "" = the one that was called
 * @throws ENVIRONMENT_NOT_FOUND, SCOPE_NAME_TAKEN, SCOPE_LIMIT
 */
export async function create(
  ctx: Ctx,
  environmentId: string,
  input: { name: string; description: string },
): Promise<Scope> {
  return inTransaction(await reach(ctx, environmentId), async (ctx) => {
    if ((await store.countLocked(ctx)) >= mostScopes) throw errors.SCOPE_LIMIT(mostScopes);
    const now = ctx.now();
    const row = { id: newId("scp"), environment_id: ctx.environmentId, ...input };
    const scope = await store.insert(ctx, { ...row, created_at: now, updated_at: now }).catch((error) => {
      throw brokenUniqueIndex(error) === "scopes_name" ? errors.SCOPE_NAME_TAKEN(input.name) : error;
    });
    await ctx.emit(scopeCreated, payloadOf(scope));
    return scope;
  });
}

/** By name. A portal session reads those of its own environment. @throws ENVIRONMENT_NOT_FOUND */
export async function list(ctx: Ctx, environmentId: string): Promise<Scope[]> {
  const isOwn = environmentId === "" || environmentId === ctx.environmentId;
  return store.list(ctx.caller.kind === "CUSTOMER_PORTAL" && isOwn ? ctx : await reach(ctx, environmentId));
}

/** Changes what is given. @throws SCOPE_NOT_FOUND */
export async function update(
  ctx: Ctx,
  id: string,
  patch: { description?: string; enabled?: boolean },
): Promise<Scope> {
  return inTransaction(ctx, async (ctx) => {
    const scope = await store.set(ctx, id, { ...patch, updated_at: ctx.now() });
    if (!scope) throw errors.SCOPE_NOT_FOUND(id);
    await ctx.emit(scopeUpdated, payloadOf(scope));
    return scope;
  });
}

/** @throws SCOPE_NOT_FOUND */
async function remove(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const scope = await store.remove(ctx, id);
    if (!scope) throw errors.SCOPE_NOT_FOUND(id);
    await ctx.emit(scopeDeleted, payloadOf(scope));
  });
}

export { remove as delete };

function payloadOf({ id, name, description, enabled }: Scope) {
  return { id, name, description, enabled };
}
