/**
 * A self-signed X.509 certificate for the identity provider that the load generator plays, since Node makes none.
 */
import { type KeyObject, randomBytes, sign } from "node:crypto";

const SEQUENCE = 0x30;
const INTEGER = 0x02;
const BIT_STRING = 0x03;
const UTF8_STRING = 0x0c;
const UTC_TIME = 0x17;
const SET = 0x31;
const EXPLICIT_0 = 0xa0;
// OIDs with their tags: 1.2.840.113549.1.1.11 (sha256WithRSAEncryption) and 2.5.4.3 (commonName).
const SHA256_WITH_RSA = Buffer.from("06092a864886f70d01010b0500", "hex");
const COMMON_NAME = Buffer.from("0603550403", "hex");
const DAY_MS = 86_400_000;

/**
 * Makes a certificate (RFC 5280 §4.1) that is valid from yesterday to a year from now.
 * @returns PEM
 */
export function selfSignedCertificate(
  commonName: string,
  keys: { publicKey: KeyObject; privateKey: KeyObject },
): string {
  const algorithm = der(SEQUENCE, SHA256_WITH_RSA);
  const name = der(SEQUENCE, der(SET, der(SEQUENCE, COMMON_NAME, der(UTF8_STRING, Buffer.from(commonName)))));
  const validity = der(SEQUENCE, utcTime(Date.now() - DAY_MS), utcTime(Date.now() + 365 * DAY_MS));
  const serial = der(INTEGER, Buffer.from([1]), randomBytes(8));
  const version3 = der(EXPLICIT_0, der(INTEGER, Buffer.from([2])));
  const spki = keys.publicKey.export({ type: "spki", format: "der" });
  const content = der(SEQUENCE, version3, serial, algorithm, name, validity, name, spki);
  const signature = der(BIT_STRING, Buffer.from([0]), sign("sha256", content, keys.privateKey));
  const lines =
    der(SEQUENCE, content, algorithm, signature)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  if (content.length < 0x80) return Buffer.concat([Buffer.from([tag, content.length]), content]);
  const hex = content.length.toString(16);
  const size = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  return Buffer.concat([Buffer.from([tag, 0x80 + size.length]), size, content]);
}

function utcTime(at: number): Buffer {
  const digits = new Date(at).toISOString().replaceAll(/\D/g, "");
  return der(UTC_TIME, Buffer.from(`${digits.slice(2, 14)}Z`));
}
