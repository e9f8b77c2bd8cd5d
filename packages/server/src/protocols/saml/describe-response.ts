/**
 * What a posted response claims, before anything of it is believed: for the trace of a sign-in, which must show what
 * arrived also when it was refused. Nothing here may decide anything.
 */
import { X509Certificate } from "node:crypto";
import type { Element } from "@xmldom/xmldom";
import { NS } from "./names.ts";
import { decodePosted, parseXml, RESPONSE_XML } from "./parse-xml.ts";
import { attribute, childrenNamed } from "./read-elements.ts";

const LONGEST_VALUE = 300;
const MOST_ATTRIBUTES = 30;

/**
 * Describes an unverified response by the names of its parts. Values that say who signed in (NameID, attribute
 * values, session index) are left out.
 *
 * @param samlResponse - the form field SAMLResponse as posted, whatever it holds
 * @returns text by snake_case name, each at most 300 characters; only `size` for what cannot be read; never throws
 */
export function describeResponse(samlResponse: string): Record<string, string> {
  const size = `${samlResponse.length} bytes`;
  try {
    return { ...claimsOf(parseXml(decodePosted(samlResponse), RESPONSE_XML)), size };
  } catch {
    // Why it cannot be read is what the verification of the same response says.
    return { size };
  }
}

function claimsOf(response: Element): Record<string, string> {
  const assertion = child(response, NS.assertion, "Assertion");
  const encrypted = child(response, NS.assertion, "EncryptedAssertion");
  const status = child(response, NS.protocol, "Status");
  return present({
    issuer: text(child(response, NS.assertion, "Issuer")),
    destination: attribute(response, "Destination"),
    in_response_to: attribute(response, "InResponseTo"),
    status: statusCodes(status),
    status_message: statusMessage(status),
    ...assertionClaims(assertion),
    ...signatureClaims(response, assertion),
    encrypted: encrypted ? "yes" : "no",
    attributes: assertion && attributeNames(assertion),
  });
}

function assertionClaims(assertion: Element | undefined): Record<string, string | undefined> {
  const subject = child(assertion, NS.assertion, "Subject");
  const confirmation = child(subject, NS.assertion, "SubjectConfirmation");
  const data = child(confirmation, NS.assertion, "SubjectConfirmationData");
  const conditions = child(assertion, NS.assertion, "Conditions");
  const restriction = child(conditions, NS.assertion, "AudienceRestriction");
  const audiences = restriction ? childrenNamed(restriction, NS.assertion, "Audience") : [];
  const nameId = child(subject, NS.assertion, "NameID");
  return {
    assertion_issuer: text(child(assertion, NS.assertion, "Issuer")),
    audience: audiences.map(text).join(", "),
    recipient: data && attribute(data, "Recipient"),
    not_before: conditions && attribute(conditions, "NotBefore"),
    not_on_or_after: conditions && attribute(conditions, "NotOnOrAfter"),
    subject_not_on_or_after: data && attribute(data, "NotOnOrAfter"),
    name_id_format: nameId && attribute(nameId, "Format"),
  };
}

function signatureClaims(
  response: Element,
  assertion: Element | undefined,
): Record<string, string | undefined> {
  const ofResponse = child(response, NS.signature, "Signature");
  const ofAssertion = child(assertion, NS.signature, "Signature");
  const signed = [ofResponse && "response", ofAssertion && "assertion"].filter(Boolean).join(" and ");
  const signature = ofResponse ?? ofAssertion;
  const method = child(child(signature, NS.signature, "SignedInfo"), NS.signature, "SignatureMethod");
  return {
    signed: signed || "nothing",
    signature_algorithm: method && attribute(method, "Algorithm"),
    certificate_fingerprint: fingerprintOf(signature),
  };
}

/** SHA-256 of the certificate that came along: no proof of anything, but it tells which key to look for. */
function fingerprintOf(signature: Element | undefined): string | undefined {
  const data = child(child(signature, NS.signature, "KeyInfo"), NS.signature, "X509Data");
  const base64 = text(child(data, NS.signature, "X509Certificate"));
  if (!base64) return undefined;
  try {
    return new X509Certificate(Buffer.from(base64, "base64")).fingerprint256;
  } catch {
    return undefined;
  }
}

/** The codes from the top-level one to the finest, by their last part: `Responder / AuthnFailed`. */
function statusCodes(status: Element | undefined): string {
  const codes: string[] = [];
  for (
    let code = child(status, NS.protocol, "StatusCode");
    code;
    code = child(code, NS.protocol, "StatusCode")
  ) {
    codes.push((attribute(code, "Value") ?? "").split(":").at(-1) ?? "");
  }
  return codes.join(" / ");
}

function statusMessage(status: Element | undefined): string | undefined {
  const message = child(status, NS.protocol, "StatusMessage");
  // Auth0, by its library samlp, writes it as an attribute, where core 3.2.2.3 has text.
  return text(message) || (message && attribute(message, "Value"));
}

function attributeNames(assertion: Element): string {
  const names = childrenNamed(assertion, NS.assertion, "AttributeStatement")
    .flatMap((statement) => childrenNamed(statement, NS.assertion, "Attribute"))
    .map((element) => attribute(element, "Name") ?? "");
  const shown = names.slice(0, MOST_ATTRIBUTES);
  return [...shown, ...(names.length > shown.length ? [`and ${names.length - shown.length} more`] : [])].join(
    ", ",
  );
}

function child(parent: Element | undefined, namespace: string, name: string): Element | undefined {
  return parent && childrenNamed(parent, namespace, name)[0];
}

function text(element: Element | undefined): string | undefined {
  return element?.textContent?.trim();
}

function present(claims: Record<string, string | undefined>): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [name, value] of Object.entries(claims)) {
    if (value) kept[name] = value.length > LONGEST_VALUE ? `${value.slice(0, LONGEST_VALUE - 1)}…` : value;
  }
  return kept;
}
