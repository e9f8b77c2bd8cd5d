import { createPublicKey, verify } from "node:crypto";
import { createRequire } from "node:module";
import { inflateRawSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { testKey } from "../../testing/saml-idp.ts";
import { decode, reasonOf } from "../../testing/saml-messages.ts";
import { type AuthnRequestInput, buildAuthnRequest, postForm, redirectUrl } from "./authn-request.ts";
import { METADATA_XML, parseXml } from "./parse-xml.ts";
import { attribute, requiredChild } from "./read-elements.ts";
import { signatureOf } from "./read-signature.ts";
import { trustedKeys } from "./trusted-keys.ts";
import { verifySignature } from "./verify-signature.ts";

type Parsed = { issuer: string; id: string; assertionConsumerServiceURL: string; destination: string };
type ParseRequest = (
  request: object,
  options: object,
  done: (error: Error | null, data: Parsed) => void,
) => void;

const { parseRequest } = createRequire(import.meta.url)("samlp") as { parseRequest: ParseRequest };
const sp = testKey("our service provider");
const SSO_URL = "https://idp.example.com/sso";
const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";

const input: AuthnRequestInput = {
  id: "_r1",
  issueInstant: new Date("2030-01-01T12:00:00Z"),
  issuer: 'https://sp.example.com/?a=1&b="<>',
  destination: SSO_URL,
  acsUrl: "https://sp.example.com/acs?x=1&y=2",
  nameIdFormat: "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress",
};

/** What samlp, which shares no code of ours, makes of a request. */
function readBySamlp(request: object, certificate?: string): Promise<Parsed> {
  const { promise, resolve, reject } = Promise.withResolvers<Parsed>();
  const options = certificate ? { signingCert: certificate } : {};
  parseRequest(request, options, (error, data) => (error ? reject(error) : resolve(data)));
  return promise;
}

describe("buildAuthnRequest", () => {
  test("every value is escaped and read back as it was", () => {
    const root = parseXml(buildAuthnRequest(input), METADATA_XML);
    const names = [
      "ID",
      "Version",
      "IssueInstant",
      "Destination",
      "ProtocolBinding",
      "AssertionConsumerServiceURL",
    ];
    expect(names.map((name) => attribute(root, name))).toEqual([
      "_r1",
      "2.0",
      "2030-01-01T12:00:00.000Z",
      SSO_URL,
      "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST",
      input.acsUrl,
    ]);
    expect(requiredChild(root, "urn:oasis:names:tc:SAML:2.0:assertion", "Issuer").textContent).toBe(
      input.issuer,
    );
    const policy = requiredChild(root, "urn:oasis:names:tc:SAML:2.0:protocol", "NameIDPolicy");
    expect(attribute(policy, "Format")).toBe(input.nameIdFormat);
    expect(attribute(root, "ForceAuthn")).toBeUndefined();
    expect(attribute(root, "IsPassive")).toBeUndefined();
  });

  test("ForceAuthn and IsPassive stand there only when wanted", () => {
    const root = parseXml(buildAuthnRequest({ ...input, forceAuthn: true, isPassive: true }), METADATA_XML);
    expect([attribute(root, "ForceAuthn"), attribute(root, "IsPassive")]).toEqual(["true", "true"]);
  });

  test("an id that is no XML name, or no date, is refused", () => {
    expect(reasonOf(() => buildAuthnRequest({ ...input, id: "1x" }))).toBe("request_invalid");
    expect(reasonOf(() => buildAuthnRequest({ ...input, id: 'x" y="' }))).toBe("request_invalid");
    expect(reasonOf(() => buildAuthnRequest({ ...input, issueInstant: new Date("x") }))).toBe(
      "request_invalid",
    );
  });
});

describe("redirectUrl", () => {
  const xml = buildAuthnRequest(input);

  test("the request is deflated, and the URL's own query stays", () => {
    const url = new URL(redirectUrl({ ssoUrl: `${SSO_URL}?tenant=a%20b#x`, xml, relayState: "a b&c" }));
    expect(url.searchParams.get("tenant")).toBe("a b");
    expect(url.searchParams.get("RelayState")).toBe("a b&c");
    expect(url.hash).toBe("");
    const deflated = Buffer.from(url.searchParams.get("SAMLRequest") ?? "", "base64");
    expect(inflateRawSync(deflated).toString()).toBe(xml);
    expect(url.searchParams.has("Signature")).toBe(false);
  });

  test("the signature covers the very characters of the query", () => {
    const url = redirectUrl({ ssoUrl: SSO_URL, xml, relayState: "a/b+c=", sign: { key: sp.privateKey } });
    const [signed = "", signature = ""] = url.slice(SSO_URL.length + 1).split("&Signature=");
    expect(signed).toMatch(/^SAMLRequest=[^&]+&RelayState=a%2Fb%2Bc%3D&SigAlg=[^&]+$/);
    const value = Buffer.from(decodeURIComponent(signature), "base64");
    expect(verify("sha256", Buffer.from(signed), createPublicKey(sp.privateKey), value)).toBe(true);
  });

  test("samlp reads it and accepts its signature, and refuses another key's", async () => {
    const url = new URL(redirectUrl({ ssoUrl: SSO_URL, xml, relayState: "x", sign: { key: sp.privateKey } }));
    const query = Object.fromEntries(url.searchParams);
    expect(query.SigAlg).toBe(RSA_SHA256);
    const request = {
      method: "GET",
      query,
      originalUrl: url.pathname + url.search,
      url: url.pathname + url.search,
    };
    expect(await readBySamlp(request, sp.certificate)).toMatchObject({
      issuer: input.issuer,
      id: "_r1",
      assertionConsumerServiceURL: input.acsUrl,
      destination: SSO_URL,
    });
    await expect(readBySamlp(request, testKey("other").certificate)).rejects.toThrow();
  });

  test("a script address and a long relay state are refused", () => {
    expect(reasonOf(() => redirectUrl({ ssoUrl: "javascript:alert(1)", xml }))).toBe("url_refused");
    expect(reasonOf(() => redirectUrl({ ssoUrl: "/sso", xml }))).toBe("url_refused");
    expect(reasonOf(() => redirectUrl({ ssoUrl: SSO_URL, xml, relayState: "ü".repeat(41) }))).toBe(
      "relay_state_too_long",
    );
  });
});

describe("postForm", () => {
  const xml = buildAuthnRequest(input);

  test("without signing the XML is posted as it is", () => {
    const form = postForm({ ssoUrl: SSO_URL, xml, relayState: "x" });
    expect(form.action).toBe(SSO_URL);
    expect(decode(form.fields.SAMLRequest)).toBe(xml);
    expect(form.fields.RelayState).toBe("x");
    expect(postForm({ ssoUrl: SSO_URL, xml }).fields).not.toHaveProperty("RelayState");
  });

  test("signed, the signature stands behind Issuer and covers the request, also to samlp", async () => {
    const sign = { key: sp.privateKey, certificate: sp.certificate };
    const { fields } = postForm({ ssoUrl: SSO_URL, xml, sign });
    const root = parseXml(decode(fields.SAMLRequest), METADATA_XML);
    const signature = signatureOf(root);
    expect(signature?.previousSibling?.localName).toBe("Issuer");
    if (!signature) throw new Error("unsigned");
    verifySignature(root, signature, trustedKeys([sp.certificate], input.issueInstant));
    const request = { method: "POST", body: fields, query: {} };
    expect(await readBySamlp(request, sp.certificate)).toMatchObject({ id: "_r1" });
  });

  test("a script address is refused", () => {
    expect(reasonOf(() => postForm({ ssoUrl: "javascript:alert(1)", xml }))).toBe("url_refused");
  });
});
