import { createRequire } from "node:module";
import { describe, expect, test } from "vitest";
import { testKey } from "../../testing/saml-idp.ts";
import { pemBody } from "./certificate.ts";
import { BINDING, NS } from "./names.ts";
import { METADATA_XML, parseXml } from "./parse-xml.ts";
import { attribute, childElements, childrenNamed, requiredChild } from "./read-elements.ts";
import { buildSpMetadata } from "./sp-metadata.ts";

const { certificate: oldOne } = testKey("old");
const { certificate: newOne } = testKey("new");

const full = buildSpMetadata({
  entityId: "https://sp.example.com/?a=1&b=<2>",
  acsUrl: 'https://sp.example.com/acs?x="1"',
  sloUrl: "https://sp.example.com/slo",
  signingCertificates: [oldOne, newOne],
  encryptionCertificates: [newOne],
  authnRequestsSigned: true,
  wantAssertionsSigned: true,
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
});

describe("buildSpMetadata", () => {
  const root = parseXml(full, METADATA_XML);
  const descriptor = requiredChild(root, NS.metadata, "SPSSODescriptor");

  test("the children stand in the order of the schema", () => {
    expect(childElements(descriptor).map(({ localName }) => localName)).toEqual([
      "KeyDescriptor",
      "KeyDescriptor",
      "KeyDescriptor",
      "SingleLogoutService",
      "SingleLogoutService",
      "NameIDFormat",
      "AssertionConsumerService",
    ]);
  });

  test("values are escaped and read back as they were", () => {
    expect(attribute(root, "entityID")).toBe("https://sp.example.com/?a=1&b=<2>");
    const acs = requiredChild(descriptor, NS.metadata, "AssertionConsumerService");
    expect(["Binding", "Location", "index", "isDefault"].map((name) => attribute(acs, name))).toEqual([
      BINDING.post,
      'https://sp.example.com/acs?x="1"',
      "0",
      "true",
    ]);
    expect(
      ["AuthnRequestsSigned", "WantAssertionsSigned"].map((name) => attribute(descriptor, name)),
    ).toEqual(["true", "true"]);
  });

  test("certificates are published by use, both during a renewal", () => {
    const keys = childrenNamed(descriptor, NS.metadata, "KeyDescriptor");
    expect(keys.map((key) => attribute(key, "use"))).toEqual(["signing", "signing", "encryption"]);
    expect(
      keys.map((key) => key.getElementsByTagNameNS(NS.signature, "X509Certificate")[0]?.textContent),
    ).toEqual([pemBody(oldOne), pemBody(newOne), pemBody(newOne)]);
  });

  test("the smallest document has one endpoint and no key", () => {
    const xml = buildSpMetadata({
      entityId: "x",
      acsUrl: "https://sp.example.com/acs",
      authnRequestsSigned: false,
      wantAssertionsSigned: false,
    });
    const small = requiredChild(parseXml(xml, METADATA_XML), NS.metadata, "SPSSODescriptor");
    expect(childElements(small).map(({ localName }) => localName)).toEqual(["AssertionConsumerService"]);
  });

  test("a second XML library reads it", async () => {
    const { parseStringPromise } = createRequire(
      createRequire(import.meta.url).resolve("@node-saml/node-saml"),
    )("xml2js") as { parseStringPromise(xml: string): Promise<Record<string, unknown>> };
    expect(Object.keys(await parseStringPromise(full))).toEqual(["md:EntityDescriptor"]);
  });
});
