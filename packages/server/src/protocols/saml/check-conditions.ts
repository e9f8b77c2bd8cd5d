/** Judges whether a verified assertion is meant for us, for this request and for now (SAML profiles 4.1.4.3). */
import type { Element } from "@xmldom/xmldom";
import type { Expectations } from "./expectations.ts";
import { METHOD_BEARER, NS } from "./names.ts";
import {
  attribute,
  childElements,
  childrenNamed,
  isNamed,
  optionalChild,
  plainText,
  requiredChild,
  timeAttribute,
} from "./read-elements.ts";
import { SamlError } from "./saml-error.ts";

/** The judged window: `now` widened by the clock skew on both sides. */
export type Window = { now: Date; skewSeconds: number };

/**
 * Checks Conditions: validity, audience, and that every condition is known (SAML core 2.5.1).
 *
 * @param assertion - a verified Assertion
 * @param audience - our entity id
 * @param window - now and skew
 * @returns NotOnOrAfter, where given
 * @throws {SamlError} `not_yet_valid`, `assertion_expired`, `audience_missing`, `audience_mismatch`,
 *   `condition_unknown`
 */
export function checkConditions(assertion: Element, audience: string, window: Window): Date | undefined {
  const conditions = requiredChild(assertion, NS.assertion, "Conditions");
  refuseTooEarly(conditions, window);
  const notOnOrAfter = timeAttribute(conditions, "NotOnOrAfter");
  refuseTooLate(notOnOrAfter, window, "assertion_expired", "The assertion has expired");
  refuseUnknownConditions(conditions);
  checkAudience(conditions, audience);
  return notOnOrAfter;
}

/**
 * Checks that one bearer SubjectConfirmation fits: recipient, time, request (SAML profiles 4.1.4.2 and 4.1.4.3).
 *
 * @param assertion - a verified Assertion
 * @param expectations - ours
 * @param window - now and skew
 * @param isRequestSigned - true when a signature covers InResponseTo of the Response, so that an assertion may
 *   leave it out
 * @returns NotOnOrAfter of the confirmation that fits
 * @throws {SamlError} of the first confirmation, when none fits: `recipient_mismatch`, `response_expired`,
 *   `not_yet_valid`, `in_response_to_mismatch`, `subject_confirmation_missing`
 */
export function checkSubjectConfirmation(
  assertion: Element,
  expectations: Expectations,
  window: Window,
  isRequestSigned: boolean,
): Date {
  const subject = requiredChild(assertion, NS.assertion, "Subject");
  const bearers = childrenNamed(subject, NS.assertion, "SubjectConfirmation").filter(
    (confirmation) => attribute(confirmation, "Method") === METHOD_BEARER,
  );
  let firstRefusal: unknown;
  for (const bearer of bearers) {
    try {
      return checkBearer(bearer, expectations, window, isRequestSigned);
    } catch (error) {
      firstRefusal ??= error;
    }
  }
  throw firstRefusal ?? confirmationMissing("The assertion has no bearer SubjectConfirmation");
}

/**
 * Checks that the identity provider's own session has not ended.
 *
 * @param sessionNotOnOrAfter - of the AuthnStatement, where given
 * @param window - now and skew
 * @throws {SamlError} `session_expired`
 */
export function checkSessionEnd(sessionNotOnOrAfter: Date | undefined, window: Window): void {
  refuseTooLate(
    sessionNotOnOrAfter,
    window,
    "session_expired",
    "The session at the identity provider has ended",
  );
}

function checkBearer(
  bearer: Element,
  expectations: Expectations,
  window: Window,
  isRequestSigned: boolean,
): Date {
  const data = optionalChild(bearer, NS.assertion, "SubjectConfirmationData");
  if (!data) throw confirmationMissing("The bearer SubjectConfirmation has no SubjectConfirmationData");
  checkRecipient(data, expectations.acsUrl);
  const notOnOrAfter = timeAttribute(data, "NotOnOrAfter");
  if (!notOnOrAfter) throw confirmationMissing("The bearer SubjectConfirmation has no NotOnOrAfter");
  refuseTooEarly(data, window);
  refuseTooLate(notOnOrAfter, window, "response_expired", "The response has expired");
  const observed = attribute(data, "InResponseTo") || undefined;
  if (observed === undefined && isRequestSigned) return notOnOrAfter;
  checkInResponseTo(observed, expectations.inResponseTo, "The assertion");
  return notOnOrAfter;
}

