/** A second XML parser that shares no code with ours: `sax`, as the peers of our SAML tests bring it along. */
import { createRequire } from "node:module";
import type { Element, Node } from "@xmldom/xmldom";

interface Sax {
  parser(
    strict: boolean,
    options: { xmlns: boolean; position: boolean },
  ): {
    onerror(error: Error): void;
    onopentag(tag: SaxTag): void;
    onclosetag(name: string): void;
    ontext(text: string): void;
    oncdata(text: string): void;
    write(xml: string): { close(): void };
  };
}

interface SaxTag {
  local: string;
  uri: string;
  attributes: Record<string, { local: string; uri: string; value: string; prefix: string }>;
}

const require = createRequire(import.meta.url);
const peer = createRequire(require.resolve("@node-saml/node-saml"));
const sax = createRequire(peer.resolve("xml2js"))("sax") as Sax;

/**
 * What the second parser reads in a document: elements, attributes and text, each with its namespace.
 * @returns undefined when it refuses the document
 */
export function readBySecondParser(xml: string): string | undefined {
  const parser = sax.parser(true, { xmlns: true, position: false });
  const read = new Reading();
  let refused = false;
  parser.onerror = (error) => {
    refused = true;
    throw error;
  };
  parser.onopentag = ({ uri, local, attributes }) => read.open(uri, local, Object.values(attributes));
  parser.onclosetag = () => read.close();
  parser.ontext = (text) => read.text(text);
  parser.oncdata = (text) => read.text(text);
  try {
    parser.write(normalized(xml)).close();
  } catch {
    return undefined;
  }
  return refused ? undefined : read.result();
}

/** Line ends (XML 1.0 section 2.11) and white space in attributes (3.3.3): this parser leaves them to its callers. */
function normalized(xml: string): string {
  return xml
    .replace(/^\ufeff/, "")
    .replace(/\r\n?/g, "\n")
    .replace(markup, (piece) => (/^<[!?]/.test(piece) ? piece : piece.replace(/[\t\n]/g, " ")));
}

const markup =
  /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<[^"'<>]*(?:(?:"[^"]*"|'[^']*')[^"'<>]*)*>/g;

/** The same of our own document. */
export function readElement(root: Element): string {
  const read = new Reading();
  walk(root, read);
  return read.result();
}

const ELEMENT = 1;
const TEXT = 3;
const CDATA = 4;

function walk(node: Node, read: Reading): void {
  if (node.nodeType === TEXT || node.nodeType === CDATA) read.text(node.nodeValue ?? "");
  if (node.nodeType !== ELEMENT) return;
  const element = node as Element;
  const attributes = Array.from(element.attributes, (one) => ({
    uri: one.namespaceURI ?? "",
    local: one.localName ?? one.name,
    prefix: one.prefix ?? "",
    value: one.value,
  }));
  read.open(element.namespaceURI ?? "", element.localName ?? "", attributes);
  for (let child = node.firstChild; child; child = child.nextSibling) walk(child, read);
  read.close();
}

/** One line a piece; neighbouring texts are one, and declarations of namespaces count by what they do. */
class Reading {
  readonly #lines: string[] = [];
  #text = "";

  open(
    uri: string,
    local: string,
    attributes: { uri: string; local: string; prefix: string; value: string }[],
  ) {
    this.#flush();
    const listed = attributes
      .filter(({ prefix, local }) => prefix !== "xmlns" && !(prefix === "" && local === "xmlns"))
      .map((one) => `{${one.uri}}${one.local}=${JSON.stringify(one.value)}`);
    this.#lines.push(`<{${uri}}${local} ${listed.toSorted().join(" ")}`);
  }

  close() {
    this.#flush();
    this.#lines.push(">");
  }

  text(text: string) {
    // Outside of the root there is white space only.
    if (this.#lines.length > 0) this.#text += text;
  }

  result(): string {
    return this.#lines.join("\n");
  }

  #flush() {
    if (this.#text !== "") this.#lines.push(JSON.stringify(this.#text));
    this.#text = "";
  }
}
