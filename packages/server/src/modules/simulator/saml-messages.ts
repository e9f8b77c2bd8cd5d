/**
 * The identity provider's side of SAML 2.0 web sign-in (profiles 4.1): reads requests, writes metadata and signed
 * responses. Pure: ids and the time are handed in.
 */
import { inflateRawSync } from "node:zlib";
import type { Element } from "@xmldom/xmldom";
import { pemBody } from "../../protocols/saml/certificate.ts";
import { BINDING, METHOD_BEARER, NAME_ID_FORMAT, NS, STATUS_SUCCESS } from "../../protocols/saml/names.ts";
import { parseXml, type XmlProfile } from "../../protocols/saml/parse-xml.ts";
import { attribute, isNamed, plainText, requiredChild } from "../../protocols/saml/read-elements.ts";
import { SamlError } from "../../protocols/saml/saml-error.ts";
import { type SigningKey, signMessage } from "../../protocols/saml/sign-message.ts";
import { element, escapeXml } from "../../protocols/saml/write-xml.ts";
import type { SimulatorAddresses } from "./addresses.ts";
import type { Failure, Person } from "./people.ts";
import { encryptAssertion } from "./saml-misbehaviours.ts";

/** What a service provider asks. */
export type AuthnRequest = { id: string; issuer: string; acsUrl?: string };

/** What a response says besides its outcome. */
export type ResponseInput = {
  idpEntityId: string;
  acsUrl: string;
  /** The service provider's entity id. */
  audience: string;
  /** Undefined in a response that nobody asked for. */
  inResponseTo: string | undefined;
  /** XML names, unguessable. */
  responseId: string;
  assertionId: string;
  now: Date;
  /** Undefined leaves everything unsigned. */
  signing: SigningKey | undefined;
  /** Whom the assertion is for, where it is not the one whom the response goes to. */
  recipient?: string;
  /** PEM certificate to encrypt the assertion to. */
  encryptTo?: string;
};

const REQUEST_XML: XmlProfile = {
  maxBytes: 64 * 1024,
  maxElements: 200,
  maxDepth: 16,
  code: "invalid_saml_request",
};
const VALID_FOR_MS = 300_000;
const STATUS = "urn:oasis:names:tc:SAML:2.0:status:";
const UNSPECIFIED_CONTEXT = "urn:oasis:names:tc:SAML:2.0:ac:classes:unspecified";
const BASIC_NAME = "urn:oasis:names:tc:SAML:2.0:attrname-format:basic";

/** The finer code below the top-level Responder (SAML core 3.2.2.2), and the words. */
const STATUS_OF_FAILURE: Record<Failure, { subcode?: string; message: string }> = {
  invalid_credentials: { subcode: "AuthnFailed", message: "Invalid user credentials" },
  user_not_found: { subcode: "UnknownPrincipal", message: "User not found" },
  server_error: { message: "Server error" },
};

/**
 * Reads an AuthnRequest as it arrives.
 *
 * @param encoded - the parameter SAMLRequest
 * @param binding - `redirect` carries deflated XML (bindings 3.4.4.1), `post` plain XML (3.5.4), both in base64
 * @returns its ID, Issuer and AssertionConsumerServiceURL
 * @throws {SamlError} always with code `invalid_saml_request`, or `malformed_saml_response` for XML that misses a part
 */
export function readAuthnRequest(encoded: string, binding: "redirect" | "post"): AuthnRequest {
  const root = parseXml(decode(encoded, binding), REQUEST_XML);
  if (!isNamed(root, NS.protocol, "AuthnRequest")) {
    throw new SamlError("request_invalid", `SAMLRequest holds ${root.localName}, not an AuthnRequest.`);
  }
  const id = attribute(root, "ID") ?? "";
  if (!isXmlName(id)) throw new SamlError("request_invalid", "The AuthnRequest has no usable ID.");
  const acsUrl = attribute(root, "AssertionConsumerServiceURL");
  return { id, issuer: issuerOf(root), ...(acsUrl !== undefined && { acsUrl }) };
}

/** True for what may stand in an ID and in InResponseTo (xs:NCName, in ASCII). */
export function isXmlName(value: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9._-]{0,199}$/.test(value);
}

/**
 * Writes the metadata of the identity provider (SAML metadata 2.4.3).
 *
 * @param addresses - where it stands
 * @param certificate - PEM
 * @returns an EntityDescriptor document
 */
