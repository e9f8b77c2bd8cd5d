/**
 * From bytes or text to the one DOM that everything else reads: strict UTF-8, no DOCTYPE, bounded size and
 * depth, and every complaint of the parser is an error.
 */
import { DOMParser, type Document, type Element } from "@xmldom/xmldom";
import { SamlError, type SamlErrorCode } from "./saml-error.ts";
import { scanXml } from "./scan-xml.ts";

export type XmlProfile = { maxBytes: number; maxElements: number; maxDepth: number; code: SamlErrorCode };

export const RESPONSE_XML: XmlProfile = {
  maxBytes: 1024 * 1024,
  maxElements: 20_000,
  maxDepth: 64,
  code: "malformed_saml_response",
};

// The parser needs about 4 µs and 1 kB of memory for a piece of markup: 5 MB of nothing else took two seconds and
// 400 MB. One identity provider with 200 certificates has 1,500 pieces.
export const METADATA_XML: XmlProfile = {
  maxBytes: 5 * 1024 * 1024,
  maxElements: 10_000,
  maxDepth: 64,
  code: "invalid_saml_metadata",
};

const BYTE_ORDER_MARK = "\ufeff";

/**
 * Parses decoded text into a document.
 *
 * @param text - the XML, a byte order mark allowed
 * @param profile - the limits, and the error code to refuse with
 * @returns the root element of a document without DOCTYPE
 * @throws {SamlError} `too_large`, `doctype_refused`, `xml_malformed`, `xml_too_complex`, `encoding_unsupported`
 */
export function parseXml(text: string, profile: XmlProfile): Element {
  if (Buffer.byteLength(text) > profile.maxBytes) throw tooLarge(profile);
  const xml = text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text;
  scanXml(xml, profile);
  refuseXml11(xml, profile);
  const root = runParser(xml, profile).documentElement;
  if (!root) throw malformed("it has no root element", profile);
  return root;
}

/**
 * Decodes a message as posted: base64 (line breaks allowed) of UTF-8.
 *
 * @param base64 - the form field
 * @param field - its name, for the message
 * @returns the XML text
 * @throws {SamlError} `not_base64`, `too_large`, `encoding_unsupported`
 */
export function decodePosted(base64: string, field = "SAMLResponse"): string {
  // 4 characters for 3 bytes, and some room for line breaks: refused before any work is done on it.
  if (base64.length > RESPONSE_XML.maxBytes * 1.5) throw tooLarge(RESPONSE_XML);
  const compact = base64.replace(/[\r\n\t ]/g, "");
  if (compact === "" || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact) || compact.length % 4 === 1) {
    throw new SamlError(
      "not_base64",
      `The form field ${field} is not base64. It must hold the base64 of the XML, posted as a form; a proxy or a script may have altered it.`,
      { observed: base64.slice(0, 60), expected: "base64 of an XML document" },
    );
  }
  return decodeUtf8(Buffer.from(compact, "base64"));
}

/**
 * Decodes the bytes of a message.
 *
 * @param bytes - as they arrived
 * @returns the XML text
 * @throws {SamlError} `encoding_unsupported`
 */
export function decodeUtf8(bytes: Buffer): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    const declared = /^<\?xml[^>]*\sencoding\s*=\s*["']([^"']*)["']/.exec(text)?.[1];
    // A parser that believed the declaration would read other characters out of the same bytes.
    if (declared === undefined || /^(?:utf-8|us-ascii)$/i.test(declared)) return text;
    throw unsupportedEncoding(declared);
  } catch (error) {
    if (error instanceof SamlError) throw error;
    throw unsupportedEncoding("bytes that are not UTF-8");
  }
}

function runParser(xml: string, profile: XmlProfile): Document {
  let problem: string | undefined;
  try {
    const parser = new DOMParser({
      locator: false,
      onError: (_level: string, message: string) => {
        problem ??= message;
        throw new Error(message);
      },
      // The default also turns U+0085, U+2028 and U+2029 into line feeds, as XML 1.1 does; in XML 1.0 they are
      // text, and changing them breaks the signature.
      normalizeLineEndings: (source: string) => source.replace(/\r\n?/g, "\n"),
    });
    return parser.parseFromString(xml, "text/xml");
  } catch (error) {
    throw malformed(problem ?? String(error), profile);
  }
}

function refuseXml11(xml: string, profile: XmlProfile): void {
  const version = /^<\?xml\s+version\s*=\s*["']([^"']*)["']/.exec(xml)?.[1];
  if (version === undefined || version === "1.0") return;
  throw new SamlError("encoding_unsupported", `The XML says version ${version}; only XML 1.0 is accepted.`, {
    code: profile.code,
    observed: version,
    expected: "1.0",
  });
}

function malformed(problem: string, profile: XmlProfile): SamlError {
  return new SamlError(
    "xml_malformed",
    "The XML is not well-formed. It may have been cut or altered on its way; send it unchanged.",
    { code: profile.code, observed: problem },
  );
}

function tooLarge(profile: XmlProfile): SamlError {
  const expected = `at most ${profile.maxBytes} bytes`;
  return new SamlError(
    "too_large",
    `The XML is too large; expected ${expected}. If it lists hundreds of groups, filter them at the identity provider.`,
    { code: profile.code, expected },
  );
}

function unsupportedEncoding(observed: string): SamlError {
  return new SamlError("encoding_unsupported", "The SAML message is not UTF-8. Send it as UTF-8.", {
    observed,
    expected: "UTF-8",
  });
}
