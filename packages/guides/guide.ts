/**
 * What a set-up guide is: plain data, which the admin portal and docs/guides/ render. Texts are sentences with two
 * marks, where Markdown and the portal agree: `**label**` for what stands in the provider's console, and backticks
 * for what is typed or read exactly so.
 */

/** Values of a connection that an administrator copies to the identity provider, by their names in the contract. */
export const gatehouseValues = {
  SAML: ["sp_entity_id", "sp_assertion_url", "sp_metadata_url", "sp_slo_url"],
  OIDC: ["redirect_uri", "post_logout_redirect_uri", "backchannel_logout_redirect_uri"],
} as const;

/** What is copied back, by the contract's field names; `xml` is the field of ImportIdpMetadata. */
export const gatehouseFields = {
  SAML: ["idp_metadata_url", "idp_entity_id", "idp_sso_url", "idp_certificate", "idp_slo_url", "xml"],
  OIDC: ["issuer", "client_id", "client_secret"],
} as const;

export type Protocol = "SAML" | "OIDC";
export type GatehouseValue = (typeof gatehouseValues)[Protocol][number];
export type GatehouseField = (typeof gatehouseFields)[Protocol][number];

/** Names of the contract's enum ConnectionProvider that a guide can be for. */
export type ProviderKey =
  | "OKTA"
  | "GOOGLE"
  | "MICROSOFT_AD"
  | "AUTH0"
  | "ONELOGIN"
  | "PING_IDENTITY"
  | "JUMPCLOUD"
  | "ADFS"
  | "CUSTOM";

/** An identity provider and the ways to connect it; one page of docs/guides/. */
export interface ProviderGuides {
  /** Of the page's address, such as `entra-id`. */
  slug: string;
  /** The `provider` that a connection made by these guides gets. */
  provider: ProviderKey;
  /** As the vendor writes it. */
  title: string;
  /** Where the console is, which of the guides to choose, and which labels may read differently. */
  about: readonly string[];
  guides: readonly Guide[];
}

/** One way to connect a provider, from its empty console to the first sign-in. */
export interface Guide {
  /** Unique among all guides, such as `okta-saml`. */
  id: string;
  title: string;
  protocol: Protocol;
  /** In the order in which they are done. */
  steps: readonly Step[];
  attributes: readonly Attribute[];
  mistakes: readonly Mistake[];
  /** Renewal of certificates and secrets, signed requests, encryption, sign-out. */
  notes: readonly Note[];
}

export interface Step {
  title: string;
  /** What to do there, a sentence or two each. */
  text: readonly string[];
  copy?: readonly Copy[];
  code?: Code;
}

export type Copy = CopyToProvider | CopyToGatehouse;

/** A value of ours, and the field of the provider's console that takes it. */
export interface CopyToProvider {
  to: "provider";
  value: GatehouseValue;
  label: string;
  note?: string;
}

/** A value of the provider's console, and the field of the connection that takes it. */
export interface CopyToGatehouse {
  to: "gatehouse";
  field: GatehouseField;
  label: string;
  note?: string;
}

/** What is pasted as a whole; `{sp_entity_id}` and the like stand for our values. */
export interface Code {
  language: "json" | "xml";
  text: string;
}

/** One line of the table of attributes. */
export interface Attribute {
  /** The field of the user's profile in Gatehouse. */
  ours: "email" | "givenName" | "familyName" | "groups";
  /** What the attribute is called in the assertion or the ID token; known to Gatehouse without a mapping. */
  name: string;
  /** What to choose or to type at the provider. */
  source: string;
  note?: string;
}

/** What goes wrong often, how it shows, and how to mend it. */
export interface Mistake {
  mistake: string;
  shows: ShownByGatehouse | ShownByProvider;
  fix: string;
}

/** A code of docs/errors.md; `reason` is finer and stands in the trace of the sign-in. */
export interface ShownByGatehouse {
  code: string;
  reason?: string;
}

/** The browser never comes back: the provider's own page says it. */
export interface ShownByProvider {
  provider: string;
}

export interface Note {
  title: string;
  text: readonly string[];
}
