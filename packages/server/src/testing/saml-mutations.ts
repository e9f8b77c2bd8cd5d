/**
 * Mutations of signed SAML responses, drawn from a seed: moved, forged and doubled parts, edits of signatures,
 * and everything that XML lets one write in two ways. They work on text, so that no parser of ours has a say in them.
 */
import { ATTACKER, VICTIM } from "./saml-messages.ts";

/** A number below the given one. */
export type Random = (below: number) => number;

/** mulberry32: small, seeded, good enough to choose with. */
export function seeded(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** What a mutation may use: the message, another signed one of the same identity provider, and chance. */
export interface Draw {
  xml: string;
  other: string;
  random: Random;
}

type Mutation = (draw: Draw) => string;

/**
 * Mutates a message.
 * @param draw.other a signed message about another person, parts of which may be mixed in
 * @returns the bytes, and the names of the mutations that made them
 */
export function mutate(draw: Draw): { bytes: Buffer; names: string[] } {
  const { random } = draw;
  const isHarmless = random(4) === 0;
  const names: string[] = [];
  let { xml } = draw;
  for (let left = 1 + random(3); left > 0; left -= 1) {
    const name = pick(isHarmless ? harmlessNames : mutationNames, random);
    xml = (mutations[name] ?? same)({ ...draw, xml });
    names.push(name);
  }
  const encoding = isHarmless || random(12) > 0 ? utf8 : pick(encodings, random);
  return { bytes: encoding(xml), names };
}

const same: Mutation = ({ xml }) => xml;

/** What one text means in two readers' eyes, or in none's. */
const snippets = [
  ...["<!---->", "<!--x-->", "<![CDATA[]]>", "<![CDATA[x]]>", "<?x y?>", "<?xml version='1.0'?>"],
  ...["&#65;", "&#x41;", "&lt;", "&amp;", "&x;", "&", "\n", " ", "\t", "\r\n", "\u200b", "\u2028", "\u0085"],
  ...[
    "<x/>",
    "</x>",
    "<!DOCTYPE x>",
    "<!ENTITY x 'y'>",
    "]]>",
    "-->",
    "\u0000",
    "\ufeff",
    "xmlns:x='urn:x' ",
  ],
];
const textSnippets = ["<!---->", "<!--x-->", "<![CDATA[]]>", "<?x y?>", "<x/>", "&#8203;", " ", "."];

const algorithms = [
  ...["http://www.w3.org/2000/09/xmldsig#rsa-sha1", "http://www.w3.org/2001/04/xmldsig-more#hmac-sha256"],
  ...["http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2001/10/xml-exc-c14n#WithComments"],
  ...["http://www.w3.org/TR/2001/REC-xml-c14n-20010315", "http://www.w3.org/2000/09/xmldsig#base64"],
  ...[
    "http://www.w3.org/2000/09/xmldsig#enveloped-signature",
    "http://www.w3.org/TR/1999/REC-xpath-19991116",
  ],
];

const element = /<((?:saml:|samlp:|ds:)?[A-Z][A-Za-z0-9]+)(?=[ >])(?:(?!<\1[ >])[\s\S])*?<\/\1>/g;
const assertion = /<saml:Assertion[ >][\s\S]*?<\/saml:Assertion>/;
const signature = /<Signature[ >][\s\S]*?<\/Signature>/;

/** They leave the meaning as it is wherever they hit nothing that is signed, or nothing that a signature tells apart. */
const harmless: Record<string, Mutation> = {
  "space behind the root": ({ xml, random }) => xml + pick(["\n", " ", "<!-- x -->", "\n<!---->\n"], random),
  "a declaration": ({ xml }) =>
    xml.startsWith("<?xml") ? xml : `<?xml version="1.0" encoding="UTF-8"?>${xml}`,
  "a comment before the root": ({ xml }) => (xml.startsWith("<?xml") ? xml : `<!-- x -->${xml}`),
  "a comment in a text": ({ xml, random }) => insert(xml, inText(xml, random), "<!-- x -->"),
  "a comment between tags": ({ xml, random }) => insert(xml, between(xml, random), "<!---->"),
  "other quotes": ({ xml }) => xml.replace(/="([^"'<]*)"/g, "='$1'"),
  "space in a tag": ({ xml, random }) =>
    replaceOne(xml, /(?<=[\w"'])>/g, random, () => pick([" >", "\n>"], random)),
  "space around =": ({ xml, random }) => replaceOne(xml, /(?<= [A-Za-z:]+)=(?=")/g, random, () => " = "),
  "a character reference": ({ xml, random }) => referTo(xml, random),
  "CDATA for text": ({ xml, random }) =>
    replaceOne(xml, />([\w@.: -]+)</g, random, ([, text = ""]) => `><![CDATA[${text}]]><`),
  "attributes in another order": ({ xml, random }) =>
    replaceOne(xml, / ([\w:]+="[^"]*") ([\w:]+="[^"]*")/g, random, ([, a, b]) => ` ${b} ${a}`),
  "space between tags": ({ xml, random }) => insert(xml, between(xml, random), "\n"),
};

const structural: Record<string, Mutation> = {
  "something anywhere": ({ xml, random }) => insert(xml, random(xml.length), pick(snippets, random)),
  "something between tags": ({ xml, random }) => insert(xml, between(xml, random), pick(snippets, random)),
  "something in the name": ({ xml, random }) =>
    insert(xml, nth(xml, VICTIM, random) + random(VICTIM.length), pick(textSnippets, random)),
  "another character": ({ xml, random }) => {
    const at = random(xml.length);
    return xml.slice(0, at) + String.fromCharCode(32 + random(95)) + xml.slice(at + 1);
  },
  "an element less": (draw) => withElement(draw, () => ""),
  "an element twice": (draw) => withElement(draw, (found) => found + found),
  "a forged element first": (draw) => withElement(draw, (found) => forge(found) + found),
  "a forged element last": (draw) => withElement(draw, (found) => found + forge(found)),
  "an element forged": (draw) => withElement(draw, forge),
  "an element wrapped": (draw) => withElement(draw, (found) => wrapIn(found, draw.random)),
  "an element commented out": (draw) => withElement(draw, (found) => `<!--${found.replaceAll("--", "")}-->`),
  "an element as CDATA": (draw) => withElement(draw, (found) => `<![CDATA[${found}]]>`),
  "an element elsewhere": (draw) => {
    const [moved = ""] = found(draw.xml, element, draw.random);
    const rest = draw.xml.replace(moved, "");
    return insert(rest, between(rest, draw.random), moved);
  },
  "an element of the other message": ({ xml, other, random }) =>
    insert(xml, between(xml, random), found(other, element, random)[0] ?? ""),
  "the name truncated": ({ xml, random }) =>
    replaceAt(xml, nth(xml, VICTIM, random), VICTIM, VICTIM.slice(0, random(VICTIM.length))),
  "the name twice": ({ xml, random }) => replaceAt(xml, nth(xml, VICTIM, random), VICTIM, VICTIM + VICTIM),
  "the attacker's name": ({ xml, random }) => replaceAt(xml, nth(xml, VICTIM, random), VICTIM, ATTACKER),
  "the end missing": ({ xml, random }) => xml.slice(0, random(xml.length)),
};

const attributes: Record<string, Mutation> = {
  "an attribute less": ({ xml, random }) => withAttribute(xml, random, () => ""),
  "an attribute twice": ({ xml, random }) => withAttribute(xml, random, (whole) => whole + whole),
  "an attribute of another name": ({ xml, random }) =>
    withAttribute(xml, random, (_whole, name, value) => ` ${name}x="${value}"`),
  "an attribute of another value": ({ xml, random }) =>
    withAttribute(
      xml,
      random,
      (_whole, name, value) => ` ${name}="${pick(["", `${value}x`, `${value} `, "#"], random)}"`,
    ),
  "an attribute in a namespace": ({ xml, random }) =>
    withAttribute(
      xml,
      random,
      (whole, name, value) => `${whole} xmlns:q="urn:q" q:${name.replace(/.*:/, "")}="${value}"`,
    ),
  "an ID twice": ({ xml, random }) => {
    const [, id = ""] = found(xml, / ID="([^"]*)"/g, random);
    const name = pick(["ID", "Id", "id", "xml:id", "samlp:ID"], random);
    return replaceOne(xml, /<(?!\/|!|\?)[\w:]+/g, random, ([tag]) => `${tag} ${name}="${id}"`);
  },
};

const namespaces: Record<string, Mutation> = {
  "another prefix everywhere": ({ xml }) =>
    xml.replaceAll("saml:", "s:").replaceAll("xmlns:saml=", "xmlns:s="),
  "another prefix in one place": ({ xml, random }) => replaceOne(xml, /<\/?saml:/g, random, () => "<samlp:"),
  "no prefix": (draw) =>
    withElement(draw, (text) =>
      text.replaceAll("saml:", "").replace(/^<\w+/, '$& xmlns="urn:oasis:names:tc:SAML:2.0:assertion"'),
    ),
  "a prefix bound again": ({ xml, random }) =>
    replaceOne(xml, /<(?!\/|!|\?)[\w:]+/g, random, ([tag]) => `${tag} xmlns:saml="${pick(uris, random)}"`),
  "a namespace more": ({ xml, random }) =>
    replaceOne(xml, /<(?!\/|!|\?)[\w:]+/g, random, ([tag]) => `${tag} ${pick(declarations, random)}`),
};
const uris = ["urn:x", "urn:oasis:names:tc:SAML:2.0:assertion", "urn:oasis:names:tc:SAML:2.0:protocol", ""];
const declarations = [
  'xmlns:y="urn:y"',
  "xmlns:y='a\"b'",
  'xmlnsy="1"',
  'xmlns=""',
  'xmlns:xml="urn:x"',
  'xml:base="x"',
];

const signatures: Record<string, Mutation> = {
  "wrapped: a forged assertion around": ({ xml, random }) => wrapping(xml, random, false),
  "wrapped: the original in the signature": ({ xml, random }) => wrapping(xml, random, true),
  "the other's signature": ({ xml, other, random }) => swapPart(xml, other, signature, random),
  "the other's SignedInfo": ({ xml, other, random }) =>
    swapPart(xml, other, /<SignedInfo>[\s\S]*?<\/SignedInfo>/, random),
  "the other's SignatureValue": ({ xml, other, random }) =>
    swapPart(xml, other, /<SignatureValue>[^<]*<\/SignatureValue>/, random),
  "the other's DigestValue": ({ xml, other, random }) =>
    swapPart(xml, other, /<DigestValue>[^<]*<\/DigestValue>/, random),
  "the other's assertion": ({ xml, other, random }) => swapPart(xml, other, assertion, random),
  "both assertions": ({ xml, other }) =>
    xml.replace(assertion, (own) => (assertion.exec(other)?.[0] ?? "") + own),
  "a Reference elsewhere": ({ xml, random }) =>
    replaceOne(
      xml,
      /<Reference URI="#([^"]*)"/g,
      random,
      ([, id]) =>
        `<Reference URI="${pick(["", "#", "#_forged", `#${id} `, `#xpointer(id('${id}'))`, "http://127.0.0.1/x"], random)}"`,
    ),
  "a Reference without URI": ({ xml, random }) =>
    replaceOne(xml, /<Reference URI="[^"]*"/g, random, () => "<Reference"),
  "two References": ({ xml, random }) =>
    replaceOne(xml, /<Reference [\s\S]*?<\/Reference>/g, random, ([one]) => one + one),
  "two SignedInfo": ({ xml, random }) =>
    replaceOne(xml, /<SignedInfo>[\s\S]*?<\/SignedInfo>/g, random, ([one]) => one + one),
  "a comment in a digest": ({ xml, random }) =>
    replaceOne(xml, /<(DigestValue|SignatureValue)>/g, random, ([tag]) => `${tag}<!--x-->`),
  "space in a value": ({ xml, random }) =>
    replaceOne(xml, /(?<=<(?:DigestValue|SignatureValue)>\w{8})/g, random, () =>
      pick(["\n", " ", "="], random),
    ),
  "another algorithm": ({ xml, random }) =>
    replaceOne(xml, /Algorithm="[^"]*"/g, random, () => `Algorithm="${pick(algorithms, random)}"`),
  "a transform less": ({ xml, random }) => replaceOne(xml, /<Transform [^>]*\/>/g, random, () => ""),
  "a transform more": ({ xml, random }) =>
    replaceOne(xml, /<\/?Transforms>/g, random, ([tag]) =>
      tag.startsWith("</")
        ? `<Transform Algorithm="${pick(algorithms, random)}"/>${tag}`
        : `${tag}<Transform Algorithm="${pick(algorithms, random)}"/>`,
    ),
  "a list of prefixes": ({ xml, random }) =>
    replaceOne(
      xml,
      /<(Transform|CanonicalizationMethod) ([^>]*)\/>/g,
      random,
      ([, name, rest]) =>
        `<${name} ${rest}><InclusiveNamespaces xmlns="http://www.w3.org/2001/10/xml-exc-c14n#" PrefixList="saml xs #default"/></${name}>`,
    ),
  "an Object in a signature": ({ xml, random }) =>
    replaceOne(
      xml,
      /<\/Signature>/g,
      random,
      ([end]) => `<Object>${forge(assertion.exec(xml)?.[0] ?? "")}</Object>${end}`,
    ),
};

const mutations = { ...harmless, ...structural, ...attributes, ...namespaces, ...signatures };
const harmlessNames = Object.keys(harmless);
const mutationNames = Object.keys(mutations);

const utf8 = (xml: string) => Buffer.from(xml);
const encodings = [
  (xml: string) => Buffer.from(`\ufeff${xml}`),
  (xml: string) => Buffer.from(xml, "utf16le"),
  (xml: string) => Buffer.from(`\ufeff${xml}`, "utf16le").swap16(),
  (xml: string) => Buffer.from(`<?xml version="1.0" encoding="UTF-16"?>${xml}`),
  (xml: string) => Buffer.from(`<?xml version="1.0" encoding="iso-8859-1"?>${xml}`, "latin1"),
  (xml: string) => Buffer.from(`<?xml version="1.0" encoding="UTF-7"?>${xml.replaceAll("<", "+ADw-")}`),
  (xml: string) => Buffer.from(`<?xml version="1.1"?>${xml}`),
  // An overlong form of the dot, and bytes that begin no character.
  (xml: string) => Buffer.from(xml.replace(VICTIM, VICTIM.replace(".", "\u00c0\u00ae")), "latin1"),
  (xml: string) =>
    Buffer.concat([Buffer.from(xml.slice(0, 200)), Buffer.from([0xff]), Buffer.from(xml.slice(200))]),
];

function forge(text: string): string {
  return text.replaceAll(VICTIM, ATTACKER);
}

/** XSW: the forgery in the place of the signed assertion, and that somewhere inside. */
function wrapping(xml: string, random: Random, inSignature: boolean): string {
  const [original = ""] = assertion.exec(xml) ?? [];
  const [own = ""] = signature.exec(original) ?? [];
  const renamed = random(2) ? original : original.replace(/ ID="[^"]*"/, ' ID="_forged"');
  const inside = random(2) ? original : original.replace(own, "");
  const forged = forge(inSignature ? renamed : renamed.replace(own, ""));
  const holder = inSignature ? wrapIn(inside, random) : inside;
  const place = inSignature ? "</Signature>" : "</saml:Assertion>";
  return xml.replace(original, () => forged.replace(place, () => holder + place));
}

function wrapIn(text: string, random: Random): string {
  const holder = pick(holders, random);
  return `<${holder}>${text}</${holder.split(" ")[0]}>`;
}
const holders = [
  'ds:Object xmlns:ds="http://www.w3.org/2000/09/xmldsig#"',
  'samlp:Extensions xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"',
  'saml:Advice xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"',
  'samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol"',
  "x",
];

function swapPart(xml: string, other: string, part: RegExp, random: Random): string {
  const all = new RegExp(part, "g");
  const [theirs] = found(other, all, random);
  return theirs === undefined ? xml : replaceOne(xml, all, random, () => theirs);
}

function referTo(xml: string, random: Random): string {
  const at = inText(xml, random);
  const point = xml.codePointAt(at) ?? 65;
  if (/[<&\s]/.test(xml[at] ?? "<")) return xml;
  const reference = random(2) ? `&#${point};` : `&#x${point.toString(16)};`;
  return xml.slice(0, at) + reference + xml.slice(at + 1);
}

function withElement({ xml, random }: Draw, change: (text: string) => string): string {
  return replaceOne(xml, element, random, ([text]) => change(text));
}

function withAttribute(
  xml: string,
  random: Random,
  change: (whole: string, name: string, value: string) => string,
): string {
  return replaceOne(xml, / ([A-Za-z:]+)="([^"]*)"/g, random, ([whole, name = "", value = ""]) =>
    change(whole, name, value),
  );
}

function found(xml: string, pattern: RegExp, random: Random): (string | undefined)[] {
  const all = [...xml.matchAll(pattern)];
  return all[random(Math.max(all.length, 1))] ?? [];
}

function replaceOne(
  xml: string,
  pattern: RegExp,
  random: Random,
  change: (match: RegExpExecArray) => string,
): string {
  const all = [...xml.matchAll(pattern)];
  const chosen = all[random(Math.max(all.length, 1))];
  if (chosen === undefined) return xml;
  return xml.slice(0, chosen.index) + change(chosen) + xml.slice(chosen.index + chosen[0].length);
}

function replaceAt(xml: string, at: number, text: string, by: string): string {
  return at === 0 ? xml : xml.slice(0, at) + by + xml.slice(at + text.length);
}

function insert(xml: string, at: number, text: string): string {
  return xml.slice(0, at) + text + xml.slice(at);
}

function pick<T>(from: readonly T[], random: Random): T {
  const chosen = from[random(from.length)];
  if (chosen === undefined) throw new RangeError("nothing to pick from");
  return chosen;
}

/** Behind the `>` of a tag that another follows at once. */
function between(xml: string, random: Random): number {
  return (positions(xml, />(?=<)/g, random) ?? -1) + 1;
}

/** Inside of a text, at a character of it. */
function inText(xml: string, random: Random): number {
  return positions(xml, /(?<=>[\w@.:/-]*)[\w@.:/-](?=[\w@.:/-]*<)/g, random) ?? 0;
}

function nth(xml: string, text: string, random: Random): number {
  const at: number[] = [];
  for (let i = xml.indexOf(text); i !== -1; i = xml.indexOf(text, i + 1)) at.push(i);
  return at[random(Math.max(at.length, 1))] ?? 0;
}

function positions(xml: string, pattern: RegExp, random: Random): number | undefined {
  const all = [...xml.matchAll(pattern)];
  return all[random(Math.max(all.length, 1))]?.index;
}
