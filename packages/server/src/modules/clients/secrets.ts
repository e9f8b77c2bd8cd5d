/** Client secrets: made here, shown once, kept as a SHA-256 hash, compared in constant time. */
import { type Ctx, inTransaction } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { equalSecret, hashSecret, newSecret, secretSuffix } from "../../lib/secrets.ts";
import { known } from "./remembered.ts";
import type { ClientSecret } from "./secrets.store.ts";
import * as store from "./secrets.store.ts";

export type { ClientSecret };

/** Makes a secret. The plain value is in the answer and nowhere else. */
export async function create(ctx: Ctx, clientId: string): Promise<string> {
  const now = ctx.now();
  const prefix = ctx.app.config.mode === "production" ? "live_" : "test_";
  const plain = prefix + newSecret();
  await inTransaction(ctx, async (ctx) => {
    await store.insert(ctx, {
      id: newId("sks"),
      environment_id: ctx.environmentId,
      client_id: clientId,
      hash: hashSecret(plain),
      suffix: secretSuffix(plain),
      status: "ACTIVE",
      created_at: now,
      updated_at: now,
    });
    await known.forget(ctx, clientId);
  });
  return plain;
}

/** Every secret of a client, without its value. */
export async function list(ctx: Ctx, clientId: string): Promise<ClientSecret[]> {
  return store.list(ctx, clientId);
}

/** Whether `plain` is one of the secrets and that one may be used now. */
export function accepts(secrets: readonly ClientSecret[], plain: string, now: Date): boolean {
  const hash = hashSecret(plain);
  const usable = secrets.filter(
    (secret) => secret.status === "ACTIVE" && (secret.expires_at === null || secret.expires_at > now),
  );
  // Every usable secret is compared, so that the time tells nothing of which one matched.
  return usable.reduce((found, secret) => equalSecret(secret.hash, hash) || found, false);
}
