/**
 * The identity provider of the SAML logins, played inside the load generator. It answers what the AuthnRequest asks,
 * so the same code serves our server and the peer. The assertion is written in its canonical form (exclusive C14N:
 * sorted attributes, no empty-element tags, namespaces where they are used), so that signing needs no XML library.
 */
import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { inflateRawSync } from "node:zlib";
import { selfSignedCertificate } from "./certificate.ts";

const ASSERTION = "urn:oasis:names:tc:SAML:2.0:assertion";
const PROTOCOL = "urn:oasis:names:tc:SAML:2.0:protocol";
const EMAIL_FORMAT = "urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress";
const PASSWORD = "urn:oasis:names:tc:SAML:2.0:ac:classes:PasswordProtectedTransport";
const BASIC = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";
const XMLDSIG = "http://www.w3.org/2000/09/xmldsig#";
const EXCLUSIVE_C14N = "http://www.w3.org/2001/10/xml-exc-c14n#";
const RSA_SHA256 = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256";
const SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256";
const LIFETIME_MS = 300_000;

/** What the browser posts to the ACS. */
export type SamlPost = { acsPath: string; form: Record<string, string> };

export type IdentityProvider = {
  domain: string;
  entityId: string;
  ssoUrl: string;
  /** PEM */
  certificate: string;
  metadata: string;
  /** Signs `email` in for the AuthnRequest in `url`, and says more of the person where `more` names attributes. */
  respond: (url: string, email: string, more?: Record<string, string>) => Promise<SamlPost>;
};

export type KeyPair = { publicKey: KeyObject; privateKey: KeyObject };

type Person = { email: string; more: Record<string, string> };
type AuthnRequest = { id: string; acsUrl: string; issuer: string };

/** A new RSA key of 2,048 bits. */
export function newKeyPair(): KeyPair {
  return generateKeyPairSync("rsa", { modulusLength: 2048 });
}

/**
 * Makes an identity provider with a certificate of its own.
 * @param domain where its users' addresses are
 * @param keys its RSA key; thousands of providers share one, since making a key takes a tenth of a second
 */
export function createIdentityProvider(domain: string, keys = newKeyPair()): IdentityProvider {
  const certificate = selfSignedCertificate(`idp.${domain}`, keys);
  const entityId = `https://idp.${domain}/metadata`;
  const ssoUrl = `https://idp.${domain}/sso`;
  const respond: IdentityProvider["respond"] = async (url, email, more = {}) => {
    const query = new URL(url).searchParams;
    const request = readAuthnRequest(query.get("SAMLRequest") ?? "");
    const response = await signedResponse(entityId, keys.privateKey, request, { email, more });
    const form: Record<string, string> = { SAMLResponse: Buffer.from(response).toString("base64") };
    const relayState = query.get("RelayState");
    if (relayState !== null) form.RelayState = relayState;
    return { acsPath: new URL(request.acsUrl).pathname, form };
  };
  return {
    domain,
    entityId,
    ssoUrl,
    certificate,
    metadata: metadataOf(entityId, ssoUrl, certificate),
    respond,
  };
}

function readAuthnRequest(encoded: string): AuthnRequest {
  const xml = inflateRawSync(Buffer.from(encoded, "base64")).toString();
  const find = (pattern: RegExp) => {
    const value = pattern.exec(xml)?.[1];
    if (value === undefined) throw new Error(`the AuthnRequest has no ${pattern}: ${xml}`);
    return value;
  };
  return {
    id: find(/\sID="([^"]+)"/),
    acsUrl: find(/\sAssertionConsumerServiceURL="([^"]+)"/),
    issuer: find(/<(?:\w+:)?Issuer[^>]*>([^<]+)</),
  };
}

