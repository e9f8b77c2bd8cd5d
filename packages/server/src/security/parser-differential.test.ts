/**
 * Documents that two parsers read differently: whatever our parser takes, an independent one reads the same, piece by
 * piece. From the wire to the claims there is one parser and one document of ours, so nothing else can disagree.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { decodePosted, parseXml, RESPONSE_XML } from "../protocols/saml/parse-xml.ts";
import { SamlError } from "../protocols/saml/saml-error.ts";
import { surveyDocument } from "../protocols/saml/survey-document.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { redemption } from "../testing/oauth.ts";
import { beginSaml, issue, postSaml } from "../testing/saml-leg.ts";
import { ATTACKER, decode, encode, usualIdp, usualInput } from "../testing/saml-messages.ts";
import { mutate, seeded } from "../testing/saml-mutations.ts";
import { readBySecondParser, readElement } from "../testing/second-parser.ts";
import { createSamlTenant, postToken, type SamlTenant } from "../testing/sign-in.ts";
import { sourceFiles } from "../testing/source-files.ts";

/** What parsers are known to disagree about. */
const documents = [
  "<a>x<!---->y</a>",
  "<a>x<![CDATA[y]]>z</a>",
  "<a>x<?p y?>z</a>",
  "<a>&#x26;lt;</a>",
  "<a>&amp;amp;</a>",
  "<a>x\r\ny\rz</a>",
  "<a>x\u0085y\u2028z</a>",
  "<a>&#13;&#10;&#9;</a>",
  "<a b='x\ty\nz'/>",
  "<a b='x&#9;y&#10;z'/>",
  "<a b='  x  y  '/>",
  "<a xmlns='urn:a'><b xmlns=''/></a>",
  "<x:a xmlns:x='urn:a' xmlns:y='urn:a' x:b='1' y:b='2'/>",
  "<x:a xmlns:x='urn:a'><x:b xmlns:x='urn:b'/></x:a>",
  "<a xmlns:x='urn:x' x:b='1' b='2'/>",
  "<a b='1' b='2'/>",
  "<a xml:id='1' ID='2'/>",
  "<a xmlns:xml='urn:x'/>",
  "<a xmlns:xmlns='urn:x'/>",
  "<a xmlns:x=''/>",
  "<a><b></a></b>",
  "<a/><b/>",
  "<a/>text",
  "text<a/>",
  "<a>]]></a>",
  "<a>&x;</a>",
  "<a>&</a>",
  "<a>\u0000</a>",
  "<a>&#0;</a>",
  "<a>&#xD800;</a>",
  "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
  "<!DOCTYPE a><a/>",
  "<?xml version='1.1'?><a/>",
  "<?xml version='1.0' encoding='UTF-16'?><a/>",
  "<a><!-- -- --></a>",
  "<a><!-- <b> --></a>",
  "<a><!--></a>-->",
  "<a b=1/>",
  "<a b/>",
  "<A/>",
  "<a:b:c/>",
  "<1a/>",
  "<a\u00a0/>",
  "<a>\ufeff</a>",
  "\ufeff<a/>",
  " <?xml version='1.0'?><a/>",
];

function ourReading(xml: string): string | undefined {
  try {
    const root = parseXml(xml, RESPONSE_XML);
    surveyDocument(root);
    return readElement(root);
  } catch (error) {
    if (error instanceof SamlError) return undefined;
    throw error;
  }
}

describe("what our parser takes, the other one reads the same", () => {
  test.each(documents)("%j", (xml) => {
    const ours = ourReading(xml);
    if (ours !== undefined) expect(readBySecondParser(xml)).toBe(ours);
  });

  test("of 2,000 mutated responses, too", { timeout: 60_000 }, async () => {
    const now = new Date("2030-01-01T12:00:00Z");
    const [xml = "", other = ""] = (
      await Promise.all([
        usualIdp().issueResponse(usualInput({ now })),
        usualIdp().issueResponse(usualInput({ now, nameId: ATTACKER })),
      ])
    ).map(decode);
    const random = seeded(20_300_102);
    const counts = { taken: 0, refused: 0, refusedByUsAlone: 0 };
    for (let number = 0; number < 2_000; number += 1) {
      const { bytes, names } = mutate({ xml, other, random });
      const text = textOf(bytes);
      const ours = text === undefined ? undefined : ourReading(text);
      const theirs = readBySecondParser(text ?? bytes.toString("utf8"));
      if (ours !== undefined) expect(theirs, `case ${number}: ${names.join(", ")}`).toBe(ours);
      else if (theirs !== undefined) counts.refusedByUsAlone += 1;
      counts[ours === undefined ? "refused" : "taken"] += 1;
    }
    expect(counts.taken).toBeGreaterThan(500);
    expect(counts.refused).toBeGreaterThan(200);
  });
});

/** As the response arrives; undefined when it is refused for its encoding. */
function textOf(bytes: Buffer): string | undefined {
  try {
    return decodePosted(bytes.toString("base64"));
  } catch (error) {
    if (error instanceof SamlError) return undefined;
    throw error;
  }
}

test("one file makes documents out of text, and no other has a parser", () => {
  const withParser = sourceFiles().filter(
    ({ path, text, isTest }) =>
      path.startsWith("packages/server/src/") && !isTest && /DOMParser|xml2js|"sax"|fast-xml/.test(text),
  );
  expect(withParser.map(({ path }) => path)).toEqual(["packages/server/src/protocols/saml/parse-xml.ts"]);
});

onOneNodeAndTwo((cluster) => {
  let tenant: SamlTenant;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
  });

  /** Each is put where the name stands, after the message was signed. */
  const pieces = ["<!--x-->", "<![CDATA[]]>", "<?x y?>", "<x/>", "&#8203;", "]]>", "&x;", "\u2028", " "];
  test.each(pieces)(
    "a signed response with %j in the name says what was signed, or nothing",
    async (piece) => {
      const leg = await beginSaml(cluster(), tenant);
      const xml = decode(await issue(cluster(), tenant, leg, { sign: "assertion" }));
      const bent = xml.replaceAll(`ada@${tenant.domain}<`, `ada${piece}@${tenant.domain}<`);
      const outcome = await postSaml(tenant, leg, encode(bent));
      expect(outcome.at).toBe("app");
      if (outcome.code === "") return;
      const { body } = await postToken(cluster(), redemption(outcome.code));
      const [, claims = ""] = (body.id_token ?? "").split(".");
      expect(JSON.parse(Buffer.from(claims, "base64url").toString()).email).toBe(`ada@${tenant.domain}`);
    },
  );
});
