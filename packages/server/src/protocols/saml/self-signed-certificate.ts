/** Makes the self-signed X.509 certificate (RFC 5280) under which a service provider publishes its key. */
import { type KeyObject, sign } from "node:crypto";
import { toPem } from "./certificate.ts";

export type SelfSignedInput = {
  commonName: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** 1 to 20 random bytes from the caller. */
  serialNumber: Buffer;
  notBefore: Date;
  notAfter: Date;
};

// The field is [0] EXPLICIT INTEGER, and 2 stands for version 3 (RFC 5280 4.1.2.1).
const VERSION_3 = Buffer.from("a003020102", "hex");
const OID_COMMON_NAME = "550403";
const OID_SHA256_WITH_RSA = "2a864886f70d01010b";
const OID_ECDSA_WITH_SHA256 = "2a8648ce3d040302";

/**
 * Builds and signs a version 3 certificate with SHA-256, without extensions: SAML peers compare it as a whole.
 *
 * @param input - name, RSA or EC key pair, serial number and validity
 * @returns one PEM block
 * @throws {RangeError} when the serial number has no byte or more than 20
 */
export function createSelfSignedCertificate(input: SelfSignedInput): string {
  const { serialNumber, privateKey } = input;
  if (serialNumber.length < 1 || serialNumber.length > 20)
    throw new RangeError("serialNumber needs 1 to 20 bytes");
  const isRsa = privateKey.asymmetricKeyType === "rsa";
  const algorithm = isRsa
    ? sequence(oid(OID_SHA256_WITH_RSA), tlv(0x05, Buffer.alloc(0)))
    : sequence(oid(OID_ECDSA_WITH_SHA256));
  const name = sequence(tlv(0x31, sequence(oid(OID_COMMON_NAME), tlv(0x0c, Buffer.from(input.commonName)))));
  const body = sequence(
    VERSION_3,
    positiveInteger(serialNumber),
    algorithm,
    name,
    sequence(time(input.notBefore), time(input.notAfter)),
    name,
    input.publicKey.export({ type: "spki", format: "der" }),
  );
  return toPem(sequence(body, algorithm, bitString(sign("sha256", body, privateKey))));
}

function tlv(tag: number, content: Buffer): Buffer {
  return Buffer.concat([Buffer.from([tag]), derLength(content.length), content]);
}

function derLength(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const hex = length.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function sequence(...parts: Buffer[]): Buffer {
  return tlv(0x30, Buffer.concat(parts));
}

function oid(hex: string): Buffer {
  return tlv(0x06, Buffer.from(hex, "hex"));
}

/** A clear top bit and a set second one keep the number positive and its encoding minimal (RFC 5280 4.1.2.2). */
function positiveInteger(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = ((copy[0] ?? 0) & 0x3f) | 0x40;
  return tlv(0x02, copy);
}

/** UTCTime through 2049, GeneralizedTime from 2050 on (RFC 5280 4.1.2.5). */
function time(date: Date): Buffer {
  const text = `${date.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;
  return date.getUTCFullYear() < 2050 ? tlv(0x17, Buffer.from(text.slice(2))) : tlv(0x18, Buffer.from(text));
}

function bitString(content: Buffer): Buffer {
  return tlv(0x03, Buffer.concat([Buffer.from([0]), content]));
}
