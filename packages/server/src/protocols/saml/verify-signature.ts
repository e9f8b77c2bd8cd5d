/**
 * Verifies an enveloped signature over the DOM that is read afterwards: SignedInfo with the keys of the
 * connection, then the digest over the canonical form of the very element. Canonicalization is xml-crypto's, hashes Node's.
 */
import { createHash, verify } from "node:crypto";
import type { Element } from "@xmldom/xmldom";
import { ExclusiveCanonicalization } from "xml-crypto";
import { NS } from "./names.ts";
import { type ReadSignature, readSignature } from "./read-signature.ts";
import { SamlError } from "./saml-error.ts";
import type { TrustedKey } from "./trusted-keys.ts";

type SignatureMethod = { keyType: "rsa" | "ec"; hash: string };

const MORE = "http://www.w3.org/2001/04/xmldsig-more#";

const SIGNATURE_METHODS: ReadonlyMap<string, SignatureMethod> = new Map([
  [`${MORE}rsa-sha256`, { keyType: "rsa", hash: "sha256" }],
  [`${MORE}rsa-sha384`, { keyType: "rsa", hash: "sha384" }],
  [`${MORE}rsa-sha512`, { keyType: "rsa", hash: "sha512" }],
  [`${MORE}ecdsa-sha256`, { keyType: "ec", hash: "sha256" }],
  [`${MORE}ecdsa-sha384`, { keyType: "ec", hash: "sha384" }],
  [`${MORE}ecdsa-sha512`, { keyType: "ec", hash: "sha512" }],
]);

const DIGEST_METHODS: ReadonlyMap<string, string> = new Map([
  ["http://www.w3.org/2001/04/xmlenc#sha256", "sha256"],
  [`${MORE}sha384`, "sha384"],
  ["http://www.w3.org/2001/04/xmlenc#sha512", "sha512"],
]);

// NIST SP 800-131A disallows shorter keys for verification even of old signatures.
const MINIMUM_RSA_BITS = 1024;

/**
 * Verifies that `signature` covers `signed` and was made with one of the keys (XML signature core 3.2).
 *
 * @param signed - the Response or Assertion, in the document as received
 * @param signature - its own Signature child
 * @param keys - the connection's keys, current ones first; KeyInfo of the message is not read
 * @throws {SamlError} any reason of `signature_validation_failed`
 */
export function verifySignature(signed: Element, signature: Element, keys: readonly TrustedKey[]): void {
  const parts = readSignature(signature, signed);
  const signedBytes = Buffer.from(canonicalize(parts.signedInfo, parts.signedInfoPrefixes));
  const made = { algorithm: parts.signatureMethod, value: parts.signatureValue };
  verifyOctets(signedBytes, made, keys, signed.localName ?? "");
  // Last, since it works over the whole content: a stranger's document is refused before.
  verifyDigest(signed, signature, parts);
}

/**
 * Verifies a signature over bytes: SignedInfo, or the query of the redirect binding (SAML bindings 3.4.4.1).
 *
 * @param octets - exactly what was signed
 * @param made - the URI of the algorithm, and the signature's value
 * @param keys - the connection's keys, current ones first
 * @param name - of the message, for the text of a refusal
 * @throws {SamlError} `weak_algorithm`, `algorithm_unsupported`, `signature_mismatch`, `certificate_expired`
 */
export function verifyOctets(
  octets: Buffer,
  made: { algorithm: string; value: Buffer },
  keys: readonly TrustedKey[],
  name: string,
): void {
  const method = chooseMethod(SIGNATURE_METHODS, made.algorithm, "signature");
  const signer = keys.find((trusted) => isSignedBy(trusted, method, octets, made.value));
  if (!signer) throw signatureMismatch(name, keys);
  if (signer.expired) throw certificateExpired(signer);
  if ((signer.certificate.rsaBits ?? MINIMUM_RSA_BITS) < MINIMUM_RSA_BITS) throw keyTooShort(signer);
}

function verifyDigest(signed: Element, signature: Element, parts: ReadSignature): void {
  const hash = chooseMethod(DIGEST_METHODS, parts.digestMethod, "digest");
  const digest = createHash(hash)
    .update(canonicalWithout(signed, signature, parts.contentPrefixes))
    .digest();
  if (digest.equals(parts.digestValue)) return;
  throw new SamlError(
    "digest_mismatch",
    `The content of ${signed.localName} is not what was signed. It was altered after signing; check proxies and scripts between the identity provider and here.`,
  );
}

