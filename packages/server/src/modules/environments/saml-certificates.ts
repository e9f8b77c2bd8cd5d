/**
 * The environment's own SAML certificates: they sign our requests, and identity providers encrypt assertions to
 * them. Several are valid at once, so that a renewal overlaps: a new one takes nothing from those before it.
 */
import {
  createPrivateKey,
  generateKeyPair,
  type KeyObject,
  type KeyPairKeyObjectResult,
  randomBytes,
} from "node:crypto";
import { promisify } from "node:util";
import { type Ctx, inTransaction, invalidate } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import * as environments from "./environments.ts";
import { environmentErrors as errors } from "./errors.ts";
import { reach } from "./reach.ts";
import type { SamlCertificateRow } from "./saml-certificates.store.ts";
import * as store from "./saml-certificates.store.ts";

export interface SamlCertificate {
  /** `cer_…` */
  id: string;
  /** PEM. */
  certificate: string;
  expiresAt: Date;
}

/** A certificate with the key that belongs to it. */
export interface SamlKey extends SamlCertificate {
  privateKey: KeyObject;
}

const topic = "saml_certificates";
const validYears = 10;
/** The clocks of identity providers may be slow: a certificate is not refused as one of the future. */
const backdatedMs = 3_600_000;
/** Every valid key is tried on an encrypted assertion, which anybody can post: they must stay few. */
const mostValid = 20;

const generateKeys = promisify(generateKeyPair);

/**
 * Makes a further certificate.
 * @throws ENVIRONMENT_NOT_FOUND when `environmentId` names another environment than the caller may name,
 *   SAML_CERTIFICATE_LIMIT
 */
export async function generate(ctx: Ctx, environmentId: string): Promise<SamlCertificate> {
  return inTransaction(await reach(ctx, environmentId), async (ctx) => {
    await store.lock(ctx);
    if (stillValid(ctx, await store.list(ctx)).length >= mostValid)
      throw errors.SAML_CERTIFICATE_LIMIT(mostValid);
    return add(ctx);
  });
}

/** The newest valid certificate, made now where there is none; of many who need the first one at once, one makes it. */
export async function ensure(ctx: Ctx): Promise<SamlCertificate> {
  return inTransaction(ctx, async (ctx) => {
    const found = await newest(ctx);
    if (found) return found;
    await store.lock(ctx);
    return (await newest(ctx)) ?? add(ctx);
  });
}

/** One by its id, valid or not, as the open transaction sees it; undefined when the environment has no such one. */
export async function find(ctx: Ctx, id: string): Promise<SamlCertificate | undefined> {
  const row = (await store.list(ctx)).find((row) => row.id === id);
  return row && toCertificate(row);
}

/** All with their keys, newest first, expired ones too; what has been committed. */
export async function list(ctx: Ctx): Promise<readonly SamlKey[]> {
  return ctx.app.cache.get(topic, ctx.environmentId, async () => {
    const rows = await store.list({ db: ctx.app.loadDb, environmentId: ctx.environmentId });
    return rows.map((row) => ({ ...toCertificate(row), privateKey: openKey(ctx, row) }));
  });
}

/** Those whose keys may still be used, newest first. */
export async function listValid(ctx: Ctx): Promise<SamlKey[]> {
  return (await list(ctx)).filter(({ expiresAt }) => expiresAt > ctx.now());
}

async function newest(ctx: Ctx): Promise<SamlCertificate | undefined> {
  const [row] = stillValid(ctx, await store.list(ctx));
  return row && toCertificate(row);
}

function stillValid(ctx: Ctx, rows: SamlCertificateRow[]): SamlCertificateRow[] {
  return rows.filter((row) => row.expires_at > ctx.now());
}

/** RSA, since several identity providers encrypt to nothing else. */
async function add(ctx: Ctx): Promise<SamlCertificate> {
  const id = newId("cer");
  const pair = await generateKeys("rsa", { modulusLength: 2048 });
  const expiresAt = new Date(ctx.now());
  expiresAt.setUTCFullYear(expiresAt.getUTCFullYear() + validYears);
  // X.509 knows whole seconds: the row must say what the certificate says.
  expiresAt.setUTCMilliseconds(0);
  const row = await store.insert(ctx, {
    id,
    environment_id: ctx.environmentId,
    certificate: await certify(ctx, pair, expiresAt),
    private_sealed: ctx.app.keys.seal(
      pair.privateKey.export({ type: "pkcs8", format: "der" }),
      sealContext(id),
    ),
    created_at: ctx.now(),
    expires_at: expiresAt,
  });
  await invalidate(ctx, topic, ctx.environmentId);
  return toCertificate(row);
}

async function certify(ctx: Ctx, pair: KeyPairKeyObjectResult, notAfter: Date): Promise<string> {
  const { createSelfSignedCertificate } = await import("../../protocols/saml/self-signed-certificate.ts");
  const { publicUrl } = await environments.current(ctx);
  return createSelfSignedCertificate({
    // RFC 5280 gives a common name 64 characters.
    commonName: new URL(publicUrl).host.slice(0, 64),
    ...pair,
    serialNumber: randomBytes(16),
    notBefore: new Date(ctx.now().getTime() - backdatedMs),
    notAfter,
  });
}

function toCertificate(row: SamlCertificateRow): SamlCertificate {
  return { id: row.id, certificate: row.certificate, expiresAt: row.expires_at };
}

function openKey(ctx: Ctx, row: SamlCertificateRow): KeyObject {
  const der = ctx.app.keys.open(row.private_sealed, sealContext(row.id));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function sealContext(id: string): string {
  return `saml_certificates.private_sealed:${id}`;
}
