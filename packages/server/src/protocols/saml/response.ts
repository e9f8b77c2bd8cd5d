/**
 * The SAML response, from the form field to a verified assertion. One document is parsed once; what is read is the
 * element that a signature of the connection covers, found by position and never by search.
 */
import type { Element } from "@xmldom/xmldom";
import {
  checkConditions,
  checkInResponseTo,
  checkSessionEnd,
  checkSubjectConfirmation,
} from "./check-conditions.ts";
import { decryptAssertion } from "./decrypt-assertion.ts";
import { type Expectations, refuseEmptyExpectations, type VerifiedAssertion } from "./expectations.ts";
import { NS, STATUS_SUCCESS } from "./names.ts";
import { decodePosted, parseXml, RESPONSE_XML } from "./parse-xml.ts";
import { readAttributes, readNameId, readSession } from "./read-claims.ts";
import { attribute, isNamed, optionalChild, plainText, requiredChild } from "./read-elements.ts";
import { signatureOf } from "./read-signature.ts";
import { SamlError, shorten } from "./saml-error.ts";
import { type Survey, surveyDocument } from "./survey-document.ts";
import { type TrustedKey, trustedKeys } from "./trusted-keys.ts";
import { verifySignature } from "./verify-signature.ts";

/**
 * Verifies a response of the web browser SSO profile (SAML profiles 4.1.4, bindings 3.5, core 5).
 *
 * Replay is the caller's: remember `assertionId` per issuer until `conditionsNotOnOrAfter`.
 *
 * @param samlResponse - the form field SAMLResponse as posted: base64
 * @param expectations - what the connection and the flow know; `clockSkewSeconds` in seconds
 * @param now - the instant of judgement
 * @returns identity and attributes, read only from the element that a valid signature covers
 * @throws {SamlError} with `code` for the client and `reason` for the trace
 */
export function verifyResponse(
  samlResponse: string,
  expectations: Expectations,
  now: Date,
): VerifiedAssertion {
  refuseEmptyExpectations(expectations, now);
  const keys = trustedKeys(expectations.certificates, now);
  const response = readResponse(samlResponse);
  const survey = surveyDocument(response);
  refuseMisplacedParts(response, survey);
  checkEnvelope(response, expectations);
  const isResponseSigned = verifyIfSigned(response, keys);
  const found = onlyAssertion(survey);
  const wantsSignedResponse = expectations.signed === "response" || expectations.signed === "both";
  // Nothing is decrypted for a stranger, who could learn from what comes of it.
  if (wantsSignedResponse && !isResponseSigned && !isNamed(found, NS.assertion, "Assertion"))
    requireSignatures(expectations.signed, false, false);
  const assertion = openAssertion(found, expectations);
  const isAssertionSigned = verifyIfSigned(assertion, keys);
  requireSignatures(expectations.signed, isResponseSigned, isAssertionSigned);
  return judgeAssertion(response, assertion, { expectations, now, isResponseSigned });
}

function readResponse(samlResponse: string): Element {
  const root = parseXml(decodePosted(samlResponse), RESPONSE_XML);
  if (isNamed(root, NS.protocol, "Response")) return root;
  throw new SamlError(
    "not_a_response",
    "The posted document is not a SAML 2.0 Response. The ACS URL takes sign-in responses only; check which URL the identity provider posts this to.",
    { observed: `${root.localName} of ${root.namespaceURI}`, expected: `Response of ${NS.protocol}` },
  );
}

/**
 * Signature wrapping moves the signed element aside and puts a forged one in its place. So there may be one
 * assertion and one response in the whole document, each in its own place, and no signature anywhere else.
 */
function refuseMisplacedParts(root: Element, survey: Survey): void {
  const [assertion] = survey.assertions;
  const fits =
    survey.assertions.length <= 1 &&
    survey.responses.length <= 1 &&
    survey.signatures.every(({ parentNode }) => parentNode === root || parentNode === assertion) &&
    (root === assertion || assertion === undefined || assertion.parentNode === root);
  if (fits) return;
  throw new SamlError(
    "signature_wrapped",
    "The message holds more than one assertion, or assertions or signatures in places where SAML has none. It was altered to look signed, and is refused.",
    {
      observed: `${survey.assertions.length} assertions, ${survey.responses.length} responses, ${survey.signatures.length} signatures`,
      expected: "one assertion directly inside one response",
    },
  );
}

function checkEnvelope(response: Element, expectations: Expectations): void {
  checkVersion(response);
  checkStatus(response);
  const destination = attribute(response, "Destination");
  if (destination !== undefined && destination !== expectations.acsUrl) {
    throw new SamlError(
      "destination_mismatch",
      "The response is addressed to another ACS URL. Set the ACS URL (single sign-on URL, reply URL) of this application at the identity provider.",
      { observed: destination, expected: expectations.acsUrl },
    );
  }
  const issuer = optionalChild(response, NS.assertion, "Issuer");
  if (issuer) checkIssuer(issuer, expectations.idpEntityId);
  checkInResponseTo(
    attribute(response, "InResponseTo") || undefined,
    expectations.inResponseTo,
    "The response",
  );
}

