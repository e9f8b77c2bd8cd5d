/**
 * One linear pass over raw XML before the parser sees it. It yields no data; it only refuses: DOCTYPE and
 * entities, too much or too deep markup, and what @xmldom/xmldom accepts although XML 1.0 forbids it
 * (bare `&`, control characters, `]]>` in text, an attribute twice under two prefixes), where another parser
 * could read something else.
 */
import { SamlError, type SamlErrorCode } from "./saml-error.ts";

export type XmlLimits = {
  /** Most elements; their attributes, comments, CDATA sections and references (`&amp;`) count like one each. */
  maxElements: number;
  maxDepth: number;
  code: SamlErrorCode;
};

// XML 1.0 section 2.2: the characters that no document may hold; with the u flag a lone surrogate matches alone.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for
const FORBIDDEN_CHARACTER = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u;
const BARE_AMPERSAND = /&(?!(?:amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});)/;
const CHARACTER_REFERENCE = /&#(x[0-9a-fA-F]+|[0-9]+);/g;

/**
 * Refuses XML that must not reach the parser.
 *
 * @param xml - decoded text
 * @param limits - most markup, deepest nesting, and the error code to refuse with
 * @throws {SamlError} `doctype_refused`, `xml_malformed`, `xml_too_complex`
 */
export function scanXml(xml: string, limits: XmlLimits): void {
  // Also inside comments and CDATA: nothing that an IdP sends has these letters, and so no parser can be tricked
  // into seeing a declaration that this pass took for a comment.
  if (/<!(?:DOCTYPE|ENTITY|ELEMENT|ATTLIST|NOTATION)/i.test(xml)) {
    throw new SamlError(
      "doctype_refused",
      "The XML has a DOCTYPE or entity declaration. SAML messages have none, and they can read files or exhaust memory. Remove the declaration at the identity provider.",
      { code: limits.code },
    );
  }
  if (FORBIDDEN_CHARACTER.test(xml)) throw malformed("it holds a character that XML forbids", limits);
  scanMarkup(xml, limits);
}

type Tally = { depth: number; pieces: number };

function scanMarkup(xml: string, limits: XmlLimits): void {
  const tally: Tally = { depth: 0, pieces: 0 };
  let at = 0;
  while (at < xml.length) {
    const open = xml.indexOf("<", at);
    checkText(xml.slice(at, open === -1 ? xml.length : open), tally, limits);
    if (open === -1) break;
    at = endOfMarkup(xml, open, tally, limits);
    const next = xml[open + 1];
    if (next === "/") tally.depth -= 1;
    else tally.pieces += 1;
    if (next !== "/" && next !== "!" && next !== "?") {
      const tag = xml.slice(open, at);
      checkReferences(tag, tally, limits);
      checkAttributeNames(tag, limits);
      if (xml[at - 2] !== "/") tally.depth += 1;
    }
    if (tally.pieces > limits.maxElements || tally.depth > limits.maxDepth) throw tooComplex(limits);
  }
}

/** The index just behind the markup that starts at `open`, quotes respected; counts the attributes on the way. */
function endOfMarkup(xml: string, open: number, tally: Tally, limits: XmlLimits): number {
  const closing = xml.startsWith("<!--", open)
    ? "-->"
    : xml.startsWith("<![CDATA[", open)
      ? "]]>"
      : undefined;
  if (closing) return endAfter(xml, closing, open + 4, limits);
  if (xml[open + 1] === "?") return endAfter(xml, "?>", open + 2, limits);
  for (let i = open + 1; i < xml.length; i += 1) {
    const character = xml[i];
    if (character === ">") return i + 1;
    if (character === "<") break;
    if (character === '"' || character === "'") {
      i = endAfter(xml, character, i + 1, limits) - 1;
      tally.pieces += 1;
    }
  }
  throw malformed("a tag does not end", limits);
}

function endAfter(xml: string, closing: string, from: number, limits: XmlLimits): number {
  const found = xml.indexOf(closing, from);
  if (found === -1) throw malformed(`"${closing}" is missing`, limits);
  return found + closing.length;
}

function checkText(text: string, tally: Tally, limits: XmlLimits): void {
  if (text.includes("]]>")) throw malformed('"]]>" stands in text', limits);
  checkReferences(text, tally, limits);
}

function checkReferences(text: string, tally: Tally, limits: XmlLimits): void {
  for (let at = text.indexOf("&"); at !== -1; at = text.indexOf("&", at + 1)) {
    tally.pieces += 1;
    if (tally.pieces > limits.maxElements) throw tooComplex(limits);
  }
  if (!text.includes("&")) return;
  if (BARE_AMPERSAND.test(text)) throw malformed('an "&" starts no known reference', limits);
  for (const [, digits = ""] of text.matchAll(CHARACTER_REFERENCE)) {
    const point = digits.startsWith("x") ? Number.parseInt(digits.slice(1), 16) : Number.parseInt(digits, 10);
    if (point > 0x10ffff || FORBIDDEN_CHARACTER.test(String.fromCodePoint(point))) {
      throw malformed("a character reference names a character that XML forbids", limits);
    }
  }
}

const TWO_PREFIXED = /:[^\s=:"'<>]+\s*=[\s\S]*:[^\s=:"'<>]+\s*=/;
const ATTRIBUTE = /\s(?:([^\s=:"'<>]+):)?([^\s=:"'<>]+)\s*=\s*(?:"[^"]*"|'[^']*')/g;

/** Two prefixes may stand for one namespace; of two attributes with one name @xmldom/xmldom drops the first in silence. */
function checkAttributeNames(tag: string, limits: XmlLimits): void {
  if (!TWO_PREFIXED.test(tag)) return;
  const names = new Set<string>();
  for (const [, prefix, name = ""] of tag.matchAll(ATTRIBUTE)) {
    if (prefix === undefined || prefix === "xmlns") continue;
    if (names.has(name)) throw malformed(`two attributes of one tag are called ${name}`, limits);
    names.add(name);
  }
}

function malformed(what: string, limits: XmlLimits): SamlError {
  return new SamlError(
    "xml_malformed",
    `The XML is not well-formed: ${what}. It may have been cut or altered on its way; send it unchanged.`,
    { code: limits.code },
  );
}

function tooComplex(limits: XmlLimits): SamlError {
  const expected = `at most ${limits.maxElements} elements, attributes and references, nested at most ${limits.maxDepth} deep`;
  return new SamlError(
    "xml_too_complex",
    `The XML has too many elements and attributes, or nests them too deeply. Expected ${expected}.`,
    { code: limits.code, expected },
  );
}
