/** The keys that may have signed a message: those of the configured certificates and no others. */
import { createPublicKey, type KeyObject } from "node:crypto";
import { type CertificateInfo, readCertificates } from "./certificate.ts";
import { SamlError } from "./saml-error.ts";

export type TrustedKey = { key: KeyObject; certificate: CertificateInfo; expired: boolean };

/**
 * Prepares the keys of a connection, current certificates first.
 *
 * @param certificates - PEM (one or several blocks each) or bare base64
 * @param now - decides which certificates have expired
 * @returns at least one key
 * @throws {SamlError} `certificate_missing`, `certificate_unreadable`, `private_key_pasted`
 */
export function trustedKeys(certificates: readonly string[], now: Date): TrustedKey[] {
  const keys = certificates.flatMap(readKeys).map((trusted) => ({
    ...trusted,
    expired: trusted.certificate.notAfter.getTime() <= now.getTime(),
  }));
  if (keys.length > 0) return keys.sort((a, b) => Number(a.expired) - Number(b.expired));
  throw new SamlError(
    "certificate_missing",
    "The connection has no certificate of the identity provider, so no signature can be checked. Add its signing certificate, or import its metadata.",
  );
}

type ReadKey = Omit<TrustedKey, "expired">;

// Reading a certificate costs as much as checking a signature with it, and the same text gives the same key.
const readBefore = new Map<string, ReadKey[]>();
const MOST_REMEMBERED = 1_000;

function readKeys(text: string): ReadKey[] {
  const known = readBefore.get(text);
  if (known) return known;
  const keys = readCertificates(text).map((certificate) => ({
    key: createPublicKey(certificate.pem),
    certificate,
  }));
  if (readBefore.size >= MOST_REMEMBERED) readBefore.clear();
  readBefore.set(text, keys);
  return keys;
}
