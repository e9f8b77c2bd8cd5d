/**
 * Signing keys: what our tokens are signed with, and the JWKS that others verify them by. Three kinds are
 * published at once: the next key (verifiers cache `/keys` for long, so it is known before it is used), the
 * current one, and retired ones for as long as a token of theirs may be shown.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  hash,
  type JsonWebKey,
  type KeyObject,
  sign as signBytes,
} from "node:crypto";
import { promisify } from "node:util";
import { compactVerify, type JWTPayload, errors as joseErrors } from "jose";
import { type Ctx, inTransaction, invalidate } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import * as store from "./keys.store.ts";

const algorithm = "RS256";
/** Long enough for an ID token to serve as a logout hint after its key retired. */
const retiredKeysStayMs = 30 * 86_400_000;
/** At some 500 bytes each. */
const mostVerified = 10_000;

const generate = promisify(generateKeyPair);
const signAsync = promisify(signBytes);

interface KeySet {
  current: { id: string; privateKey: KeyObject; header: string };
  verifiers: ReadonlyMap<string, KeyObject>;
  /**
   * Claims of tokens whose signature was found good, by the token's hash: a client shows one token many times, and
   * checking its signature costs more than the query that follows. Gone with the key set, so within a minute.
   */
  verified: Map<string, Readonly<JWTPayload>>;
  /** The JWKS as it is served, made once. */
  jwks: string;
}

/** Makes the first two keys of an environment when it has none. The caller holds the lock of the first start. */
export async function ensure(ctx: Ctx): Promise<void> {
  const keys = await store.list(ctx);
  for (const state of ["current", "next"] as const) {
    if (!keys.some((key) => key.state === state)) await add(ctx, state);
  }
}

/** The ids (`kid`) of the two keys that matter to an operator. */
export interface Rotation {
  current: string;
  next: string;
}

/**
 * Retires the current key and makes the next one current; a new next key is published at once. Rotations wait for
 * each other.
 * @returns the key that signs from now on, and the one that will after the next rotation
 */
export async function rotate(ctx: Ctx): Promise<Rotation> {
  return inTransaction(ctx, async (ctx) => {
    await store.lock(ctx);
    await store.advance(ctx, algorithm, ctx.now());
    // Not only the next one: where none was prepared, nothing may stay without a key to sign with.
    await ensure(ctx);
    await store.removeRetired(ctx, new Date(ctx.now().getTime() - retiredKeysStayMs));
    await invalidate(ctx, "signing_keys", ctx.environmentId);
    const idOf = new Map((await store.list(ctx)).map((key) => [key.state, key.id]));
    return { current: idOf.get("current") ?? "", next: idOf.get("next") ?? "" };
  });
}

/** The JWKS document (RFC 7517 section 5) as JSON. */
export async function jwks(ctx: Ctx): Promise<string> {
  return (await load(ctx)).jwks;
}

/**
 * Signs claims as a compact JWS (RFC 7515 section 7.1), RS256. The signature is made on libuv's threads: a
 * synchronous one holds up every other request for a millisecond.
 */
export async function sign(ctx: Ctx, claims: Record<string, unknown>): Promise<string> {
  const { current } = await load(ctx);
  const input = `${current.header}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}`;
  const signature = await signAsync("sha256", Buffer.from(input), current.privateKey);
  return `${input}.${signature.toString("base64url")}`;
}

/**
 * The claims of a token of ours, or undefined when the signature, the algorithm, the issuer or a time is
 * wrong. `allowExpired` is for logout hints, which outlive their token.
 */
export async function verify(
  ctx: Ctx,
  token: string,
  options: { issuer: string; allowExpired?: boolean },
): Promise<Readonly<JWTPayload> | undefined> {
  const claims = await signedClaims(await load(ctx), token);
  if (claims === undefined || claims.iss !== options.issuer) return undefined;
  const now = Math.floor(ctx.now().getTime() / 1000);
  // RFC 7519 sections 4.1.4 and 4.1.5; a token of ours always ends.
  if (claims.exp === undefined || (claims.nbf ?? 0) > now) return undefined;
  return claims.exp > now || options.allowExpired ? claims : undefined;
}

/** The claims of a token that one of the keys signed; undefined for all else. */
async function signedClaims(
  { verifiers, verified }: KeySet,
  token: string,
): Promise<Readonly<JWTPayload> | undefined> {
  const name = hash("sha256", token, "base64url");
  const known = verified.get(name);
  if (known !== undefined) return known;
  try {
    const signed = await compactVerify(token, (header) => keyOf(verifiers, header.kid), {
      algorithms: [algorithm],
    });
    const claims = Object.freeze(JSON.parse(Buffer.from(signed.payload).toString()) as JWTPayload);
    if (verified.size >= mostVerified) verified.clear();
    verified.set(name, claims);
    return claims;
  } catch (error) {
    if (error instanceof joseErrors.JOSEError) return undefined;
    throw error;
  }
}

function keyOf(verifiers: ReadonlyMap<string, KeyObject>, kid: string | undefined): KeyObject {
  const key = verifiers.get(kid ?? "");
  if (!key) throw new joseErrors.JWKSNoMatchingKey();
  return key;
}

async function add(ctx: Ctx, state: "current" | "next"): Promise<void> {
  const id = newId("snk");
  const pair = await generate("rsa", { modulusLength: 2048 });
  const publicJwk = { use: "sig", kid: id, alg: algorithm, ...pair.publicKey.export({ format: "jwk" }) };
  const pem = pair.privateKey.export({ type: "pkcs8", format: "der" });
  await store.insert(ctx, {
    id,
    environment_id: ctx.environmentId,
    algorithm,
    state,
    public_jwk: JSON.stringify(publicJwk),
    private_sealed: ctx.app.keys.seal(pem, sealContext(id)),
    created_at: ctx.now(),
    retired_at: null,
  });
}

async function load(ctx: Ctx): Promise<KeySet> {
  return ctx.app.cache.get("signing_keys", ctx.environmentId, async () => {
    const rows = await store.list({ db: ctx.app.loadDb, environmentId: ctx.environmentId });
    const current = rows.find((row) => row.state === "current");
    if (!current) throw new Error(`environment ${ctx.environmentId} has no current signing key`);
    return {
      current: {
        id: current.id,
        privateKey: openPrivateKey(ctx, current),
        header: Buffer.from(JSON.stringify({ alg: algorithm, kid: current.id, typ: "JWT" })).toString(
          "base64url",
        ),
      },
      verifiers: new Map(
        rows.map((row) => [row.id, createPublicKey({ key: row.public_jwk as JsonWebKey, format: "jwk" })]),
      ),
      verified: new Map(),
      jwks: JSON.stringify({ keys: rows.map((row) => row.public_jwk) }),
    };
  });
}

function openPrivateKey(ctx: Ctx, row: store.SigningKeyRow): KeyObject {
  const der = ctx.app.keys.open(row.private_sealed, sealContext(row.id));
  return createPrivateKey({ key: der, format: "der", type: "pkcs8" });
}

function sealContext(id: string): string {
  return `signing_keys.private_sealed:${id}`;
}
