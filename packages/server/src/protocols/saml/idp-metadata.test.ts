import { generateKeyPairSync } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { createSamlIdp, testKey } from "../../testing/saml-idp.ts";
import { reasonOf } from "../../testing/saml-messages.ts";
import { pemBody } from "./certificate.ts";
import { parseIdpMetadata } from "./idp-metadata.ts";
import { SamlError } from "./saml-error.ts";
import { createSelfSignedCertificate } from "./self-signed-certificate.ts";
import { buildSpMetadata } from "./sp-metadata.ts";

const MD = 'xmlns="urn:oasis:names:tc:SAML:2.0:metadata"';
const SAML2 = 'protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol"';
const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const first = testKey("first").certificate;
const second = testKey("second").certificate;

function key(certificate: string, use = 'use="signing"'): string {
  return `<KeyDescriptor ${use}><KeyInfo xmlns="http://www.w3.org/2000/09/xmldsig#"><X509Data><X509Certificate>\n  ${pemBody(certificate)}\n</X509Certificate></X509Data></KeyInfo></KeyDescriptor>`;
}

function sso(location: string, binding = "HTTP-Redirect"): string {
  return `<SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:${binding}" Location="${location}"/>`;
}

function entity(content: string, attributes = 'entityID="https://idp.example.com"'): string {
  return `<EntityDescriptor ${MD} ${attributes}>${content}</EntityDescriptor>`;
}

function idp(content = key(first) + sso("https://idp.example.com/sso"), attributes = SAML2): string {
  return `<IDPSSODescriptor ${attributes}>${content}</IDPSSODescriptor>`;
}

function certificateOf(number: number): string {
  return createSelfSignedCertificate({
    ...pair,
    commonName: `Key ${number}`,
    serialNumber: Buffer.from([1, number & 0xff]),
    notBefore: new Date("2030-01-01"),
    notAfter: new Date("2031-01-01"),
  });
}

function judge(xml: string): string {
  try {
    parseIdpMetadata(xml);
    return "accepted";
  } catch (error) {
    if (!(error instanceof SamlError)) throw error;
    expect(error.code).toBe("invalid_saml_metadata");
    return error.reason;
  }
}

describe("what is read", () => {
  test("the metadata of samlp", () => {
    const made = createSamlIdp({
      entityId: "https://idp.example.com/metadata",
      ssoUrl: "https://idp.example.com/go",
    });
    expect(parseIdpMetadata(made.metadataXml)).toMatchObject({
      entityId: "https://idp.example.com/metadata",
      ssoUrls: { redirect: "https://idp.example.com/go", post: "https://idp.example.com/go" },
      certificates: [made.certificate],
      wantAuthnRequestsSigned: false,
    });
  });

  test("several certificates, keys for both uses, bindings, formats, validity", () => {
    const content = [
      key(first),
      key(second, ""),
      key(first),
      key(testKey("encryption").certificate, 'use="encryption"'),
      '<SingleLogoutService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/slo"/>',
      "<NameIDFormat> urn:x:email </NameIDFormat>",
      sso("https://idp.example.com/soap", "SOAP"),
      sso("https://idp.example.com/post", "HTTP-POST"),
      sso("https://idp.example.com/redirect"),
      sso("https://idp.example.com/redirect2"),
    ].join("");
    const xml = entity(
      idp(content, `${SAML2} WantAuthnRequestsSigned="true"`),
      'entityID=" https://idp.example.com " validUntil="2031-01-01T00:00:00Z"',
    );
    expect(parseIdpMetadata(xml)).toEqual({
      entityId: "https://idp.example.com",
      ssoUrls: { redirect: "https://idp.example.com/redirect", post: "https://idp.example.com/post" },
      sloUrls: { post: "https://idp.example.com/slo" },
      certificates: [first, second],
      wantAuthnRequestsSigned: true,
      nameIdFormats: ["urn:x:email"],
      validUntil: new Date("2031-01-01T00:00:00Z"),
    });
  });

  test("the one identity provider among several entities, however nested", () => {
    const other = entity(`<SPSSODescriptor ${SAML2}/>`, 'entityID="https://sp.example.com"');
    const nested = `<EntitiesDescriptor ${MD}>${other}<EntitiesDescriptor>${entity(idp())}</EntitiesDescriptor></EntitiesDescriptor>`;
    expect(parseIdpMetadata(nested).entityId).toBe("https://idp.example.com");
    const two = `<EntitiesDescriptor ${MD}>${entity(idp())}${entity(idp(), 'entityID="https://b"')}</EntitiesDescriptor>`;
    expect(judge(two)).toBe("several_idps");
    expect(judge(`<EntitiesDescriptor ${MD}>${other}${other}</EntitiesDescriptor>`)).toBe("not_an_idp");
  });

  const samples = new URL("./testdata/", import.meta.url);
  test.each(readdirSync(samples))("metadata in the shape of %s", (provider) => {
    const xml = readFileSync(new URL(`${provider}/metadata.xml`, samples), "utf8");
    const expected = JSON.parse(
      readFileSync(new URL(`${provider}/metadata.json`, samples), "utf8"),
    ) as object;
    const { certificates, ...rest } = parseIdpMetadata(xml);
    const read = JSON.parse(JSON.stringify({ ...rest, certificates: certificates.length })) as object;
    expect(read).toEqual(expected);
  });
});

