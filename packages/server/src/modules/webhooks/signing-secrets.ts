/**
 * The secrets that deliveries are signed with: shown when they are made, sealed since we use them. After a change the
 * former ones sign for another day, so that a receiver can take its time.
 */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import type { Keyring } from "../../lib/keyring.ts";
import { secretSuffix } from "../../lib/secrets.ts";
import { newSigningSecret } from "../../lib/webhook-signature.ts";
import type { SecretRow } from "./signing-secrets.store.ts";
import * as store from "./signing-secrets.store.ts";

export type { SecretRow };

const overlapMs = 24 * 3_600_000;
/** A signature for each goes with every request. */
const mostSecrets = 10;

/** Makes the secret that signs from now on. @returns its value, which is not to be had again */
export async function renew(ctx: Ctx, endpointId: string): Promise<string> {
  const now = ctx.now();
  const id = newId("sec");
  const plain = newSigningSecret();
  await store.setExpiry(ctx, endpointId, new Date(now.getTime() + overlapMs));
  await store.insert(ctx, {
    id,
    environment_id: ctx.environmentId,
    endpoint_id: endpointId,
    sealed: ctx.app.keys.seal(plain, sealContext(id)),
    suffix: secretSuffix(plain),
    created_at: now,
  });
  await store.removeAllBut(ctx, endpointId, mostSecrets);
  return plain;
}

/** Those of some endpoints that sign now, the newest of each first, without their values. */
export function list(ctx: Ctx, endpointIds: readonly string[]): Promise<SecretRow[]> {
  return store.list(ctx, endpointIds, ctx.now());
}

export function openSecret(keys: Keyring, secret: { id: string; sealed: Buffer }): string {
  return keys.open(secret.sealed, sealContext(secret.id)).toString("utf8");
}

function sealContext(id: string): string {
  return `webhook_secrets.sealed:${id}`;
}