async function signedResponse(
  entityId: string,
  key: KeyObject,
  request: AuthnRequest,
  person: Person,
): Promise<string> {
  const now = new Date().toISOString();
  const id = `_${randomBytes(16).toString("hex")}`;
  const opening = `<saml:Assertion xmlns:saml="${ASSERTION}" ID="${id}" IssueInstant="${now}" Version="2.0"><saml:Issuer>${entityId}</saml:Issuer>`;
  const rest = `${statements(request, person, now)}</saml:Assertion>`;
  const signature = await signatureOver(opening + rest, id, key);
  return (
    `<samlp:Response xmlns:samlp="${PROTOCOL}" ID="_${randomBytes(16).toString("hex")}" Version="2.0" IssueInstant="${now}"` +
    ` Destination="${request.acsUrl}" InResponseTo="${request.id}"><saml:Issuer xmlns:saml="${ASSERTION}">${entityId}</saml:Issuer>` +
    `<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>` +
    `${opening}${signature}${rest}</samlp:Response>`
  );
}

function statements(request: AuthnRequest, { email, more }: Person, now: string): string {
  const end = new Date(Date.parse(now) + LIFETIME_MS).toISOString();
  const attribute = (name: string, value: string) =>
    `<saml:Attribute Name="${name}" NameFormat="${BASIC}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`;
  const names = { id: email, email, firstName: "Load", lastName: "Generator", ...more };
  return (
    `<saml:Subject><saml:NameID Format="${EMAIL_FORMAT}">${email}</saml:NameID>` +
    `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData InResponseTo="${request.id}"` +
    ` NotOnOrAfter="${end}" Recipient="${request.acsUrl}"></saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>` +
    `<saml:Conditions NotBefore="${now}" NotOnOrAfter="${end}"><saml:AudienceRestriction><saml:Audience>${request.issuer}</saml:Audience>` +
    `</saml:AudienceRestriction></saml:Conditions><saml:AuthnStatement AuthnInstant="${now}" SessionIndex="_${randomBytes(8).toString("hex")}">` +
    `<saml:AuthnContext><saml:AuthnContextClassRef>${PASSWORD}</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>` +
    `<saml:AttributeStatement>${Object.entries(names)
      .map(([name, value]) => attribute(name, value))
      .join("")}</saml:AttributeStatement>`
  );
}

// The namespace on SignedInfo is redundant inside Signature; its canonical form has it, so the text can be signed as is.
function signatureOver(assertion: string, id: string, key: KeyObject): Promise<string> {
  const digest = createHash("sha256").update(assertion).digest("base64");
  const info =
    `<ds:SignedInfo xmlns:ds="${XMLDSIG}"><ds:CanonicalizationMethod Algorithm="${EXCLUSIVE_C14N}"></ds:CanonicalizationMethod>` +
    `<ds:SignatureMethod Algorithm="${RSA_SHA256}"></ds:SignatureMethod><ds:Reference URI="#${id}"><ds:Transforms>` +
    `<ds:Transform Algorithm="${XMLDSIG}enveloped-signature"></ds:Transform><ds:Transform Algorithm="${EXCLUSIVE_C14N}"></ds:Transform>` +
    `</ds:Transforms><ds:DigestMethod Algorithm="${SHA256}"></ds:DigestMethod><ds:DigestValue>${digest}</ds:DigestValue>` +
    `</ds:Reference></ds:SignedInfo>`;
  return new Promise((resolve, reject) => {
    sign("sha256", Buffer.from(info), key, (error, value) => {
      if (error) return reject(error);
      const text = `<ds:SignatureValue>${value.toString("base64")}</ds:SignatureValue>`;
      resolve(`<ds:Signature xmlns:ds="${XMLDSIG}">${info}${text}</ds:Signature>`);
    });
  });
}

function metadataOf(entityId: string, ssoUrl: string, certificate: string): string {
  const base64 = certificate.replaceAll(/-----[^-]+-----|\s/g, "");
  return (
    `<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">` +
    `<md:IDPSSODescriptor protocolSupportEnumeration="${PROTOCOL}"><md:KeyDescriptor use="signing">` +
    `<ds:KeyInfo xmlns:ds="${XMLDSIG}"><ds:X509Data><ds:X509Certificate>${base64}</ds:X509Certificate></ds:X509Data></ds:KeyInfo>` +
    `</md:KeyDescriptor><md:NameIDFormat>${EMAIL_FORMAT}</md:NameIDFormat><md:SingleSignOnService` +
    ` Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${ssoUrl}"/></md:IDPSSODescriptor></md:EntityDescriptor>`
  );
}
