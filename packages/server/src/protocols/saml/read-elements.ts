/** Reading a DOM by namespace and name: children only, never a search through the document. */
import type { Element } from "@xmldom/xmldom";
import { SamlError } from "./saml-error.ts";

const ELEMENT = 1;
const TEXT = 3;
const CDATA = 4;
const COMMENT = 8;

/**
 * The child elements, in document order.
 *
 * @param parent - the element
 * @returns its element children
 */
export function childElements(parent: Element): Element[] {
  const found: Element[] = [];
  for (let node = parent.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === ELEMENT) found.push(node as Element);
  }
  return found;
}

/**
 * The child elements of one name.
 *
 * @param parent - the element
 * @param namespace - namespace URI
 * @param name - local name
 * @returns the matching children, in document order
 */
export function childrenNamed(parent: Element, namespace: string, name: string): Element[] {
  return childElements(parent).filter((child) => isNamed(child, namespace, name));
}

/**
 * The only child of one name.
 *
 * @param parent - the element
 * @param namespace - namespace URI
 * @param name - local name
 * @returns the child, or undefined when there is none
 * @throws {SamlError} `element_missing` when there are several
 */
export function optionalChild(parent: Element, namespace: string, name: string): Element | undefined {
  const found = childrenNamed(parent, namespace, name);
  if (found.length > 1) {
    throw new SamlError(
      "element_missing",
      `${parent.localName} has ${found.length} ${name} elements; expected one.`,
    );
  }
  return found[0];
}

/**
 * The child that must be there exactly once.
 *
 * @param parent - the element
 * @param namespace - namespace URI
 * @param name - local name
 * @returns the child
 * @throws {SamlError} `element_missing`
 */
export function requiredChild(parent: Element, namespace: string, name: string): Element {
  const found = optionalChild(parent, namespace, name);
  if (found) return found;
  throw new SamlError("element_missing", `${parent.localName} has no ${name} element; expected one.`);
}

/** True when the element has this namespace and local name. */
export function isNamed(element: Element, namespace: string, name: string): boolean {
  return element.localName === name && element.namespaceURI === namespace;
}

/**
 * An attribute without namespace.
 *
 * @param element - the element
 * @param name - attribute name
 * @returns its value, or undefined when absent (an empty value stays "")
 */
export function attribute(element: Element, name: string): string | undefined {
  return element.getAttributeNodeNS(null, name)?.value;
}

/**
 * The whole text of an element that may hold nothing but text. A comment never ends the text: reading only the
 * first text node is what turned `admin@x.com<!---->.evil.com` into `admin@x.com` elsewhere.
 *
 * @param element - the element
 * @returns its text, outer white space removed
 * @throws {SamlError} `xml_unusual` when it holds elements or anything else
 */
export function plainText(element: Element): string {
  let text = "";
  for (let node = element.firstChild; node; node = node.nextSibling) {
    if (node.nodeType === TEXT || node.nodeType === CDATA) text += node.nodeValue ?? "";
    else if (node.nodeType !== COMMENT) {
      throw new SamlError("xml_unusual", `${element.localName} holds more than text; expected plain text.`);
    }
  }
  return text.trim();
}

/**
 * An attribute of type xs:dateTime in UTC (SAML core 1.3.3).
 *
 * @param element - the element
 * @param name - attribute name
 * @returns the instant, or undefined when absent
 * @throws {SamlError} `time_malformed`
 */
export function timeAttribute(element: Element, name: string): Date | undefined {
  const value = attribute(element, name);
  if (value === undefined) return undefined;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?)(Z|[+-]\d\d:\d\d)?$/.exec(value.trim());
  // A time without zone is UTC by SAML core 1.3.3; Date would take it for local time.
  const time = match ? new Date(`${match[1]}${match[2] ?? "Z"}`) : undefined;
  if (time && !Number.isNaN(time.getTime())) return time;
  throw new SamlError(
    "time_malformed",
    `${name} of ${element.localName} is not a time; expected one like 2030-01-31T12:00:00Z.`,
    { observed: value, expected: "xs:dateTime in UTC" },
  );
}
