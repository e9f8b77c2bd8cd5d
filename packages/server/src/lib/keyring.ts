/**
 * Seals the secrets that we must read again (signing keys, credentials at providers) with AES-256-GCM. Data keys do
 * the sealing and lie in the database, wrapped by the master key, so that a new master key rewraps a few rows only.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from "node:crypto";

export interface Keyring {
  /**
   * Encrypts under the newest data key.
   * @param context names the table, column and row, `signing_keys.private_key:snk_1`; the value opens only with the
   * same one, so a row's secret cannot be moved to another row
   */
  seal(plain: string | Buffer, context: string): Buffer;
  /** @throws KeyringError when the value was changed, belongs to another context or to an unknown data key */
  open(sealed: Buffer, context: string): Buffer;
  /**
   * HMAC-SHA256, under a key derived from the newest data key for `context` alone: marks a value as one that we made.
   * Sealing is no substitute where anybody can ask for a value, since a key seals only so many (see `encrypt`).
   * @returns 32 bytes
   */
  mac(value: string, context: string): Buffer;
}

/** Something sealed does not open; the message is for the operator. */
export class KeyringError extends Error {
  override readonly name = "KeyringError";
}

/** A data key as its row holds it. */
export interface WrappedDataKey {
  id: number;
  wrapped: Buffer;
}

const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = 1;
// Version, number of the data key (uint32, big-endian); then come nonce, ciphertext and tag.
const HEADER_BYTES = 5;
const WRAP_CONTEXT = "gatehouse data key";

/**
 * Opens the data keys and seals with the one of the highest id.
 * @param masterKey 32 bytes
 * @throws KeyringError when the master key does not open them, or there is none
 */
export function createKeyring(masterKey: Buffer, dataKeys: readonly WrappedDataKey[]): Keyring {
  const keys = new Map(dataKeys.map(({ id, wrapped }) => [id, unwrapDataKey(masterKey, wrapped)]));
  const newest = Math.max(...keys.keys());
  const sealingKey = keys.get(newest);
  if (sealingKey === undefined)
    throw new KeyringError("The database holds no data key to seal secrets with.");
  // Contexts are few and ours: one for each use and environment.
  const macKeys = new Map<string, Buffer>();
  return {
    seal(plain, context) {
      const header = headerFor(newest);
      const bytes = typeof plain === "string" ? Buffer.from(plain, "utf8") : plain;
      return Buffer.concat([header, encrypt(sealingKey, bytes, authenticated(header, context))]);
    },
    open(sealed, context) {
      const header = sealed.subarray(0, HEADER_BYTES);
      const key = keys.get(dataKeyIdOf(sealed, context));
      if (key === undefined) throw unknownDataKey(dataKeyIdOf(sealed, context), context);
      const plain = decrypt(key, sealed.subarray(HEADER_BYTES), authenticated(header, context));
      if (plain !== undefined) return plain;
      throw new KeyringError(
        `The secret ${context} does not open: it was changed, or moved here from another row.`,
      );
    },
    mac(value, context) {
      let key = macKeys.get(context);
      if (key === undefined) {
        key = Buffer.from(hkdfSync("sha256", sealingKey, "", `gatehouse mac:${context}`, KEY_BYTES));
        macKeys.set(context, key);
      }
      return createHmac("sha256", key).update(value, "utf8").digest();
    },
  };
}

/**
 * A new random data key, wrapped for its row.
 * @param masterKey 32 bytes
 */
export function wrapDataKey(masterKey: Buffer): Buffer {
  return wrap(masterKey, randomBytes(KEY_BYTES));
}

function wrap(masterKey: Buffer, dataKey: Buffer): Buffer {
  return Buffer.concat([Buffer.of(VERSION), encrypt(checked(masterKey), dataKey, Buffer.from(WRAP_CONTEXT))]);
}

function unwrapDataKey(masterKey: Buffer, wrapped: Buffer): Buffer {
  const known = wrapped[0] === VERSION;
  const dataKey = known && decrypt(checked(masterKey), wrapped.subarray(1), Buffer.from(WRAP_CONTEXT));
  if (dataKey && dataKey.length === KEY_BYTES) return dataKey;
  throw new KeyringError(
    "The master key does not open the keys stored in this database. Start with the GATEHOUSE_MASTER_KEY (or " +
      "GATEHOUSE_MASTER_KEY_FILE) that this database was set up with: without it its secrets cannot be read.",
  );
}

function checked(masterKey: Buffer): Buffer {
  if (masterKey.length === KEY_BYTES) return masterKey;
  throw new KeyringError(`The master key has ${masterKey.length} bytes: it must have ${KEY_BYTES}.`);
}

function headerFor(dataKeyId: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(VERSION, 0);
  header.writeUInt32BE(dataKeyId, 1);
  return header;
}

function dataKeyIdOf(sealed: Buffer, context: string): number {
  const readable = sealed.length >= HEADER_BYTES + NONCE_BYTES + TAG_BYTES && sealed[0] === VERSION;
  if (!readable)
    throw new KeyringError(`The secret ${context} is not in a format that this version can open.`);
  return sealed.readUInt32BE(1);
}

function unknownDataKey(id: number, context: string): KeyringError {
  return new KeyringError(
    `The secret ${context} is sealed under data key ${id}, which was not in the database when this process ` +
      "started. Restart it; if that does not help, the row of that key was lost.",
  );
}

/** The header is bound too, so that no byte of a sealed value can change unseen. */
function authenticated(header: Buffer, context: string): Buffer {
  return Buffer.concat([header, Buffer.from(context, "utf8")]);
}

// A random 96-bit nonce is safe for 2^32 values under one key (NIST SP 800-38D, section 8.3).
function encrypt(key: Buffer, plain: Buffer, aad: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce).setAAD(aad);
  return Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, box: Buffer, aad: Buffer): Buffer | undefined {
  if (box.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const nonce = box.subarray(0, NONCE_BYTES);
  const tag = box.subarray(box.length - TAG_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(aad).setAuthTag(tag);
  try {
    return Buffer.concat([decipher.update(box.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
