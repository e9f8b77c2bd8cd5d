/** Secrets that we check and never need to read again: made here, kept as SHA-256, compared in constant time. */
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";

/**
 * A new random secret in base64url.
 * @param bytes of randomness: at least 16, and 32 for client secrets, API tokens and directory tokens
 * @throws RangeError below 16 bytes, the least that a link or ticket may carry
 */
export function newSecret(bytes = 32): string {
  if (bytes < 16) throw new RangeError(`A secret needs at least 16 random bytes, not ${bytes}`);
  return randomBytes(bytes).toString("base64url");
}

/**
 * The SHA-256 of a secret, which is what the database keeps. Only for secrets of full randomness: a plain hash does
 * not protect what a person chose.
 */
export function hashSecret(secret: string): Buffer {
  return createHash("sha256").update(secret, "utf8").digest();
}

/** Compares two secrets or two hashes in constant time. False when the lengths differ, which is not kept secret. */
export function equalSecret(a: Buffer | string, b: Buffer | string): boolean {
  const left = typeof a === "string" ? Buffer.from(a, "utf8") : a;
  const right = typeof b === "string" ? Buffer.from(b, "utf8") : b;
  return left.length === right.length && timingSafeEqual(left, right);
}

/** The last four characters, by which an administrator tells secrets apart. */
export function secretSuffix(secret: string): string {
  return secret.slice(-4);
}
