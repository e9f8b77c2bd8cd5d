/**
 * Opens an EncryptedAssertion (SAML core 2.3.4) with the service provider's own keys. Every failure looks the same
 * from outside, so that the endpoint tells nobody whether a padding was right.
 */
import type { KeyObject } from "node:crypto";
import type { Element } from "@xmldom/xmldom";
import { decrypt } from "xml-encryption";
import { NS } from "./names.ts";
import { parseXml, RESPONSE_XML } from "./parse-xml.ts";
import { attribute, childElements, isNamed } from "./read-elements.ts";
import { SamlError } from "./saml-error.ts";

const ALLOWED_ALGORITHMS: readonly string[] = [
  "http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p",
  "http://www.w3.org/2009/xmlenc11#rsa-oaep",
  "http://www.w3.org/2009/xmlenc11#aes128-gcm",
  "http://www.w3.org/2009/xmlenc11#aes256-gcm",
  // Not authenticated by itself, but what Entra ID and Okta send by default; the signature inside is checked next.
  "http://www.w3.org/2001/04/xmlenc#aes128-cbc",
  "http://www.w3.org/2001/04/xmlenc#aes256-cbc",
];

/**
 * Decrypts an assertion.
 *
 * @param encrypted - the EncryptedAssertion element
 * @param keys - private keys to try, newest first
 * @returns the root of the decrypted document, an Assertion; not yet verified
 * @throws {SamlError} `decryption_key_missing`, `weak_encryption`, `encryption_unsupported`,
 *   `encrypted_assertion_unreadable`
 */
export function decryptAssertion(encrypted: Element, keys: readonly KeyObject[]): Element {
  if (keys.length === 0) {
    throw new SamlError(
      "decryption_key_missing",
      "The assertion is encrypted, but we have no valid certificate whose key opens it. Switch encryption off at the identity provider, or on for the connection; where it is on already, our certificate has expired: generate another, and give the identity provider our metadata.",
    );
  }
  refuseOtherAlgorithms(encrypted);
  for (const key of keys) {
    const assertion = tryKey(encrypted, key);
    if (assertion) return assertion;
  }
  throw new SamlError(
    "encrypted_assertion_unreadable",
    "The assertion cannot be decrypted. It is probably encrypted to another certificate: give the identity provider the current encryption certificate from the connection's metadata.",
  );
}

function tryKey(encrypted: Element, key: KeyObject): Element | undefined {
  try {
    const root = parseXml(decryptSync(encrypted, key), RESPONSE_XML);
    return isNamed(root, NS.assertion, "Assertion") ? root : undefined;
  } catch {
    return undefined;
  }
}

function decryptSync(encrypted: Element, key: KeyObject): string {
  let outcome: string | undefined;
  // At run time it takes a DOM node and a KeyObject as they are; its types know only strings and buffers.
  const node = encrypted as unknown as string;
  const privateKey = key as unknown as Buffer;
  // Its own list of insecure algorithms would forbid CBC altogether; ours was checked before.
  const options = {
    key: privateKey,
    disallowDecryptionWithInsecureAlgorithm: false,
    warnInsecureAlgorithm: false,
  };
  decrypt(node, options, (error, result) => {
    if (error) throw error;
    outcome = result;
  });
  if (outcome === undefined) throw new Error("nothing decrypted");
  return outcome;
}

function refuseOtherAlgorithms(element: Element): void {
  if (isNamed(element, NS.encryption, "EncryptionMethod")) {
    const observed = attribute(element, "Algorithm") ?? "none";
    if (!ALLOWED_ALGORITHMS.includes(observed)) {
      const isWeak = /rsa-1_5$|tripledes-cbc$/.test(observed);
      throw new SamlError(
        isWeak ? "weak_encryption" : "encryption_unsupported",
        "The assertion is encrypted with an algorithm that is not accepted. Set AES-256 with RSA-OAEP at the identity provider.",
        { observed, expected: ALLOWED_ALGORITHMS.join(", ") },
      );
    }
  }
  for (const child of childElements(element)) refuseOtherAlgorithms(child);
}
