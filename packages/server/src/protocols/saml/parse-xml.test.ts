import { describe, expect, test } from "vitest";
import { encode, reasonOf } from "../../testing/saml-messages.ts";
import { decodePosted, METADATA_XML, parseXml, RESPONSE_XML } from "./parse-xml.ts";
import { plainText } from "./read-elements.ts";

const judge = (xml: string) => reasonOf(() => parseXml(xml, RESPONSE_XML));
const judgeBytes = (bytes: Buffer) =>
  reasonOf(() => parseXml(decodePosted(bytes.toString("base64")), RESPONSE_XML));

describe("DOCTYPE and entities", () => {
  const entities = Array.from({ length: 20 }, (_, i) => `<!ENTITY e${i + 1} "${`&e${i};`.repeat(10)}">`).join(
    "",
  );

  test.each([
    ["a plain DOCTYPE", "<!DOCTYPE a><a/>"],
    ["in other case", "<!doctype a><a/>"],
    [
      "behind a declaration and comments",
      '<?xml version="1.0"?><!-- x --> <!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
    ],
    ["nested entities", `<!DOCTYPE a [<!ENTITY e0 "x">${entities}]><a>&e20;</a>`],
    ["1 MB of nested entities", `<!DOCTYPE a [${entities.repeat(200).slice(0, 1_000_000)}]><a/>`],
    ["an entity alone", '<a><!ENTITY x "y"></a>'],
    ["inside a comment", "<a><!-- <!DOCTYPE x> --></a>"],
    ["behind a byte order mark", "\ufeff<!DOCTYPE a><a/>"],
  ])("%s", (_name, xml) => {
    expect(judge(xml)).toBe("doctype_refused");
  });

  test("an undeclared entity is malformed", () => {
    expect(judge("<a>&xxe;</a>")).toBe("xml_malformed");
  });
});

describe("encodings", () => {
  const doctype = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>';

  test("UTF-16 with or without byte order mark is refused", () => {
    for (const text of [doctype, `\ufeff${doctype}`, `<?xml version="1.0" encoding="UTF-16"?>${doctype}`]) {
      const little = Buffer.from(text, "utf16le");
      expect(["encoding_unsupported", "xml_malformed"]).toContain(judgeBytes(little));
      expect(["encoding_unsupported", "xml_malformed"]).toContain(judgeBytes(Buffer.from(little).swap16()));
    }
  });

  test("a declared encoding that another reader would believe is refused", () => {
    for (const name of ["UTF-7", "utf-16", "ISO-8859-1", "IBM037", "x"]) {
      expect(judgeBytes(Buffer.from(`<?xml version="1.0" encoding="${name}"?><a/>`))).toBe(
        "encoding_unsupported",
      );
    }
    expect(judgeBytes(Buffer.from('<?xml version="1.0" encoding="utf-8"?><a/>'))).toBe("accepted");
    expect(judgeBytes(Buffer.from("<a/>", "latin1"))).toBe("accepted");
    expect(judgeBytes(Buffer.from("<a>é</a>", "latin1"))).toBe("encoding_unsupported");
  });

  test("XML 1.1 has other line ends and is refused", () => {
    expect(judge('<?xml version="1.1"?><a/>')).toBe("encoding_unsupported");
  });

  test("line separators of Unicode are text, carriage returns are line feeds", () => {
    expect(plainText(parseXml("<a>x\u2028y\u0085z</a>", RESPONSE_XML))).toBe("x\u2028y\u0085z");
    expect(plainText(parseXml("<a>x\r\ny\rz</a>", RESPONSE_XML))).toBe("x\ny\nz");
  });
});

describe("what parsers disagree about is refused", () => {
  test.each([
    "<a>x & y</a>",
    "<a>&</a>",
    "<a>&amp</a>",
    "<a b='&'/>",
    "<a>&#0;</a>",
    "<a>&#x1;</a>",
    "<a>&#xD800;</a>",
    "<a>&#x110000;</a>",
    "<a>&#99999999;</a>",
    "<a>\u0000</a>",
    "<a>\u0001</a>",
    "<a>\ud800</a>",
    "<a>\uffff</a>",
    "<a>]]></a>",
    "<a b='<'/>",
    "<a b=1/>",
    "<a b='1' b='2'/>",
    "<a b='1'c='2'/>",
    "<a xmlns:x='u' xmlns:y='u' x:b='1' y:b='2'/>",
    "<x:a/>",
    "<a x:b='1'/>",
    "<a><b></a>",
    "<a></b></a>",
    "<a/><b/>",
    "<a/>x",
    "x<a/>",
    "<a",
    "<a b='",
    "<a><!-- x",
    "<a><!-- x -- y --></a>",
    "<a><![CDATA[x</a>",
    "<a:b:c xmlns:a='u'/>",
    "< a/>",
    "",
    " ",
    "<!-- x -->",
  ])("%j", (xml) => {
    expect(judge(xml)).toBe("xml_malformed");
  });

  test.each([
    "<a>&amp;&lt;&#60;&#x1F600;</a>",
    "<a b='>' c=\"'\"/>",
    "<a xmlns:x='u' x:b='1' b='2' c=' x:b=1 x:b=2'/>",
    "<a><![CDATA[<&]]></a>",
    "<a><!-- & < > --></a>",
  ])("%j is fine", (xml) => {
    expect(judge(xml)).toBe("accepted");
  });
});

describe("limits", () => {
  test("depth and amount of markup are bounded before parsing", () => {
    expect(judge("<a>".repeat(64) + "</a>".repeat(64))).toBe("accepted");
    expect(judge("<a>".repeat(65) + "</a>".repeat(65))).toBe("xml_too_complex");
    expect(judge('<a b="/>">'.repeat(65) + "</a>".repeat(65))).toBe("xml_too_complex");
    expect(judge(`${"<a>".repeat(64)}<!-- </a></a> --><a/><a></a>${"</a>".repeat(64)}`)).toBe(
      "xml_too_complex",
    );
    expect(judge(`<a>${"<b/>".repeat(19_000)}</a>`)).toBe("accepted");
    for (const piece of ["<b/>", '<b c=""/>', "<!---->", "<![CDATA[x]]>", "&amp;", "&#65;"]) {
      expect(judge(`<a>${piece.repeat(20_000)}</a>`)).toBe("xml_too_complex");
    }
    expect(judge(`<a b="${"&lt;".repeat(20_000)}"/>`)).toBe("xml_too_complex");
    expect(reasonOf(() => parseXml(`<a>${"<b/>".repeat(20_000)}</a>`, METADATA_XML))).toBe("xml_too_complex");
  });

  test("size is bounded: 1 MiB for a response, 5 MiB for metadata", () => {
    const filled = (bytes: number) => `<a>${"x".repeat(bytes - 7)}</a>`;
    expect(judge(filled(1024 * 1024))).toBe("accepted");
    expect(judge(filled(1024 * 1024 + 1))).toBe("too_large");
    expect(reasonOf(() => parseXml(filled(5 * 1024 * 1024 + 1), METADATA_XML))).toBe("too_large");
  });

  test("a refused form field does no work first", () => {
    expect(reasonOf(() => decodePosted(encode("x".repeat(3_000_000))))).toBe("too_large");
  });
});
