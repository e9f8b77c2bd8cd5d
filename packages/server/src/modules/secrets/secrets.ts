/**
 * Secrets that an administrator makes for others to hold: keys that sign calls to interceptors, and tokens that open a
 * directory. This module makes, replaces and forgets them. A key is sealed, since we sign with it; a token is hashed.
 */
import { randomBytes } from "node:crypto";
import { type Ctx, inTransaction } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { hashSecret, newSecret, secretSuffix } from "../../lib/secrets.ts";
import { secretErrors as errors } from "./errors.ts";
import { secretCreated, secretDeleted, secretRotated } from "./events.ts";
import type { Secret } from "./secrets.store.ts";
import * as store from "./secrets.store.ts";

export type { Secret };

export type SecretType = "INTERCEPTOR_HMAC" | "DIRECTORY_TOKEN";

/** A secret with its value, where that may be shown. */
export interface ShownSecret {
  row: Secret;
  plain: string | undefined;
}

/** The list has no pages, so it must stay short. */
const mostSecrets = 500;

/** Makes a secret. The value is in the answer and not to be had again, but for INTERCEPTOR_HMAC. @throws SECRET_LIMIT */
export async function create(ctx: Ctx, type: SecretType): Promise<ShownSecret> {
  return inTransaction(ctx, async (ctx) => {
    if ((await store.countLocked(ctx)) >= mostSecrets) throw errors.SECRET_LIMIT(mostSecrets);
    const now = ctx.now();
    const id = newId("sec");
    const { plain, columns } = newValue(ctx, id, type);
    const row = await store.insert(ctx, {
      id,
      environment_id: ctx.environmentId,
      type,
      ...columns,
      created_at: now,
      updated_at: now,
    });
    await ctx.emit(secretCreated, payloadOf(row));
    return { row, plain };
  });
}

/** Replaces the value; the former one is void at once. @throws SECRET_NOT_FOUND */
export async function rotate(ctx: Ctx, id: string): Promise<ShownSecret> {
  return inTransaction(ctx, async (ctx) => {
    const { type } = await find(ctx, id);
    const { plain, columns } = newValue(ctx, id, type as SecretType);
    const row = await store.set(ctx, id, { ...columns, last_used_at: null, updated_at: ctx.now() });
    if (!row) throw errors.SECRET_NOT_FOUND(id);
    await ctx.emit(secretRotated, payloadOf(row));
    return { row, plain };
  });
}

/** @param withValue shows a key that signs; a token stays hidden all the same. @throws SECRET_NOT_FOUND */
export async function get(ctx: Ctx, id: string, withValue: boolean): Promise<ShownSecret> {
  const row = await find(ctx, id);
  if (!withValue || row.sealed === null) return { row, plain: undefined };
  return { row, plain: ctx.app.keys.open(row.sealed, sealContext(id)).toString("utf8") };
}

/** Without values, newest first. @param type all types when it is left out */
export async function list(ctx: Ctx, type?: SecretType): Promise<Secret[]> {
  return store.list(ctx, type);
}

/** @throws SECRET_NOT_FOUND */
async function remove(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    const row = await store.remove(ctx, id);
    if (!row) throw errors.SECRET_NOT_FOUND(id);
    await ctx.emit(secretDeleted, payloadOf(row));
  });
}

export { remove as delete };

async function find(ctx: Ctx, id: string): Promise<Secret> {
  const row = await store.find(ctx, id);
  if (!row) throw errors.SECRET_NOT_FOUND(id);
  return row;
}

function newValue(ctx: Ctx, id: string, type: SecretType) {
  if (type === "INTERCEPTOR_HMAC") {
    // The SDKs split at `_` and decode the rest strictly: padded base64 of the standard alphabet, which has no `_`.
    const plain = `whsec_${randomBytes(32).toString("base64")}`;
    const sealed = ctx.app.keys.seal(plain, sealContext(id));
    return { plain, columns: { sealed, hash: null, suffix: secretSuffix(plain) } };
  }
  const plain = newSecret();
  return { plain, columns: { sealed: null, hash: hashSecret(plain), suffix: secretSuffix(plain) } };
}

function sealContext(id: string): string {
  return `secrets.sealed:${id}`;
}

function payloadOf({ id, type, suffix }: Secret) {
  return { id, type, suffix };
}