function checkVersion(element: Element): void {
  const observed = attribute(element, "Version");
  if (observed === "2.0") return;
  throw new SamlError(
    "version_unsupported",
    `${element.localName} is not of SAML version 2.0. Set the identity provider to SAML 2.0.`,
    {
      observed: observed ?? "none",
      expected: "2.0",
    },
  );
}

function checkStatus(response: Element): void {
  const status = requiredChild(response, NS.protocol, "Status");
  const codes: string[] = [];
  for (
    let code = optionalChild(status, NS.protocol, "StatusCode");
    code;
    code = optionalChild(code, NS.protocol, "StatusCode")
  ) {
    codes.push(attribute(code, "Value") ?? "none");
  }
  if (codes[0] === STATUS_SUCCESS) return;
  const message = optionalChild(status, NS.protocol, "StatusMessage");
  const names = codes.map((code) => code.split(":").at(-1)).join(" / ") || "no status code";
  const said = [names, message && plainText(message)].filter(Boolean).join(": ");
  throw new SamlError(
    "status_not_success",
    `The identity provider refused the sign-in (${shorten(said)}). Its own log says why; usual reasons are a user who is not assigned to this application, or settings that differ from ours.`,
    { observed: said, expected: "Success" },
  );
}

function checkIssuer(issuer: Element, idpEntityId: string): void {
  const observed = plainText(issuer);
  if (observed === idpEntityId) return;
  throw new SamlError(
    "issuer_mismatch",
    "The message comes from another identity provider than the one of this connection. Compare the entity id (issuer) in the connection with the identity provider's.",
    { observed, expected: idpEntityId },
  );
}

function verifyIfSigned(element: Element, keys: readonly TrustedKey[]): boolean {
  const signature = signatureOf(element);
  if (signature) verifySignature(element, signature, keys);
  return signature !== undefined;
}

function onlyAssertion(survey: Survey): Element {
  const [assertion] = survey.assertions;
  if (assertion) return assertion;
  throw new SamlError(
    "assertion_missing",
    "The response says Success but holds no assertion, so it names nobody.",
  );
}

/** The decrypted document is surveyed like the outer one, since it can hide the same things. */
function openAssertion(found: Element, expectations: Expectations): Element {
  if (isNamed(found, NS.assertion, "Assertion")) return plainAssertion(found, expectations);
  const assertion = decryptAssertion(found, expectations.decryptionKeys ?? []);
  refuseMisplacedParts(assertion, surveyDocument(assertion));
  return assertion;
}

function plainAssertion(assertion: Element, { mustBeEncrypted }: Expectations): Element {
  if (!mustBeEncrypted) return assertion;
  throw new SamlError(
    "encryption_missing",
    "The assertion is not encrypted, but the connection wants it so. Give the identity provider the encryption certificate from the connection's metadata and switch encryption on there, or off for the connection.",
    { observed: "Assertion", expected: "EncryptedAssertion" },
  );
}

function requireSignatures(wanted: Expectations["signed"], response: boolean, assertion: boolean): void {
  const fits = {
    response,
    assertion,
    both: response && assertion,
    either: response || assertion,
  }[wanted];
  if (fits === true) return;
  const observed = response
    ? "only the response is signed"
    : assertion
      ? "only the assertion is signed"
      : "nothing is signed";
  const expected = {
    response: "a signed response",
    assertion: "a signed assertion",
    both: "a signed response and a signed assertion",
    either: "a signed response or a signed assertion",
  }[wanted];
  throw new SamlError(
    "signature_missing",
    `In this message ${observed}, but the connection wants ${expected}. Change what the identity provider signs, or the signing option of the connection.`,
    { observed, expected },
  );
}

type Judgement = { expectations: Expectations; now: Date; isResponseSigned: boolean };

function judgeAssertion(response: Element, assertion: Element, judgement: Judgement): VerifiedAssertion {
  const { expectations, now, isResponseSigned } = judgement;
  const window = { now, skewSeconds: expectations.clockSkewSeconds };
  checkVersion(assertion);
  checkIssuer(requiredChild(assertion, NS.assertion, "Issuer"), expectations.idpEntityId);
  const confirmedUntil = checkSubjectConfirmation(assertion, expectations, window, isResponseSigned);
  const validUntil = checkConditions(assertion, expectations.audience, window) ?? confirmedUntil;
  const session = readSession(assertion);
  checkSessionEnd(session.sessionNotOnOrAfter, window);
  const refusedFrom = Math.min(confirmedUntil.getTime(), validUntil.getTime()) + window.skewSeconds * 1000;
  return {
    responseId: requiredId(response),
    assertionId: requiredId(assertion),
    issuer: expectations.idpEntityId,
    ...(expectations.inResponseTo === undefined ? {} : { inResponseTo: expectations.inResponseTo }),
    nameId: readNameId(assertion),
    ...session,
    attributes: readAttributes(assertion),
    conditionsNotOnOrAfter: new Date(refusedFrom),
  };
}

function requiredId(element: Element): string {
  const id = attribute(element, "ID");
  if (id) return id;
  throw new SamlError("element_missing", `${element.localName} has no ID.`);
}
