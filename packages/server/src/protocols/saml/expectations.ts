/** What the service provider knows before it reads a response, and the answer it gets. */
import type { KeyObject } from "node:crypto";
import { SamlError } from "./saml-error.ts";

export type Expectations = {
  idpEntityId: string;
  /** PEM (one or several blocks each) or bare base64. */
  certificates: readonly string[];
  /** The service provider's entity id. */
  audience: string;
  acsUrl: string;
  /** The id of our AuthnRequest; undefined = an unsolicited response is allowed, and an answer to a request is not. */
  inResponseTo: string | undefined;
  /** What must be signed. Every signature that is there must be valid anyway. */
  signed: "response" | "assertion" | "both" | "either";
  clockSkewSeconds: number;
  /** Refuses an assertion that is not encrypted; one that is encrypted is opened either way. */
  mustBeEncrypted?: boolean;
  /** The service provider's private keys for encrypted assertions, newest first. */
  decryptionKeys?: readonly KeyObject[];
};

export type NameId = { value: string; format?: string; nameQualifier?: string; spNameQualifier?: string };

export type VerifiedAssertion = {
  responseId: string;
  assertionId: string;
  issuer: string;
  inResponseTo?: string;
  nameId: NameId;
  sessionIndex?: string;
  authnInstant?: Date;
  sessionNotOnOrAfter?: Date;
  /** Without prototype. Attribute name to values; FriendlyName too, where it names only one attribute. */
  attributes: Record<string, string[]>;
  /** From this instant on the assertion is refused anyway (clock skew included): remember its id until then. */
  conditionsNotOnOrAfter: Date;
};

/**
 * Refuses expectations that would let a check pass by being empty.
 *
 * @param expectations - as the connection is set up
 * @param now - the instant of judgement
 * @throws {SamlError} `connection_incomplete`
 * @throws {RangeError} for an invalid date or a negative skew, which are faults of the caller
 */
export function refuseEmptyExpectations(expectations: Expectations, now: Date): void {
  for (const field of ["idpEntityId", "audience", "acsUrl"] as const) {
    if (expectations[field]) continue;
    throw new SamlError(
      "connection_incomplete",
      `The connection has no ${field}. Complete its SAML settings.`,
      {
        expected: field,
      },
    );
  }
  if (expectations.inResponseTo === "") throw new RangeError("inResponseTo is empty; use undefined for none");
  if (Number.isNaN(now.getTime())) throw new RangeError("now is not a date");
  if (!(expectations.clockSkewSeconds >= 0 && expectations.clockSkewSeconds <= 3600)) {
    throw new RangeError("clockSkewSeconds must be between 0 and 3600");
  }
}
