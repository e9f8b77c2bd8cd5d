/** Makes the self-signed X.509 certificate (RFC 5280) under which a service provider publishes its key. */
import { type KeyObject, sign } from "node:crypto";
import { toPem } from "./certificate.ts";
import {
  bitString,
  nullValue,
  objectId,
  positiveInteger,
  sequence,
  set,
  time,
  utf8String,
  version3,
} from "./der.ts";

export type SelfSignedInput = {
  commonName: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
  /** 1 to 20 random bytes from the caller. */
  serialNumber: Buffer;
  notBefore: Date;
  notAfter: Date;
};

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
    ? sequence(objectId(OID_SHA256_WITH_RSA), nullValue)
    : sequence(objectId(OID_ECDSA_WITH_SHA256));
  const name = sequence(set(sequence(objectId(OID_COMMON_NAME), utf8String(input.commonName))));
  const body = sequence(
    version3,
    positiveInteger(serialNumber),
    algorithm,
    name,
    sequence(time(input.notBefore), time(input.notAfter)),
    name,
    input.publicKey.export({ type: "spki", format: "der" }),
  );
  return toPem(sequence(body, algorithm, bitString(sign("sha256", body, privateKey))));
}