/** The enveloped-signature transform: the canonical form while the signature is taken out of its place. */
function canonicalWithout(signed: Element, signature: Element, prefixes: string[]): string {
  const next = signature.nextSibling;
  signed.removeChild(signature);
  try {
    return canonicalize(signed, prefixes);
  } finally {
    signed.insertBefore(signature, next);
  }
}

function canonicalize(element: Element, prefixes: string[]): string {
  // xml-crypto declares its parameter as the browser's Element; it only walks the DOM it is given.
  const node = element as unknown as Parameters<ExclusiveCanonicalization["process"]>[0];
  try {
    return new ExclusiveCanonicalization().process(node, {
      inclusiveNamespacesPrefixList: prefixes,
      ancestorNamespaces: prefixes.length > 0 ? namespacesAround(element) : [],
    });
  } catch (cause) {
    throw new SamlError(
      "signature_malformed",
      `${element.localName} cannot be brought into canonical form.`,
      { cause },
    );
  }
}

function namespacesAround(element: Element): { prefix: string; namespaceURI: string }[] {
  const found = new Map<string, string>();
  for (let node = element.parentNode; node?.nodeType === element.nodeType; node = node.parentNode) {
    for (const { namespaceURI, prefix, localName, value } of Array.from((node as Element).attributes)) {
      const isDeclaration = namespaceURI === NS.xmlns && prefix === "xmlns" && localName !== null;
      if (isDeclaration && !found.has(localName)) found.set(localName, value);
    }
  }
  return [...found].map(([prefix, namespaceURI]) => ({ prefix, namespaceURI }));
}

function isSignedBy(trusted: TrustedKey, method: SignatureMethod, data: Buffer, signature: Buffer): boolean {
  if (trusted.certificate.keyType !== method.keyType) return false;
  // XML signature writes ECDSA values as r and s side by side (RFC 4050), not as DER.
  return verify(method.hash, data, { key: trusted.key, dsaEncoding: "ieee-p1363" }, signature);
}

function chooseMethod<T>(methods: ReadonlyMap<string, T>, observed: string, what: string): T {
  const method = methods.get(observed);
  if (method !== undefined) return method;
  const expected = [...methods.keys()].join(", ");
  if (/sha1$|md5$/i.test(observed)) {
    throw new SamlError(
      "weak_algorithm",
      `The message uses SHA-1 or MD5 for its ${what}, which can be forged. Set the signature algorithm of this application to SHA-256 at the identity provider.`,
      { observed, expected },
    );
  }
  throw new SamlError(
    "algorithm_unsupported",
    `The message uses an unsupported ${what} algorithm. Set RSA-SHA256 at the identity provider.`,
    { observed: observed || "none", expected },
  );
}

function signatureMismatch(name: string, keys: readonly TrustedKey[]): SamlError {
  const expected = keys.map(({ certificate }) => `${certificate.subject} (${certificate.sha256Fingerprint})`);
  return new SamlError(
    "signature_mismatch",
    `The signature of ${name} was not made with any certificate of this connection. If the identity provider has a new certificate, add it here.`,
    { expected: expected.join("; ") },
  );
}

function certificateExpired({ certificate }: TrustedKey): SamlError {
  const when = certificate.notAfter.toISOString();
  return new SamlError(
    "certificate_expired",
    `The message is signed with the certificate "${certificate.subject}", which expired at ${when}. Add the identity provider's current certificate to the connection.`,
    {
      observed: `${certificate.sha256Fingerprint}, expired ${when}`,
      expected: "a certificate that has not expired",
    },
  );
}

function keyTooShort({ certificate }: TrustedKey): SamlError {
  return new SamlError(
    "weak_algorithm",
    `The certificate "${certificate.subject}" has an RSA key of ${certificate.rsaBits} bits, which can be broken. Replace it by one of 2048 bits or more.`,
    { observed: `${certificate.rsaBits} bits`, expected: `at least ${MINIMUM_RSA_BITS} bits` },
  );
}
