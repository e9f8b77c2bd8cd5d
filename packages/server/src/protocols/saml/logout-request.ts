/** The request to end a person's sessions (SAML core 3.7.1): ours to the identity provider, and its to us. */
import type { NameId } from "./expectations.ts";
import { checkEnvelope, type LogoutClock, type LogoutMessage } from "./logout-message.ts";
import { NS } from "./names.ts";
import { readNameIdIn } from "./read-claims.ts";
import { childrenNamed, plainText, timeAttribute } from "./read-elements.ts";
import { SamlError } from "./saml-error.ts";
import { element, escapeXml } from "./write-xml.ts";

export type LogoutRequestInput = {
  /** Unguessable, unique, and an XML name: starts with a letter or "_". */
  id: string;
  issueInstant: Date;
  /** Our entity id. */
  issuer: string;
  /** The identity provider's single logout URL. */
  destination: string;
  /** As the identity provider wrote it: it knows the person by nothing else. */
  nameId: NameId;
  sessionIndex?: string | undefined;
};

const LIFETIME_SECONDS = 300;

/**
 * Writes a LogoutRequest, good for five minutes.
 *
 * @param input - see the type
 * @returns the XML, unsigned
 */
export function buildLogoutRequest(input: LogoutRequestInput): string {
  const { value, format, nameQualifier, spNameQualifier } = input.nameId;
  const attributes = {
    "xmlns:samlp": NS.protocol,
    "xmlns:saml": NS.assertion,
    ID: input.id,
    Version: "2.0",
    IssueInstant: input.issueInstant.toISOString(),
    Destination: input.destination,
    NotOnOrAfter: new Date(input.issueInstant.getTime() + LIFETIME_SECONDS * 1000).toISOString(),
  };
  const name = { NameQualifier: nameQualifier, SPNameQualifier: spNameQualifier, Format: format };
  const session =
    input.sessionIndex === undefined
      ? []
      : [element("samlp:SessionIndex", {}, [escapeXml(input.sessionIndex)])];
  return element("samlp:LogoutRequest", attributes, [
    element("saml:Issuer", {}, [escapeXml(input.issuer)]),
    element("saml:NameID", name, [escapeXml(value)]),
    ...session,
  ]);
}

export type LogoutRequest = {
  id: string;
  nameId: NameId;
  /** Empty = all sessions of the person (SAML core 3.7.3.2). */
  sessionIndexes: string[];
  /** From this instant on the request is refused anyway (clock skew included): remember its id until then. */
  refusedFrom: Date;
};

// Without NotOnOrAfter; long enough for a browser that is slow, short enough that ids need not be remembered for long.
const LONGEST_AGE_SECONDS = 600;

/**
 * Reads whom an identity provider wants signed out (SAML profiles 4.4.3.1).
 *
 * Replay is the caller's: remember `id` until `refusedFrom`.
 *
 * @param message - authenticated, see `authenticateLogout`
 * @param clock - `clockSkewSeconds` in seconds
 * @returns who and which sessions
 * @throws {SamlError} `logout_expired`, `not_yet_valid`, `element_missing`, `encrypted_name_id`, `version_unsupported`
 */
export function readLogoutRequest(
  { root }: LogoutMessage,
  { now, clockSkewSeconds }: LogoutClock,
): LogoutRequest {
  const { id, issueInstant } = checkEnvelope(root, { now, clockSkewSeconds });
  const end =
    timeAttribute(root, "NotOnOrAfter") ?? new Date(issueInstant.getTime() + LONGEST_AGE_SECONDS * 1000);
  const refusedFrom = new Date(end.getTime() + clockSkewSeconds * 1000);
  if (now.getTime() >= refusedFrom.getTime()) {
    throw new SamlError(
      "logout_expired",
      "The LogoutRequest has expired. Sign out again; if it happens each time, check the time of the identity provider and of this server.",
      { observed: `valid until ${end.toISOString()}`, expected: `after ${now.toISOString()}` },
    );
  }
  const indexes = childrenNamed(root, NS.protocol, "SessionIndex").map(plainText);
  return { id, nameId: readNameIdIn(root), sessionIndexes: indexes.filter(Boolean), refusedFrom };
}
