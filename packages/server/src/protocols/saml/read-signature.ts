/**
 * Reads a ds:Signature by the narrow profile of SAML core 5.4: one SignedInfo, one Reference to the parent
 * element, enveloped and exclusive transforms, and nothing that two readers could read differently.
 */
import type { Element } from "@xmldom/xmldom";
import { ENVELOPED_SIGNATURE, EXCLUSIVE_C14N, NS } from "./names.ts";
import { attribute, childElements, childrenNamed, isNamed, optionalChild } from "./read-elements.ts";
import { SamlError, type SamlErrorReason } from "./saml-error.ts";

export type ReadSignature = {
  signedInfo: Element;
  signatureValue: Buffer;
  signatureMethod: string;
  /** PrefixList of the canonicalization of SignedInfo. */
  signedInfoPrefixes: string[];
  digestMethod: string;
  digestValue: Buffer;
  /** PrefixList of the canonicalization of the signed element. */
  contentPrefixes: string[];
};

const COMMENT = 8;
const TEXT = 3;

/**
 * Finds the signature of an element.
 *
 * @param signed - a Response or Assertion
 * @returns its own Signature child, or undefined
 * @throws {SamlError} `signature_wrapped` when there are several
 */
export function signatureOf(signed: Element): Element | undefined {
  const found = childrenNamed(signed, NS.signature, "Signature");
  if (found.length <= 1) return found[0];
  throw refuse("signature_wrapped", `${signed.localName} carries ${found.length} signatures; expected one.`);
}

/**
 * Reads a signature and refuses every shape but the one of the SAML profile.
 *
 * @param signature - the ds:Signature child of `signed`
 * @param signed - the element that it must refer to
 * @returns the parts to verify
 * @throws {SamlError} `signature_malformed`, `signature_wrapped`, `multiple_signed_info`, `multiple_references`,
 *   `digest_comment`, `transform_refused`
 */
export function readSignature(signature: Element, signed: Element): ReadSignature {
  refuseExtraParts(signature);
  const signedInfo = onlyChild(signature, "SignedInfo", "multiple_signed_info");
  const reference = onlyChild(signedInfo, "Reference", "multiple_references");
  refuseComments(signedInfo);
  refuseOtherTarget(reference, signed);
  return {
    signedInfo,
    signatureValue: base64Of(onlyChild(signature, "SignatureValue", "signature_malformed")),
    signatureMethod: algorithmOf(onlyChild(signedInfo, "SignatureMethod", "signature_malformed")),
    signedInfoPrefixes: canonicalizationPrefixes(
      onlyChild(signedInfo, "CanonicalizationMethod", "signature_malformed"),
    ),
    digestMethod: algorithmOf(onlyChild(reference, "DigestMethod", "signature_malformed")),
    digestValue: base64Of(onlyChild(reference, "DigestValue", "signature_malformed")),
    contentPrefixes: transformPrefixes(reference),
  };
}

/** KeyInfo is tolerated and never read: who may sign is decided by the connection, not by the message. */
function refuseExtraParts(signature: Element): void {
  for (const child of childElements(signature)) {
    const known = ["SignedInfo", "SignatureValue", "KeyInfo"].some((name) =>
      isNamed(child, NS.signature, name),
    );
    if (!known) {
      throw refuse(
        "signature_wrapped",
        `The signature holds a ${child.localName} element, where content can hide.`,
      );
    }
  }
}

/** CVE-2025-29775: a comment inside DigestValue let one reader see another digest than the signed one. */
function refuseComments(element: Element): void {
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === COMMENT) throw refuse("digest_comment", "The signature holds a comment.");
  }
  for (const child of childElements(element)) refuseComments(child);
}

/** Only a same-document reference to the very parent: the element that is read is the element that was signed. */
function refuseOtherTarget(reference: Element, signed: Element): void {
  const uri = attribute(reference, "URI");
  const id = attribute(signed, "ID");
  if (id !== undefined && id !== "" && uri === `#${id}`) return;
  throw new SamlError(
    "signature_wrapped",
    `The signature inside ${signed.localName} does not refer to it. The message was altered, or signs more or less than SAML allows.`,
    { observed: uri ?? "no URI", expected: `#${id ?? ""}` },
  );
}

function transformPrefixes(reference: Element): string[] {
  const transforms = optionalChild(reference, NS.signature, "Transforms");
  const steps = transforms ? childElements(transforms) : [];
  const [enveloped, exclusive] = steps;
  const isExpected =
    steps.length === 2 &&
    enveloped !== undefined &&
    exclusive !== undefined &&
    steps.every((step) => isNamed(step, NS.signature, "Transform")) &&
    attribute(enveloped, "Algorithm") === ENVELOPED_SIGNATURE &&
    isExclusive(attribute(exclusive, "Algorithm"));
  if (isExpected) return inclusivePrefixes(exclusive);
  throw new SamlError(
    "transform_refused",
    "The signature uses other transforms than SAML allows (core 5.4.4). Set the identity provider to enveloped-signature and exclusive canonicalization.",
    {
      observed: steps.map((step) => attribute(step, "Algorithm") ?? "?").join(", "),
      expected: `${ENVELOPED_SIGNATURE}, ${EXCLUSIVE_C14N}`,
    },
  );
}

function canonicalizationPrefixes(method: Element): string[] {
  const algorithm = attribute(method, "Algorithm");
  if (isExclusive(algorithm)) return inclusivePrefixes(method);
  throw new SamlError(
    "transform_refused",
    "The signature uses another canonicalization than SAML asks for (core 5.4.3). Set the identity provider to exclusive canonicalization.",
    { observed: algorithm ?? "none", expected: EXCLUSIVE_C14N },
  );
}

// WithComments is the same here: a reference by ID leaves comments out (XML signature 4.4.3.3), and SignedInfo
// with comments is refused.
function isExclusive(algorithm: string | undefined): boolean {
  return algorithm === EXCLUSIVE_C14N || algorithm === `${EXCLUSIVE_C14N}WithComments`;
}

function inclusivePrefixes(method: Element): string[] {
  const list = optionalChild(method, EXCLUSIVE_C14N, "InclusiveNamespaces");
  return (list && attribute(list, "PrefixList")?.split(/\s+/).filter(Boolean)) ?? [];
}

function onlyChild(parent: Element, name: string, severalReason: SamlErrorReason): Element {
  const [first, ...rest] = childrenNamed(parent, NS.signature, name);
  if (first && rest.length === 0) return first;
  if (first)
    throw refuse(
      severalReason,
      `${parent.localName} holds ${rest.length + 1} ${name} elements; expected one.`,
    );
  throw refuse("signature_malformed", `${parent.localName} holds no ${name}.`);
}

function algorithmOf(method: Element): string {
  return attribute(method, "Algorithm") ?? "";
}

function base64Of(element: Element): Buffer {
  let text = "";
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType !== TEXT) throw refuse("digest_comment", `${element.localName} holds more than text.`);
    text += node.nodeValue ?? "";
  }
  const compact = text.replace(/[\t\n\r ]/g, "");
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return Buffer.from(compact, "base64");
  throw refuse("signature_malformed", `${element.localName} is not base64.`);
}

function refuse(reason: SamlErrorReason, what: string): SamlError {
  return new SamlError(
    reason,
    `${what} The message was altered, or the identity provider signs in a way that SAML does not allow.`,
  );
}
