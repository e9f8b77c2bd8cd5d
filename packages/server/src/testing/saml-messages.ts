/** The ordinary SAML sign-in that tests start from, and the tools to bend it: decode, edit, sign by hand. */
import { createHash, type KeyObject, sign, verify } from "node:crypto";
import { SignedXml } from "xml-crypto";
import type { Expectations } from "../protocols/saml/expectations.ts";
import { SamlError } from "../protocols/saml/saml-error.ts";
import { createSamlIdp, type IssueInput, type SamlIdp } from "./saml-idp.ts";

export const IDP_ENTITY_ID = "https://idp.example.com/metadata";
export const SP_ENTITY_ID = "https://sp.example.com/metadata";
export const ACS_URL = "https://sp.example.com/acs";
export const REQUEST_ID = "_request1";
export const NOW = new Date("2030-01-01T12:00:00Z");
export const VICTIM = "mia@acme.test";
export const ATTACKER = "mallory@evil.test";

/** The identity provider of most tests. */
export function usualIdp(): SamlIdp {
  return createSamlIdp({ entityId: IDP_ENTITY_ID });
}

/** What it is asked for, unless a test changes it. */
export function usualInput(changes: Partial<IssueInput> = {}): IssueInput {
  const attributes = { email: VICTIM, firstName: "Mia", groups: ["staff", "admins"] };
  const usual = {
    acsUrl: ACS_URL,
    audience: SP_ENTITY_ID,
    inResponseTo: REQUEST_ID,
    nameId: VICTIM,
    attributes,
  };
  return { ...usual, now: NOW, ...changes };
}

/** What we expect of it, unless a test changes it. */
export function usualExpectations(changes: Partial<Expectations> = {}): Expectations {
  return {
    idpEntityId: IDP_ENTITY_ID,
    certificates: [usualIdp().certificate],
    audience: SP_ENTITY_ID,
    acsUrl: ACS_URL,
    inResponseTo: REQUEST_ID,
    signed: "either",
    clockSkewSeconds: 120,
    ...changes,
  };
}

export function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}

export function encode(xml: string): string {
  return Buffer.from(xml).toString("base64");
}

/** The reason of the SamlError that `act` throws; "accepted" when it throws nothing; other errors pass. */
export function reasonOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof SamlError) return error.reason;
    throw error;
  }
  return "accepted";
}

export type HandSigning = {
  key: KeyObject;
  /** XPath of the element to sign. */
  xpath?: string;
  signatureAlgorithm?: string;
  digestAlgorithm?: string;
  transforms?: string[];
  canonicalization?: string;
  inclusivePrefixes?: string[];
};

const MORE = "http://www.w3.org/2001/04/xmldsig-more#";
const ASSERTION = "/*/*[local-name(.)='Assertion']";

/** Signs by hand, for what samlp does not offer. */
export function signByHand(xml: string, signing: HandSigning): string {
  const exclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
  const signer = new SignedXml({
    privateKey: signing.key,
    signatureAlgorithm: signing.signatureAlgorithm ?? `${MORE}rsa-sha256`,
    canonicalizationAlgorithm: signing.canonicalization ?? exclusive,
  });
  for (const [name, hash] of HASHES) {
    signer.SignatureAlgorithms[`${MORE}rsa-${name}`] = signatureClass(`${MORE}rsa-${name}`, hash);
    signer.SignatureAlgorithms[`${MORE}ecdsa-${name}`] = signatureClass(`${MORE}ecdsa-${name}`, hash);
  }
  signer.HashAlgorithms[`${MORE}sha384`] = class {
    getAlgorithmName = () => `${MORE}sha384`;
    getHash = (xml: string) => createHash("sha384").update(xml).digest("base64");
  };
  const xpath = signing.xpath ?? ASSERTION;
  signer.addReference({
    xpath,
    transforms: signing.transforms ?? ["http://www.w3.org/2000/09/xmldsig#enveloped-signature", exclusive],
    digestAlgorithm: signing.digestAlgorithm ?? "http://www.w3.org/2001/04/xmlenc#sha256",
    ...(signing.inclusivePrefixes ? { inclusiveNamespacesPrefixList: signing.inclusivePrefixes } : {}),
  });
  signer.computeSignature(xml, {
    prefix: "ds",
    location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: "after" },
  });
  return signer.getSignedXml();
}

