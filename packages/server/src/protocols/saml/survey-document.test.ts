/** Which namespace declarations a message may have: what a signature cannot tell apart is refused. */
import { describe, expect, test } from "vitest";
import { NS } from "./names.ts";
import { parseXml, RESPONSE_XML } from "./parse-xml.ts";
import { SamlError } from "./saml-error.ts";
import { surveyDocument } from "./survey-document.ts";

/** A response whose prefixes are numbered as pysaml2 does it, around what stands in its EncryptedAssertion. */
const responseWith = (inner: string) => `<ns0:Response xmlns:ns0="${NS.protocol}" xmlns:ns1="${NS.assertion}">
<ns1:EncryptedAssertion>${inner}</ns1:EncryptedAssertion></ns0:Response>`;

function problemOf(xml: string): string | undefined {
  try {
    surveyDocument(parseXml(Buffer.from(xml).toString("utf8"), RESPONSE_XML));
    return undefined;
  } catch (error) {
    return error instanceof SamlError ? error.reason : String(error);
  }
}

const data = `xmlns:ns0="${NS.encryption}" xmlns:ns1="${NS.signature}"`;

describe("a prefix that changes its meaning", () => {
  test("may do so in the EncryptedData of an assertion, as pysaml2 writes it", () => {
    const xml = responseWith(
      `<ns0:EncryptedData ${data}><ns1:KeyInfo/><ns0:CipherData/></ns0:EncryptedData>`,
    );
    expect(problemOf(xml)).toBeUndefined();
  });

  const refused: [string, string][] = [
    [
      "and back below it",
      `<ns0:EncryptedData ${data}><ns0:CipherData xmlns:ns0="${NS.protocol}"/></ns0:EncryptedData>`,
    ],
    [
      "in an EncryptedData inside of another",
      `<ns0:EncryptedData ${data}><ns0:EncryptedData xmlns:ns0="${NS.protocol}"/></ns0:EncryptedData>`,
    ],
    ["in an EncryptedData of another namespace", `<ns0:EncryptedData xmlns:ns0="urn:other"/>`],
    ["in the key beside it", `<ns0:EncryptedKey ${data}/>`],
    [
      "and declares xml anew",
      `<ns0:EncryptedData ${data} xmlns:xml="http://www.w3.org/XML/1998/namespace"/>`,
    ],
  ];
  test.each(refused)("%s: refused", (_, inner) => {
    expect(problemOf(responseWith(inner))).toMatch(/^(xml_unusual|xml_malformed)$/);
  });

  test("in EncryptedData anywhere else: refused", () => {
    const xml = `<ns0:Response xmlns:ns0="${NS.protocol}"><ns0:EncryptedData xmlns:ns0="${NS.encryption}"/></ns0:Response>`;
    expect(problemOf(xml)).toMatch(/^(xml_unusual|xml_malformed)$/);
  });
});