/**
 * Checks which request is answered.
 *
 * @param observed - InResponseTo of the message, undefined when absent
 * @param expected - the id of our request, undefined when none is expected
 * @param what - the part that is judged, for the message
 * @throws {SamlError} `unsolicited`, `in_response_to_mismatch`
 */
export function checkInResponseTo(
  observed: string | undefined,
  expected: string | undefined,
  what: string,
): void {
  if (observed === expected) return;
  if (observed === undefined) {
    throw new SamlError(
      "unsolicited",
      `${what} answers no request, but a sign-in begun here was waiting for its answer. Start again from the application.`,
      { observed: "no InResponseTo", expected: expected ?? "" },
    );
  }
  throw new SamlError(
    "in_response_to_mismatch",
    `${what} answers another request than the one that this browser began. It may be old or stolen; start again from the application.`,
    { observed, expected: expected ?? "no InResponseTo" },
  );
}

function checkRecipient(data: Element, acsUrl: string): void {
  const observed = attribute(data, "Recipient");
  if (observed === acsUrl) return;
  throw new SamlError(
    "recipient_mismatch",
    "The assertion is addressed to another ACS URL. Set the ACS URL (single sign-on URL, reply URL) of this application at the identity provider.",
    { observed: observed ?? "no Recipient", expected: acsUrl },
  );
}

/** Several AudienceRestrictions must each contain us; within one, any Audience will do (SAML core 2.5.1.4). */
function checkAudience(conditions: Element, audience: string): void {
  const restrictions = childrenNamed(conditions, NS.assertion, "AudienceRestriction");
  const help = "Set the audience (entity id, identifier) of this application at the identity provider.";
  if (restrictions.length === 0) {
    throw new SamlError(
      "audience_missing",
      `The assertion names no audience, so it could be meant for anyone. ${help}`,
      {
        expected: audience,
      },
    );
  }
  for (const restriction of restrictions) {
    const audiences = childrenNamed(restriction, NS.assertion, "Audience").map(plainText);
    if (audiences.includes(audience)) continue;
    throw new SamlError("audience_mismatch", `The assertion is meant for another application. ${help}`, {
      observed: audiences.join(", ") || "no Audience",
      expected: audience,
    });
  }
}

function refuseUnknownConditions(conditions: Element): void {
  for (const child of childElements(conditions)) {
    const known = ["AudienceRestriction", "OneTimeUse", "ProxyRestriction"].some((name) =>
      isNamed(child, NS.assertion, name),
    );
    if (known) continue;
    throw new SamlError(
      "condition_unknown",
      `The assertion depends on a condition that is not known here (${child.localName}), and so is not valid.`,
      { observed: child.localName ?? "" },
    );
  }
}

function refuseTooEarly(element: Element, { now, skewSeconds }: Window): void {
  const notBefore = timeAttribute(element, "NotBefore");
  if (!notBefore || now.getTime() + skewSeconds * 1000 >= notBefore.getTime()) return;
  throw new SamlError(
    "not_yet_valid",
    "The assertion is not valid yet. One of the two clocks is wrong: check the time of the identity provider and of this server.",
    { observed: `valid from ${notBefore.toISOString()}`, expected: `at or before ${now.toISOString()}` },
  );
}

function refuseTooLate(
  notOnOrAfter: Date | undefined,
  { now, skewSeconds }: Window,
  reason: "assertion_expired" | "response_expired" | "session_expired",
  what: string,
): void {
  if (!notOnOrAfter || now.getTime() - skewSeconds * 1000 < notOnOrAfter.getTime()) return;
  throw new SamlError(
    reason,
    `${what}. Sign in again; if it happens each time, check the time of the identity provider and of this server.`,
    { observed: `valid until ${notOnOrAfter.toISOString()}`, expected: `after ${now.toISOString()}` },
  );
}

function confirmationMissing(what: string): SamlError {
  return new SamlError(
    "subject_confirmation_missing",
    `${what}, so it cannot be used for browser sign-in. Use the identity provider's standard web browser SSO profile.`,
  );
}
