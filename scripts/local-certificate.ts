/**
 * A certificate for localhost and the authority that vouches for it, for `npm run dev:tls`. The authority's key is
 * never written: to trust the authority is to trust this one certificate, whoever gets hold of the folder.
 */
import {
  createHash,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
  X509Certificate,
} from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  bitString,
  objectId,
  octetString,
  positiveInteger,
  sequence,
  set,
  time,
  tlv,
  utf8String,
  version3,
} from "../packages/server/src/protocols/saml/der.ts";

/** The files, all PEM. */
export interface LocalCertificate {
  /** What clients must be told to trust. */
  authority: string;
  certificate: string;
  key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
// Apple's systems refuse certificates of more than 825 days, also those of private authorities.
const LIFETIME_DAYS = 820;
const RENEW_BEFORE_DAYS = 14;
const NAMES = ["localhost", "*.localhost"];
const ADDRESSES = [Buffer.from([127, 0, 0, 1]), Buffer.concat([Buffer.alloc(15), Buffer.from([1])])];

/**
 * Makes the files unless they are there and serve for two more weeks.
 * @param folder made when missing
 */
export function ensureLocalCertificate(folder: string, now: Date): LocalCertificate {
  const files = {
    authority: join(folder, "authority.pem"),
    certificate: join(folder, "certificate.pem"),
    key: join(folder, "key.pem"),
  };
  if (serves(files, now)) return files;
  mkdirSync(folder, { recursive: true });
  const { authority, certificate, key } = makeCertificates(now);
  writeFileSync(files.key, key, { mode: 0o600 });
  writeFileSync(files.authority, authority);
  writeFileSync(files.certificate, certificate);
  return files;
}

function serves(files: LocalCertificate, now: Date): boolean {
  if (!Object.values(files).every((file) => existsSync(file))) return false;
  try {
    const authority = new X509Certificate(readFileSync(files.authority));
    const certificate = new X509Certificate(readFileSync(files.certificate));
    const left = Date.parse(certificate.validTo) - now.getTime();
    return certificate.verify(authority.publicKey) && left > RENEW_BEFORE_DAYS * DAY_MS;
  } catch {
    return false;
  }
}

function makeCertificates(now: Date): LocalCertificate {
  const authority = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const server = generateKeyPairSync("ec", { namedCurve: "P-256" });
  // The name tells two of them apart in a list of trusted authorities.
  const issuer = `Gatehouse local authority ${randomBytes(4).toString("hex")}`;
  const authorityId = keyId(authority.publicKey);
  const shared = { issuer, issuerKey: authority.privateKey, now };
  return {
    authority: certificate({
      ...shared,
      subject: issuer,
      publicKey: authority.publicKey,
      extensions: [
        extension("551d13", true, sequence(Buffer.from("0101ff", "hex"))),
        extension("551d0f", true, bitString(Buffer.from([0b0000_0100]), 2)),
        extension("551d0e", false, octetString(authorityId)),
      ],
    }),
    certificate: certificate({
      ...shared,
      subject: "localhost",
      publicKey: server.publicKey,
      extensions: [
        extension("551d13", true, sequence()),
        extension("551d0f", true, bitString(Buffer.from([0b1000_0000]), 7)),
        extension("551d25", false, sequence(objectId("2b06010505070301"))),
        extension("551d11", false, alternativeNames()),
        extension("551d0e", false, octetString(keyId(server.publicKey))),
        // Python's strict verification wants it.
        extension("551d23", false, sequence(tlv(0x80, authorityId))),
      ],
    }),
    key: server.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
  };
}

interface CertificateInput {
  subject: string;
  issuer: string;
  publicKey: KeyObject;
  issuerKey: KeyObject;
  extensions: Buffer[];
  now: Date;
}

function certificate(input: CertificateInput): string {
  const ecdsaWithSha256 = sequence(objectId("2a8648ce3d040302"));
  // A clock that is behind by a day must not refuse what was just made.
  const from = new Date(input.now.getTime() - DAY_MS);
  const body = sequence(
    version3,
    positiveInteger(randomBytes(16)),
    ecdsaWithSha256,
    commonName(input.issuer),
    sequence(time(from), time(new Date(from.getTime() + LIFETIME_DAYS * DAY_MS))),
    commonName(input.subject),
    input.publicKey.export({ type: "spki", format: "der" }),
    tlv(0xa3, sequence(...input.extensions)),
  );
  const signature = bitString(sign("sha256", body, input.issuerKey));
  return new X509Certificate(sequence(body, ecdsaWithSha256, signature)).toString();
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId("550403"), utf8String(name))));
}

/** RFC 5280 section 4.2, by number: 19 constraints, 15 key usage, 37 purposes, 17 names, 14 and 35 key identifiers. */
function extension(id: string, critical: boolean, value: Buffer): Buffer {
  const flag = critical ? [Buffer.from("0101ff", "hex")] : [];
  return sequence(objectId(id), ...flag, octetString(value));
}

/** RFC 5280 section 4.2.1.6: [2] a DNS name, [7] an address. */
function alternativeNames(): Buffer {
  const names = NAMES.map((name) => tlv(0x82, Buffer.from(name)));
  return sequence(...names, ...ADDRESSES.map((address) => tlv(0x87, address)));
}

function keyId(key: KeyObject): Buffer {
  return createHash("sha1")
    .update(key.export({ type: "spki", format: "der" }))
    .digest();
}
