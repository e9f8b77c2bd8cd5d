/**
 * One walk over a parsed message before anything is believed: refuses what the canonicalization cannot tell
 * apart (two documents with the same signed bytes), duplicate ids, and counts what matters against wrapping.
 */
import type { Element } from "@xmldom/xmldom";
import { NS } from "./names.ts";
import { childElements, isNamed } from "./read-elements.ts";
import { SamlError } from "./saml-error.ts";

export type Survey = { assertions: Element[]; responses: Element[]; signatures: Element[] };

const PROCESSING_INSTRUCTION = 7;

/**
 * Walks the document.
 *
 * @param root - the root element of a parsed message
 * @returns every Assertion or EncryptedAssertion, every Response and every Signature, wherever they stand
 * @throws {SamlError} `xml_unusual`, `duplicate_id`
 */
export function surveyDocument(root: Element): Survey {
  const survey: Survey = { assertions: [], responses: [], signatures: [] };
  const ids = new Set<string>();
  const pending = [root];
  for (let element = pending.pop(); element; element = pending.pop()) {
    refuseUnusualChildren(element);
    refuseUnusualAttributes(element);
    collectIds(element, ids);
    if (isAssertion(element)) survey.assertions.push(element);
    if (isNamed(element, NS.protocol, "Response")) survey.responses.push(element);
    if (isNamed(element, NS.signature, "Signature")) survey.signatures.push(element);
    pending.push(...childElements(element));
  }
  return survey;
}

function isAssertion(element: Element): boolean {
  return isNamed(element, NS.assertion, "Assertion") || isNamed(element, NS.assertion, "EncryptedAssertion");
}

function refuseUnusualChildren(element: Element): void {
  for (let node = element.firstChild; node; node = node.nextSibling) {
    // xml-crypto renders the data of a processing instruction as if it were text.
    if (node.nodeType === PROCESSING_INSTRUCTION) throw unusual("a processing instruction", element);
  }
}

function refuseUnusualAttributes(element: Element): void {
  for (const { name, value, localName } of Array.from(element.attributes)) {
    if (!name.startsWith("xmlns")) continue;
    // xml-crypto leaves out every attribute whose name starts so, and with it out of the signature.
    if (name !== "xmlns" && !name.startsWith("xmlns:")) throw unusual(`the attribute ${name}`, element);
    // xml-crypto writes namespaces without escaping, so a quote in one could stand for other signed bytes.
    if (!/^[!#-%'-;=?-~]*$/.test(value)) throw unusual("a namespace with unusual characters", element);
    if (name !== "xmlns") refuseRebinding(element, localName ?? "", value);
  }
}

/**
 * xml-crypto forgets to declare a prefix again where an inner scope had bound it to something else. One exception:
 * pysaml2 numbers its prefixes anew in the EncryptedData of an assertion. Below it none may change again, so nothing
 * comes back to a former meaning.
 */
function refuseRebinding(element: Element, prefix: string, namespace: string): void {
  if (prefix === "xmlns" || prefix === "xml") throw unusual(`a declaration of the prefix ${prefix}`, element);
  if (isEncryptedAssertionData(element)) return;
  const outer = element.parentNode?.lookupNamespaceURI(prefix);
  if (outer && outer !== namespace) throw unusual(`the prefix ${prefix} bound to two namespaces`, element);
}

function isEncryptedAssertionData(element: Element): boolean {
  const parent = element.parentNode as Element | null;
  return (
    isNamed(element, NS.encryption, "EncryptedData") &&
    parent !== null &&
    isNamed(parent, NS.assertion, "EncryptedAssertion")
  );
}

function collectIds(element: Element, ids: Set<string>): void {
  for (const { localName, value } of Array.from(element.attributes)) {
    if (localName?.toLowerCase() !== "id") continue;
    if (ids.has(value)) {
      throw new SamlError(
        "duplicate_id",
        "Two elements of the message carry the same ID, so a signature could mean either. The message was altered, or the identity provider is faulty.",
        { observed: value },
      );
    }
    ids.add(value);
  }
}

function unusual(what: string, element: Element): SamlError {
  return new SamlError(
    "xml_unusual",
    `The message has ${what} in ${element.localName}, which no SAML message needs and which a signature does not protect. Remove it at the identity provider.`,
    { observed: what },
  );
}
