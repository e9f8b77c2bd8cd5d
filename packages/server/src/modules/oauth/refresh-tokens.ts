/**
 * Refresh tokens (RFC 9700 section 4.14): each is used once and replaced by the next of its family, the grant.
 * One that is shown again was stolen from somebody, so the whole family ends.
 */
import type { Ctx } from "../../context.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import type { Grant } from "./refresh-tokens.store.ts";
import * as store from "./refresh-tokens.store.ts";

export type { Grant };

/** A new refresh token; what is stored of it is its hash. */
export function fresh(): string {
  return `rt_${newSecret()}`;
}

/** The next refresh token of a grant. */
export async function add(ctx: Ctx, grantId: string): Promise<string> {
  const token = fresh();
  await store.insert(ctx, {
    hash: hashSecret(token),
    environment_id: ctx.environmentId,
    grant_id: grantId,
    created_at: ctx.now(),
  });
  return token;
}

/**
 * Takes a refresh token for its one use. A rollback of the caller's transaction gives it back.
 * @returns its grant, or undefined when the token or the grant is over
 */
export async function take(ctx: Ctx, token: string): Promise<Grant | undefined> {
  const hash = hashSecret(token);
  const taken = (await store.consume(ctx, hash, ctx.now())) ?? (await withinLeeway(ctx, hash));
  return taken && store.findLiveGrant(ctx, taken.grant_id);
}

/** Ends the family of a token, if it has one. */
export async function endFamilyOf(ctx: Ctx, token: string): Promise<void> {
  const known = await store.find(ctx, hashSecret(token));
  if (known) await store.endGrant(ctx, known.grant_id, ctx.now());
}

/** Ends a family by its id, when its code is shown a second time. */
export async function end(ctx: Ctx, grantId: string): Promise<void> {
  await store.endGrant(ctx, grantId, ctx.now());
}

/** The live grant of an unused token, untouched; for introspection and revocation. */
export async function peek(ctx: Ctx, token: string): Promise<Grant | undefined> {
  const known = await store.find(ctx, hashSecret(token));
  return known && known.consumed_at === null ? store.findLiveGrant(ctx, known.grant_id) : undefined;
}

/** Two tabs that refresh at once: where the environment allows it, a token may be used again for seconds. */
async function withinLeeway(ctx: Ctx, hash: Buffer): Promise<store.RefreshToken | undefined> {
  const { refreshLeeway } = (await environments.current(ctx)).lifetimes;
  if (refreshLeeway === 0) return undefined;
  const known = await store.find(ctx, hash);
  const usedAt = known?.consumed_at?.getTime() ?? 0;
  return ctx.now().getTime() - usedAt <= refreshLeeway * 1000 ? known : undefined;
}