describe("what is refused, with the reason", () => {
  test.each([
    ["not XML", "https://idp.example.com/metadata", "not_metadata"],
    ["JSON", '{"issuer":"x"}', "not_metadata"],
    ["nothing", "", "not_metadata"],
    ["a web page", "<html><head><title>Sign in</title></head></html>", "not_metadata"],
    ["a broken page", "<html><br></html>", "xml_malformed"],
    ["a DOCTYPE", "<!DOCTYPE html><html></html>", "doctype_refused"],
    ["no entityID", entity(idp(), ""), "entity_id_missing"],
    ["no certificate", entity(idp(sso("https://x.example"))), "certificate_missing"],
    [
      "an encryption certificate only",
      entity(idp(key(first, 'use="encryption"') + sso("https://x.example"))),
      "certificate_missing",
    ],
    [
      "a broken certificate",
      entity(idp(key(first).replace(/MII[A-Za-z0-9+/]{100}/, "MII") + sso("https://x.example"))),
      "certificate_unreadable",
    ],
    ["no address", entity(idp(key(first))), "sso_location_missing"],
    ["SOAP only", entity(idp(key(first) + sso("https://x.example", "SOAP"))), "sso_location_missing"],
    ["an http address", entity(idp(key(first) + sso("http://x.example"))), "url_refused"],
    ["a script address", entity(idp(key(first) + sso("javascript:alert(1)"))), "url_refused"],
    [
      "SAML 1.1 only",
      entity(idp(undefined, 'protocolSupportEnumeration="urn:oasis:names:tc:SAML:1.1:protocol"')),
      "not_an_idp",
    ],
    ["more than 5 MiB", `<a>${"x".repeat(5 * 1024 * 1024)}</a>`, "too_large"],
    ["a broken date", entity(idp(), 'entityID="x" validUntil="soon"'), "time_malformed"],
  ])("%s", (_name, xml, reason) => {
    expect(judge(xml)).toBe(reason);
  });

  test("200 certificates are read, more are refused, and the same one counts once", () => {
    const many = (count: number) =>
      Array.from({ length: count }, (_, index) => key(certificateOf(index))).join("");
    const address = sso("https://idp.example.com/sso");
    expect(parseIdpMetadata(entity(idp(many(200) + address))).certificates).toHaveLength(200);
    expect(judge(entity(idp(many(201) + address)))).toBe("too_many_certificates");
    expect(parseIdpMetadata(entity(idp(key(first).repeat(1_000) + address))).certificates).toEqual([first]);
  });

  test("our own metadata is recognized as a service provider's", () => {
    const ours = buildSpMetadata({
      entityId: "https://sp.example.com",
      acsUrl: "https://sp.example.com/acs",
      authnRequestsSigned: false,
      wantAssertionsSigned: true,
    });
    expect(() => parseIdpMetadata(ours)).toThrow(/service provider/);
  });

  test("http is admitted only on request", () => {
    const xml = entity(idp(key(first) + sso("http://127.0.0.1:8080/sso")));
    expect(parseIdpMetadata(xml, { allowInsecureUrls: true }).ssoUrls.redirect).toBe(
      "http://127.0.0.1:8080/sso",
    );
    const script = entity(idp(key(first) + sso("javascript:alert(1)")));
    expect(reasonOf(() => parseIdpMetadata(script, { allowInsecureUrls: true }))).toBe("url_refused");
  });
});
