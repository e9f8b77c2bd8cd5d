/** What a connection knows of its identity provider, as the rows hold it. */

export const signingOptions = [
  "SAML_ONLY_RESPONSE_SIGNING",
  "SAML_ONLY_ASSERTION_SIGNING",
  "SAML_RESPONSE_ASSERTION_SIGNING",
  "SAML_RESPONSE_OR_ASSERTION_SIGNING",
] as const;
export type SigningOption = (typeof signingOptions)[number];
export type Binding = "HTTP_POST" | "HTTP_REDIRECT";
export type NameIdFormat = "UNSPECIFIED" | "EMAIL" | "TRANSIENT" | "PERSISTENT";

/** Settings that both kinds of connection have. */
interface CommonSettings {
  /** Rewrites the user's profile at each sign-in. */
  syncUserProfileOnLogin?: boolean;
  /** Unknown users of a verified domain are let in; on unless switched off. */
  jitProvisioning?: boolean;
}

/** SAML 2.0: the identity provider's side, and what a migrating customer keeps of ours. */
export interface SamlSettings extends CommonSettings {
  idpMetadataUrl?: string;
  idpEntityId?: string;
  idpSsoUrl?: string;
  idpSsoBinding?: Binding;
  idpSloUrl?: string;
  idpSloBinding?: Binding;
  /** Ends the session at the identity provider, too, when the user signs out here. */
  idpSloRequired?: boolean;
  nameIdFormat?: NameIdFormat;
  signingOption?: SigningOption;
  forceAuthn?: boolean;
  /** Our requests are signed with the certificate of `certificateId`. */
  wantRequestSigned?: boolean;
  /** Of the environment's own certificates (`cer_…`); the newest when left out. */
  certificateId?: string;
  /** The identity provider encrypts assertions to our certificates; one that does not is refused. */
  assertionEncrypted?: boolean;
  /** A response that nobody asked for starts a sign-in; on unless switched off. */
  allowIdpInitiatedLogin?: boolean;
  defaultRedirectUri?: string;
  uiButtonTitle?: string;
  spEntityId?: string;
  spAssertionUrl?: string;
  spSloUrl?: string;
}

/** OpenID Connect: endpoints come from discovery unless they are given. */
export interface OidcSettings extends CommonSettings {
  issuer?: string;
  discoveryEndpoint?: string;
  authorizeUri?: string;
  tokenUri?: string;
  userInfoUri?: string;
  jwksUri?: string;
  clientId?: string;
  scopes?: string[];
  tokenAuthType?: "URL_PARAMS" | "BASIC_AUTH";
  pkceEnabled?: boolean;
  /** Ends the session at the provider, too, when the user signs out here. */
  idpLogoutRequired?: boolean;
}

/** Where the service provider's side of a SAML connection stands. Paths are fixed: they are in customers' IdPs. */
export interface SamlAddresses {
  entityId: string;
  assertionUrl: string;
  metadataUrl: string;
  sloUrl: string;
  /** All that single logout is taken at: `sloUrl`, and both forms of our own address. */
  sloUrls: string[];
}

export function samlAddresses(
  publicUrl: string,
  connectionId: string,
  settings: SamlSettings,
): SamlAddresses {
  const base = `${publicUrl}/sso/v1/saml/${connectionId}`;
  const sloUrl = settings.spSloUrl || `${base}/slo`;
  return {
    entityId: settings.spEntityId || base,
    assertionUrl: settings.spAssertionUrl || `${base}/callback`,
    metadataUrl: `${base}/metadata`,
    sloUrl,
    sloUrls: [sloUrl, `${base}/slo`, `${base}/slo/callback`],
  };
}

/** The same for OpenID Connect. */
export interface OidcAddresses {
  redirectUri: string;
  postLogoutRedirectUri: string;
  backchannelLogoutUri: string;
}

export function oidcAddresses(publicUrl: string, connectionId: string): OidcAddresses {
  const base = `${publicUrl}/sso/v1/oidc/${connectionId}`;
  return {
    redirectUri: `${base}/callback`,
    postLogoutRedirectUri: `${base}/logout/callback`,
    backchannelLogoutUri: `${base}/backchannel-logout`,
  };
}
