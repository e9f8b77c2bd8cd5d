/**
 * The tokens with which identity providers come: 64 letters and digits, shown once and kept as a hash. Two may live
 * at once, so that an administrator can change to a new one without a gap.
 */
import { randomBytes } from "node:crypto";
import { type Ctx, inTransaction } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { equalSecret, hashSecret, secretSuffix } from "../../lib/secrets.ts";
import type { Directory } from "./directories.ts";
import * as directories from "./directories.ts";
import { directoryErrors as errors } from "./errors.ts";
import { secretCreated, secretRevoked, secretsRegenerated } from "./events.ts";
import { known } from "./remembered.ts";
import type { DirectorySecret } from "./secrets.store.ts";
import * as store from "./secrets.store.ts";

export type { DirectorySecret };

/** What is said of a new token: the plain value is told here and never again. */
export interface NewSecret {
  plain: string;
  secret: DirectorySecret;
}

const mostLive = 2;
/** Void ones are shown beside the live ones, to tell which was in use; nobody needs all of them. */
const mostVoid = 8;
/** How stale `last_used_at` may be: it tells whether a token is still in use. */
const usedWithinMs = 60_000;

/**
 * Adds a token beside the one in use.
 * @param expiresAt undefined = never
 * @throws DIRECTORY_NOT_FOUND, DIRECTORY_SECRET_LIMIT
 */
export async function create(
  ctx: Ctx,
  organizationId: string,
  directoryId: string,
  expiresAt?: Date,
): Promise<NewSecret> {
  return changing(ctx, organizationId, directoryId, async (ctx) => {
    const live = (await store.list(ctx, [directoryId])).filter((secret) => isLive(secret, ctx.now()));
    if (live.length >= mostLive) throw errors.DIRECTORY_SECRET_LIMIT(mostLive);
    const made = await insert(ctx, directoryId, expiresAt);
    await ctx.emit(secretCreated, shown(made.secret), organizationId);
    return made;
  });
}

/** Makes a token and ends the former ones at once. @throws DIRECTORY_NOT_FOUND */
export async function regenerate(ctx: Ctx, organizationId: string, directoryId: string): Promise<NewSecret> {
  return changing(ctx, organizationId, directoryId, async (ctx) => {
    await store.deactivate(ctx, directoryId);
    await store.removeOld(ctx, directoryId, mostVoid);
    const made = await insert(ctx, directoryId, undefined);
    await ctx.emit(secretsRegenerated, shown(made.secret), organizationId);
    return made;
  });
}

/** Ends one token; the others go on. @throws DIRECTORY_NOT_FOUND, DIRECTORY_SECRET_NOT_FOUND */
export async function revoke(
  ctx: Ctx,
  organizationId: string,
  directoryId: string,
  secretId: string,
): Promise<void> {
  await changing(ctx, organizationId, directoryId, async (ctx) => {
    const secret = (await store.list(ctx, [directoryId])).find(({ id }) => id === secretId);
    if (!secret) throw errors.DIRECTORY_SECRET_NOT_FOUND(secretId);
    if (!secret.active) return;
    await store.set(ctx, secretId, { active: false });
    await store.removeOld(ctx, directoryId, mostVoid);
    await ctx.emit(secretRevoked, shown(secret), organizationId);
  });
}

/** The tokens of directories, oldest first. */
export async function list(ctx: Ctx, directoryIds: readonly string[]): Promise<DirectorySecret[]> {
  return store.list(ctx, directoryIds);
}

/**
 * The directory that a bearer token opens, from memory: a change of the directory or its tokens is heard of in all
 * processes.
 * @returns undefined when there is no such live token of this directory
 */
export async function open(ctx: Ctx, directoryId: string, token: string): Promise<Directory | undefined> {
  const found = await known.remember(ctx, directoryId);
  if (!found) return undefined;
  const hash = hashSecret(token);
  const secret = found.secrets.find((each) => equalSecret(each.secret_hash, hash) && isLive(each, ctx.now()));
  if (!secret) return undefined;
  recordUse(ctx, secret);
  const directory = directories.toDirectory(found.directory);
  return directory.status === "DRAFT" ? directories.noteFirstCall(ctx, directory) : directory;
}

/** Whether there is such a directory at all (404 against 401). */
export async function exists(ctx: Ctx, directoryId: string): Promise<boolean> {
  return (await known.remember(ctx, directoryId)) !== undefined;
}

/** Whether a token opens its directory at this time. */
export function isLive(secret: DirectorySecret, now: Date): boolean {
  return secret.active && (secret.expires_at === null || secret.expires_at > now);
}

/** Whoever adds a token holds the directory, so that two at once cannot both find room. */
async function changing<T>(
  ctx: Ctx,
  organizationId: string,
  directoryId: string,
  change: (ctx: Ctx) => Promise<T>,
): Promise<T> {
  return inTransaction(ctx, async (ctx) => {
    await directories.hold(ctx, organizationId, directoryId);
    const result = await change(ctx);
    await known.forget(ctx, directoryId);
    return result;
  });
}

async function insert(ctx: Ctx, directoryId: string, expiresAt: Date | undefined): Promise<NewSecret> {
  const plain = newToken();
  const secret = await store.insert(ctx, {
    id: newId("sec"),
    environment_id: ctx.environmentId,
    directory_id: directoryId,
    secret_hash: hashSecret(plain),
    suffix: secretSuffix(plain),
    created_at: ctx.now(),
    expires_at: expiresAt ?? null,
  });
  return { plain, secret };
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const tokenLength = 64;
/** Bytes above the last multiple of 62 would make the first letters likelier. */
const largestByte = 256 - (256 % alphabet.length);

/** Letters and digits only, since some identity providers refuse a token with other characters. */
function newToken(): string {
  let token = "";
  while (token.length < tokenLength) {
    for (const byte of randomBytes(tokenLength)) {
      if (byte < largestByte && token.length < tokenLength) token += alphabet[byte % alphabet.length];
    }
  }
  return token;
}

/** Nobody waits for this write, nor fails with it. */
function recordUse(ctx: Ctx, secret: DirectorySecret): void {
  const now = ctx.now();
  if (secret.last_used_at && now.getTime() - secret.last_used_at.getTime() < usedWithinMs) return;
  // The row as it is remembered: the next request of this process need not write again.
  secret.last_used_at = now;
  const { environmentId } = ctx;
  store
    .set({ db: ctx.app.db, environmentId }, secret.id, { last_used_at: now })
    .catch((error: unknown) =>
      ctx.log.warn({ err: error }, "the use of a directory's token was not recorded"),
    );
}

function shown({ id, directory_id, suffix }: DirectorySecret) {
  return { id, directory_id, suffix };
}
