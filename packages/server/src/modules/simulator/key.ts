/**
 * The simulator's key: one RSA key for each environment, under a self-signed certificate for SAML and a JWK for
 * OpenID Connect. The client secret of the OpenID provider is derived from it.
 */
import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  randomBytes,
} from "node:crypto";
import { promisify } from "node:util";
import { calculateJwkThumbprint, type JWK } from "jose";
import type { Ctx } from "../../context.ts";
import { createSelfSignedCertificate } from "../../protocols/saml/self-signed-certificate.ts";
import { simulatorErrors as errors } from "./errors.ts";
import * as store from "./simulator.store.ts";

/** What the simulator signs with, and what others know of it. */
export interface SimulatorKey {
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** PEM. */
  certificate: string;
  /** As the JWKS publishes it, with `kid`. */
  publicJwk: JsonWebKey & { kid: string };
  /** What the one client of the OpenID provider proves itself with. */
  clientSecret: string;
}

/** A key that nobody trusts, as an identity provider's is after a change that its customers missed. */
export type UntrustedKey = Pick<SimulatorKey, "privateKey" | "certificate"> & { kid: string };

const certificateYears = 10;
const dayMs = 86_400_000;
const generate = promisify(generateKeyPair);

/** Makes the key of the environment when it has none yet. */
export async function ensureKey(ctx: Ctx): Promise<SimulatorKey> {
  if (!(await store.findKey(ctx))) await make(ctx);
  return currentKey(ctx);
}

/** @throws SIMULATOR_NOT_SET_UP in an environment that `ensure` was never called for */
export async function currentKey(ctx: Ctx): Promise<SimulatorKey> {
  return ctx.app.cache.get("simulator_keys", ctx.environmentId, async () => {
    const row = await store.findKey(ctx);
    if (!row) throw errors.SIMULATOR_NOT_SET_UP();
    return open(ctx, row);
  });
}

/** Made when it is first needed, and stored nowhere: which key it is does not matter. */
export async function untrustedKey(ctx: Ctx): Promise<UntrustedKey> {
  return ctx.app.cache.get("simulator_untrusted_keys", ctx.environmentId, async () => {
    const { privateKey, certificate } = await newKey("Gatehouse simulator, old key", ctx.now());
    return { privateKey, certificate, kid: "old-key" };
  });
}

async function newKey(
  commonName: string,
  now: Date,
): Promise<{ privateKey: KeyObject; certificate: string }> {
  const { privateKey, publicKey } = await generate("rsa", { modulusLength: 2048 });
  const certificate = createSelfSignedCertificate({
    commonName,
    privateKey,
    publicKey,
    serialNumber: randomBytes(16),
    notBefore: new Date(now.getTime() - dayMs),
    notAfter: new Date(now.getTime() + certificateYears * 365 * dayMs),
  });
  return { privateKey, certificate };
}

async function make(ctx: Ctx): Promise<void> {
  const now = ctx.now();
  const { privateKey, certificate } = await newKey("Gatehouse simulator", now);
  const der = privateKey.export({ type: "pkcs8", format: "der" });
  await store.insertKeyIfAbsent(ctx, {
    environment_id: ctx.environmentId,
    certificate,
    private_sealed: ctx.app.keys.seal(der, sealContext(ctx.environmentId)),
    created_at: now,
  });
}

async function open(ctx: Ctx, row: store.SimulatorKeyRow): Promise<SimulatorKey> {
  const der = ctx.app.keys.open(row.private_sealed, sealContext(row.environment_id));
  const privateKey = createPrivateKey({ key: der, format: "der", type: "pkcs8" });
  const publicKey = createPublicKey(privateKey);
  const jwk = publicKey.export({ format: "jwk" });
  const kid = await calculateJwkThumbprint(jwk as JWK);
  return {
    privateKey,
    publicKey,
    certificate: row.certificate,
    publicJwk: { ...jwk, kid, use: "sig", alg: "RS256" },
    clientSecret: createHmac("sha256", der).update("simulator client secret").digest("base64url"),
  };
}

function sealContext(environmentId: string): string {
  return `simulator_keys.private_sealed:${environmentId}`;
}
