/** Client secrets: made here, shown once, kept as a SHA-256 hash, compared in constant time. */
import { type Ctx, inTransaction } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { equalSecret, hashSecret, newSecret, secretSuffix } from "../../lib/secrets.ts";
import * as clients from "./clients.store.ts";
import { clientErrors as errors } from "./errors.ts";
import { known } from "./remembered.ts";
import type { ClientSecret } from "./secrets.store.ts";
import * as store from "./secrets.store.ts";

export type { ClientSecret };

/** A secret that was just made: the only moment when its value is known. */
export interface NewSecret {
  plain: string;
  secret: ClientSecret;
}

/** How stale `last_used_at` may be: it tells whether a secret is still in use, and costs one write in that time. */
const usedWithinMs = 3_600_000;

/** Makes a secret. The plain value is in the answer and nowhere else. */
export async function create(ctx: Ctx, clientId: string): Promise<string> {
  return (await insert(ctx, clientId)).plain;
}

/**
 * Makes a secret beside the others, up to `most` active ones.
 * @throws CLIENT_SECRET_LIMIT, CLIENT_NOT_FOUND for a client that is gone meanwhile
 */
export async function add(ctx: Ctx, clientId: string, most: number): Promise<NewSecret> {
  return inTransaction(ctx, async (ctx) => {
    await requireRoom(ctx, clientId, most);
    return insert(ctx, clientId);
  });
}

/**
 * Switches a secret on or off, with at most `most` on.
 * @throws CLIENT_SECRET_NOT_FOUND, CLIENT_SECRET_LIMIT
 */
export async function setStatus(
  ctx: Ctx,
  clientId: string,
  id: string,
  change: { status: "ACTIVE" | "INACTIVE"; most: number },
): Promise<ClientSecret> {
  return inTransaction(ctx, async (ctx) => {
    const active = await lockActive(ctx, clientId);
    const others = active.filter((secret) => secret.id !== id);
    if (change.status === "ACTIVE" && others.length >= change.most) {
      throw errors.CLIENT_SECRET_LIMIT(change.most);
    }
    const { status } = change;
    const secret = await store.setStatus(ctx, clientId, id, { status, updated_at: ctx.now() });
    if (!secret) throw errors.CLIENT_SECRET_NOT_FOUND(id);
    await known.forget(ctx, clientId);
    return secret;
  });
}

/** Deletes a secret; from then on it opens nothing. @throws CLIENT_SECRET_NOT_FOUND */
async function remove(ctx: Ctx, clientId: string, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    if (!(await store.remove(ctx, clientId, id))) throw errors.CLIENT_SECRET_NOT_FOUND(id);
    await known.forget(ctx, clientId);
  });
}

export { remove as delete };

/** The secrets of several clients, without their values, by the id of the client. */
export async function listOf(ctx: Ctx, clientIds: readonly string[]): Promise<Map<string, ClientSecret[]>> {
  return clientIds.length === 0 ? new Map() : store.listOf(ctx, clientIds);
}

/**
 * The client's active secrets; until the transaction ends, nobody else adds to them.
 * @throws CLIENT_NOT_FOUND
 */
export async function lockActive(ctx: Ctx, clientId: string): Promise<ClientSecret[]> {
  // Two callers at the limit would else both see room for one more.
  if (!(await clients.lock(ctx, clientId))) throw errors.CLIENT_NOT_FOUND(clientId);
  return (await store.list(ctx, clientId)).filter((secret) => isUsable(secret, ctx.now()));
}

/** Whether `plain` is one of the secrets and that one may be used now. */
export function accepts(ctx: Ctx, secrets: readonly ClientSecret[], plain: string): boolean {
  const hash = hashSecret(plain);
  // Every usable secret is compared, so that the time tells nothing of which one matched.
  const matching = secrets.filter((secret) => isUsable(secret, ctx.now()) && equalSecret(secret.hash, hash));
  for (const secret of matching) recordUse(ctx, secret);
  return matching.length > 0;
}

/** Nobody waits for this write, nor fails with it. */
function recordUse(ctx: Ctx, secret: ClientSecret): void {
  const now = ctx.now();
  if (secret.last_used_at && now.getTime() - secret.last_used_at.getTime() < usedWithinMs) return;
  // The row as it is remembered: the next request of this process need not write again.
  secret.last_used_at = now;
  const { environmentId } = ctx;
  store
    .setLastUsed({ db: ctx.app.db, environmentId }, secret.id, now)
    .catch((error: unknown) => ctx.log.warn({ err: error }, "the use of a client secret was not recorded"));
}

async function requireRoom(ctx: Ctx, clientId: string, most: number): Promise<void> {
  if ((await lockActive(ctx, clientId)).length >= most) throw errors.CLIENT_SECRET_LIMIT(most);
}

async function insert(ctx: Ctx, clientId: string): Promise<NewSecret> {
  const now = ctx.now();
  const prefix = ctx.app.config.mode === "production" ? "live_" : "test_";
  const plain = prefix + newSecret();
  const secret = await inTransaction(ctx, async (ctx) => {
    await known.forget(ctx, clientId);
    return store.insert(ctx, {
      id: newId("sks"),
      environment_id: ctx.environmentId,
      client_id: clientId,
      hash: hashSecret(plain),
      suffix: secretSuffix(plain),
      status: "ACTIVE",
      created_by: creatorOf(ctx),
      created_at: now,
      updated_at: now,
    });
  });
  return { plain, secret };
}

function creatorOf(ctx: Ctx): string | null {
  if (ctx.caller.kind === "CLIENT") return ctx.caller.clientId;
  return ctx.caller.kind === "WORKSPACE" ? ctx.caller.memberId : null;
}

function isUsable(secret: ClientSecret, now: Date): boolean {
  return secret.status === "ACTIVE" && (secret.expires_at === null || secret.expires_at > now);
}