export function writeIdpMetadata(addresses: SimulatorAddresses["saml"], certificate: string): string {
  const x509 = element("ds:X509Certificate", {}, [pemBody(certificate)]);
  const keyInfo = element("ds:KeyInfo", {}, [element("ds:X509Data", {}, [x509])]);
  const services = [BINDING.redirect, BINDING.post].map((Binding) =>
    element("md:SingleSignOnService", { Binding, Location: addresses.ssoUrl }),
  );
  const descriptor = element(
    "md:IDPSSODescriptor",
    { WantAuthnRequestsSigned: false, protocolSupportEnumeration: NS.protocol },
    [
      element("md:KeyDescriptor", { use: "signing" }, [keyInfo]),
      element("md:NameIDFormat", {}, [NAME_ID_FORMAT.emailAddress]),
      ...services,
    ],
  );
  const root = { "xmlns:md": NS.metadata, "xmlns:ds": NS.signature, entityID: addresses.entityId };
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element("md:EntityDescriptor", root, [descriptor])}`;
}

/**
 * Writes the response that says who signed in. Assertion and response are both signed, so that it fits every
 * signing option of a connection.
 *
 * @param input - see the type
 * @param person - whose e-mail address is the NameID; without one it is an opaque name
 * @returns XML
 */
export async function writeResponse(input: ResponseInput, person: Person): Promise<string> {
  const assertion = signed(writeAssertion(input, person), input);
  const carried =
    input.encryptTo === undefined ? assertion : await encryptAssertion(assertion, input.encryptTo);
  const status = element("samlp:Status", {}, [element("samlp:StatusCode", { Value: STATUS_SUCCESS })]);
  return envelope(input, [status, carried]);
}

/**
 * Writes the signed response that says why nobody signed in.
 *
 * @param input - see the type; the assertion's id is not used
 * @param failure - what happened
 * @returns XML
 */
export function writeFailure(input: ResponseInput, failure: Failure): string {
  const { subcode, message } = STATUS_OF_FAILURE[failure];
  const below = subcode === undefined ? [] : [element("samlp:StatusCode", { Value: `${STATUS}${subcode}` })];
  const code = element("samlp:StatusCode", { Value: `${STATUS}Responder` }, below);
  const said = element("samlp:StatusMessage", {}, [escapeXml(message)]);
  return envelope(input, [element("samlp:Status", {}, [code, said])]);
}

function decode(encoded: string, binding: "redirect" | "post"): string {
  if (encoded.length > REQUEST_XML.maxBytes || !/^[A-Za-z0-9+/\s]+={0,2}\s*$/.test(encoded)) {
    throw new SamlError("request_invalid", "SAMLRequest is not base64, or too long.");
  }
  const bytes = Buffer.from(encoded, "base64");
  try {
    // The limit stops a few kilobytes that inflate to gigabytes.
    const xml = binding === "post" ? bytes : inflateRawSync(bytes, { maxOutputLength: REQUEST_XML.maxBytes });
    return new TextDecoder("utf-8", { fatal: true }).decode(xml);
  } catch (cause) {
    const expected = binding === "post" ? "UTF-8" : "DEFLATE-compressed UTF-8";
    throw new SamlError("request_invalid", `SAMLRequest does not hold ${expected}.`, { cause });
  }
}

function issuerOf(request: Element): string {
  return plainText(requiredChild(request, NS.assertion, "Issuer"));
}

function envelope(input: ResponseInput, children: readonly string[]): string {
  const attributes = {
    "xmlns:samlp": NS.protocol,
    "xmlns:saml": NS.assertion,
    ID: input.responseId,
    Version: "2.0",
    IssueInstant: input.now.toISOString(),
    Destination: input.acsUrl,
    InResponseTo: input.inResponseTo,
  };
  return signed(element("samlp:Response", attributes, [issuer(input), ...children]), input);
}

function signed(xml: string, { signing }: ResponseInput): string {
  return signing === undefined ? xml : signMessage(xml, signing);
}

function writeAssertion(input: ResponseInput, person: Person): string {
  const now = input.now.toISOString();
  const until = new Date(input.now.getTime() + VALID_FOR_MS).toISOString();
  const audience = element("saml:AudienceRestriction", {}, [
    element("saml:Audience", {}, [escapeXml(input.audience)]),
  ]);
  const context = element("saml:AuthnContext", {}, [
    element("saml:AuthnContextClassRef", {}, [UNSPECIFIED_CONTEXT]),
  ]);
  return element(
    "saml:Assertion",
    { "xmlns:saml": NS.assertion, ID: input.assertionId, Version: "2.0", IssueInstant: now },
    [
      issuer(input),
      subject(input, person, until),
      element("saml:Conditions", { NotBefore: now, NotOnOrAfter: until }, [audience]),
      element("saml:AuthnStatement", { AuthnInstant: now, SessionIndex: input.assertionId }, [context]),
      attributeStatement(person),
    ],
  );
}

function issuer(input: ResponseInput): string {
  return element("saml:Issuer", {}, [escapeXml(input.idpEntityId)]);
}

function subject(input: ResponseInput, person: Person, until: string): string {
  const data = element("saml:SubjectConfirmationData", {
    NotOnOrAfter: until,
    Recipient: input.recipient ?? input.acsUrl,
    InResponseTo: input.inResponseTo,
  });
  const nameId =
    person.email === ""
      ? element("saml:NameID", { Format: NAME_ID_FORMAT.persistent }, ["simulated-user"])
      : element("saml:NameID", { Format: NAME_ID_FORMAT.emailAddress }, [escapeXml(person.email)]);
  return element("saml:Subject", {}, [
    nameId,
    element("saml:SubjectConfirmation", { Method: METHOD_BEARER }, [data]),
  ]);
}

function attributeStatement(person: Person): string {
  const { email, firstName, lastName, attributes } = person;
  const named = Object.entries({ email, firstName, lastName, ...attributes }).filter(
    ([, value]) => value !== "",
  );
  const written = named.map(([Name, value]) =>
    element("saml:Attribute", { Name, NameFormat: BASIC_NAME }, [
      element("saml:AttributeValue", {}, [escapeXml(value)]),
    ]),
  );
  return element("saml:AttributeStatement", {}, written);
}
