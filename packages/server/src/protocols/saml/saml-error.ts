/**
 * What can go wrong in SAML: one class, a table of fine reasons and the public code that each belongs to.
 * The codes are those of the integration error table that clients switch on; the reasons are for traces and portals.
 */

export type SamlErrorCode =
  | "invalid_saml_metadata"
  | "invalid_saml_response"
  | "invalid_saml_request"
  | "malformed_saml_response"
  | "signature_validation_failed"
  | "invalid_acs_url"
  | "invalid_status"
  | "assertion_expired"
  | "response_expired";

const CODE_OF_REASON = {
  not_base64: "malformed_saml_response",
  too_large: "malformed_saml_response",
  encoding_unsupported: "malformed_saml_response",
  doctype_refused: "malformed_saml_response",
  xml_malformed: "malformed_saml_response",
  xml_too_complex: "malformed_saml_response",
  xml_unusual: "malformed_saml_response",
  duplicate_id: "malformed_saml_response",
  not_a_response: "malformed_saml_response",
  element_missing: "malformed_saml_response",
  time_malformed: "malformed_saml_response",

  version_unsupported: "invalid_saml_response",
  issuer_mismatch: "invalid_saml_response",
  audience_missing: "invalid_saml_response",
  audience_mismatch: "invalid_saml_response",
  in_response_to_mismatch: "invalid_saml_response",
  unsolicited: "invalid_saml_response",
  not_yet_valid: "invalid_saml_response",
  condition_unknown: "invalid_saml_response",
  assertion_missing: "invalid_saml_response",
  subject_confirmation_missing: "invalid_saml_response",
  encrypted_assertion_unreadable: "invalid_saml_response",
  encrypted_name_id: "invalid_saml_response",
  decryption_key_missing: "invalid_saml_response",
  weak_encryption: "invalid_saml_response",
  encryption_unsupported: "invalid_saml_response",
  encryption_missing: "invalid_saml_response",

  destination_mismatch: "invalid_acs_url",
  recipient_mismatch: "invalid_acs_url",

  status_not_success: "invalid_status",

  assertion_expired: "assertion_expired",
  session_expired: "assertion_expired",
  response_expired: "response_expired",

  signature_missing: "signature_validation_failed",
  signature_wrapped: "signature_validation_failed",
  signature_malformed: "signature_validation_failed",
  multiple_signed_info: "signature_validation_failed",
  multiple_references: "signature_validation_failed",
  digest_comment: "signature_validation_failed",
  digest_mismatch: "signature_validation_failed",
  signature_mismatch: "signature_validation_failed",
  transform_refused: "signature_validation_failed",
  weak_algorithm: "signature_validation_failed",
  algorithm_unsupported: "signature_validation_failed",
  certificate_expired: "signature_validation_failed",

  certificate_missing: "invalid_saml_metadata",
  certificate_unreadable: "invalid_saml_metadata",
  private_key_pasted: "invalid_saml_metadata",
  too_many_certificates: "invalid_saml_metadata",
  not_metadata: "invalid_saml_metadata",
  not_an_idp: "invalid_saml_metadata",
  several_idps: "invalid_saml_metadata",
  entity_id_missing: "invalid_saml_metadata",
  sso_location_missing: "invalid_saml_metadata",
  url_refused: "invalid_saml_metadata",
  connection_incomplete: "invalid_saml_metadata",

  not_a_logout_message: "invalid_saml_request",
  not_deflated: "invalid_saml_request",
  parameter_repeated: "invalid_saml_request",
  logout_expired: "invalid_saml_request",
  logout_unsigned: "signature_validation_failed",
  logout_destination_mismatch: "invalid_saml_request",
  logout_answer_mismatch: "invalid_saml_request",
  logout_incomplete: "invalid_status",
  request_invalid: "invalid_saml_request",
  relay_state_too_long: "invalid_saml_request",
} as const satisfies Record<string, SamlErrorCode>;

export type SamlErrorReason = keyof typeof CODE_OF_REASON;

export type SamlErrorDetail = {
  /** What the message held; shortened, since it comes from outside. */
  observed?: string;
  /** What it should have held. */
  expected?: string;
  /** Overrides the code of the reason, for a rule that serves responses and metadata alike. */
  code?: SamlErrorCode;
  cause?: unknown;
};

const OBSERVED_LIMIT = 300;

/** A refusal. `message` says what was seen, what was expected and what to do; `code` and `reason` are stable. */
export class SamlError extends Error {
  override readonly name = "SamlError";
  readonly code: SamlErrorCode;
  readonly reason: SamlErrorReason;
  readonly observed?: string;
  readonly expected?: string;

  constructor(reason: SamlErrorReason, message: string, detail: SamlErrorDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.reason = reason;
    this.code = detail.code ?? CODE_OF_REASON[reason];
    if (detail.observed !== undefined) this.observed = shorten(detail.observed);
    if (detail.expected !== undefined) this.expected = detail.expected;
  }
}

/**
 * Cuts text from outside to a length that fits a message.
 *
 * @param text - any length
 * @returns at most 300 characters
 */
export function shorten(text: string): string {
  return text.length > OBSERVED_LIMIT ? `${text.slice(0, OBSERVED_LIMIT - 1)}…` : text;
}