const HASHES = [
  ["sha256", "sha256"],
  ["sha384", "sha384"],
  ["sha512", "sha512"],
] as const;

function signatureClass(name: string, hash: string) {
  return class {
    getAlgorithmName = () => name;
    getSignature = (info: unknown, key: unknown) =>
      sign(hash, Buffer.from(String(info)), { key: key as KeyObject, dsaEncoding: "ieee-p1363" }).toString(
        "base64",
      );
    verifySignature = (info: string, key: unknown, value: string) =>
      verify(
        hash,
        Buffer.from(info),
        { key: key as KeyObject, dsaEncoding: "ieee-p1363" },
        Buffer.from(value, "base64"),
      );
  };
}

export type HandParts = {
  responseAttributes?: string;
  assertionAttributes?: string;
  nameId?: string;
  confirmations?: string;
  conditions?: string;
  authnStatement?: string;
  attributes?: string;
  status?: string;
};

const TIMES = { before: "2030-01-01T11:59:00Z", until: "2030-01-01T12:05:00Z" };
const RESPONSE_ATTRIBUTES = `ID="_response1" Version="2.0" IssueInstant="2030-01-01T12:00:00Z" Destination="${ACS_URL}" InResponseTo="${REQUEST_ID}"`;
const CONFIRMATION = `<saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer"><saml:SubjectConfirmationData NotOnOrAfter="${TIMES.until}" Recipient="${ACS_URL}" InResponseTo="${REQUEST_ID}"/></saml:SubjectConfirmation>`;
const CONDITIONS = `<saml:Conditions NotBefore="${TIMES.before}" NotOnOrAfter="${TIMES.until}"><saml:AudienceRestriction><saml:Audience>${SP_ENTITY_ID}</saml:Audience></saml:AudienceRestriction></saml:Conditions>`;
const AUTHN_STATEMENT = `<saml:AuthnStatement AuthnInstant="2030-01-01T12:00:00Z" SessionIndex="_s1"><saml:AuthnContext><saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>`;
const STATUS =
  '<samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>';

/** An unsigned response, part by part. */
export function writeByHand(parts: HandParts = {}): string {
  const issuer = `<saml:Issuer>${IDP_ENTITY_ID}</saml:Issuer>`;
  const nameId = parts.nameId ?? `<saml:NameID>${VICTIM}</saml:NameID>`;
  const subject = `<saml:Subject>${nameId}${parts.confirmations ?? CONFIRMATION}</saml:Subject>`;
  const content = [
    issuer,
    subject,
    parts.conditions ?? CONDITIONS,
    parts.authnStatement ?? AUTHN_STATEMENT,
    parts.attributes ? `<saml:AttributeStatement>${parts.attributes}</saml:AttributeStatement>` : "",
  ].join("");
  const assertion = `<saml:Assertion ${parts.assertionAttributes ?? 'ID="_assertion1" Version="2.0" IssueInstant="2030-01-01T12:00:00Z"'}>${content}</saml:Assertion>`;
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion" ${parts.responseAttributes ?? RESPONSE_ATTRIBUTES}>${issuer}${parts.status ?? STATUS}${assertion}</samlp:Response>`;
}

/** A response written by hand whose assertion the usual identity provider signed, as base64. */
export function signedByHand(parts: HandParts = {}, signing: Partial<HandSigning> = {}): string {
  return encode(signByHand(writeByHand(parts), { key: usualIdp().privateKey, ...signing }));
}
