/**
 * How the simulated identity providers misbehave when they are told to: one row for each way. Pages offer the rows,
 * `saml-misbehaviours.ts` and `oidc-misbehaviours.ts` carry them out, and tests walk them. The keys are stable.
 */

export type Protocol = "SAML" | "OpenID Connect";

/** Where the page shows a row. */
export const groups = ["Time", "Addressee", "Signature", "User", "Provider"] as const;
export type Group = (typeof groups)[number];

/** What the app receives; "" where no answer ever reaches it. The reason is what the trace names below it. */
interface End {
  error: string;
  reason?: string;
}

interface Row {
  label: string;
  group: Group;
  /** By the protocols in which a provider can misbehave so. */
  ends: Readonly<Partial<Record<Protocol, End>>>;
}

const saml = (error: string, reason?: string) => ({ SAML: { error, ...(reason && { reason }) } });
const oidc = (error: string, reason?: string) => ({
  "OpenID Connect": { error, ...(reason && { reason }) },
});

const rows = {
  expired: {
    label: "Expired",
    group: "Time",
    ends: {
      ...saml("response_expired", "response_expired"),
      ...oidc("invalid_id_token", "id_token_expired"),
    },
  },
  early: {
    label: "Not valid yet",
    group: "Time",
    ends: {
      ...saml("invalid_saml_response", "not_yet_valid"),
      ...oidc("invalid_id_token", "id_token_not_yet_valid"),
    },
  },
  // Only the second use is refused.
  replayed: { label: "Used twice", group: "Time", ends: saml("invalid_saml_response", "assertion_replayed") },

  wrong_audience: {
    label: "Wrong audience",
    group: "Addressee",
    ends: {
      ...saml("invalid_saml_response", "audience_mismatch"),
      ...oidc("invalid_id_token", "id_token_audience_mismatch"),
    },
  },
  wrong_recipient: {
    label: "Wrong recipient",
    group: "Addressee",
    ends: saml("invalid_acs_url", "recipient_mismatch"),
  },
  wrong_issuer: {
    label: "Wrong issuer",
    group: "Addressee",
    ends: {
      ...saml("invalid_saml_response", "issuer_mismatch"),
      ...oidc("invalid_id_token", "id_token_issuer_mismatch"),
    },
  },
  wrong_nonce: {
    label: "Wrong nonce",
    group: "Addressee",
    ends: oidc("invalid_id_token", "id_token_nonce_mismatch"),
  },

  unsigned: {
    label: "Unsigned",
    group: "Signature",
    ends: {
      ...saml("signature_validation_failed", "signature_missing"),
      ...oidc("invalid_id_token", "id_token_unsigned"),
    },
  },
  old_key: {
    label: "Signed by an old key",
    group: "Signature",
    ends: {
      ...saml("signature_validation_failed", "signature_mismatch"),
      ...oidc("invalid_id_token", "id_token_key_unknown"),
    },
  },
  public_key_secret: {
    label: "HMAC with the public key",
    group: "Signature",
    ends: oidc("invalid_id_token", "id_token_algorithm_refused"),
  },
  wrong_encryption: {
    label: "Encrypted with the wrong key",
    group: "Signature",
    ends: saml("invalid_saml_response", "encrypted_assertion_unreadable"),
  },

  missing_email: {
    label: "No e-mail address",
    group: "User",
    ends: { ...saml("mandatory_attribute_missing"), ...oidc("mandatory_attribute_missing") },
  },
  unverified_email: { label: "Unverified e-mail address", group: "User", ends: oidc("unauthorized") },

  // In SAML only the browser talks to the provider: a slow one is a user who waits, and nothing that we could show.
  slow: { label: "Slow (15 s)", group: "Provider", ends: oidc("server_error", "provider_too_slow") },
  down: {
    label: "Down",
    group: "Provider",
    ends: { ...saml(""), ...oidc("server_error", "provider_failing") },
  },
} satisfies Record<string, Row>;

export type MisbehaviourKey = keyof typeof rows;

export interface Misbehaviour extends Row {
  key: MisbehaviourKey;
}

/** All rows, in the order of the page. */
export const misbehaviours: readonly Misbehaviour[] = Object.entries(rows).map(([key, row]) => ({
  key: key as MisbehaviourKey,
  ...row,
}));

/** The ways in which a provider of this protocol can misbehave. */
export function misbehavioursOf(protocol: Protocol): Misbehaviour[] {
  return misbehaviours.filter(({ ends }) => ends[protocol] !== undefined);
}
