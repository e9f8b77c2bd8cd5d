/** What connections of the environment hold: social sign-in, sign-in by mail, passkeys. Also what must not be set. */
import { invalidArgument } from "../../errors.ts";
import { connectionErrors as errors } from "./errors.ts";
import { providerNames } from "./oauth-presets.ts";

/** OAuth 2.0 at a social provider; what is not given is the provider's preset. */
export interface OAuthSettings {
  authorizeUri?: string;
  tokenUri?: string;
  userInfoUri?: string;
  clientId?: string;
  scopes?: string[];
  /** On unless switched off, or the provider is known not to take it. */
  pkceEnabled?: boolean;
  prompt?: string;
  accessType?: string;
  tokenAccessType?: string;
  /** The name of the scope parameter where it is not `scope`. */
  customScopeName?: string;
  /** Microsoft: a tenant's id or one of `tenantWords`; any tenant when empty. */
  tenantId?: string;
  appName?: string;
  optionalScopes?: { scopes: string[]; fieldName: string };
  extraAuthorizeParams?: Record<string, string>;
  syncUserProfileOnLogin?: boolean;
}

/** Our side of a social connection: the path is registered at the provider. */
export function oauthAddresses(publicUrl: string, connectionId: string): { redirectUri: string } {
  return { redirectUri: `${publicUrl}/sso/v1/oauth/${connectionId}/callback` };
}

/** Sign-in by mail. */
export interface PasswordlessSettings {
  type?: "LINK" | "OTP" | "LINK_OTP";
  frequency?: number;
  /** Seconds that a code or link stays valid. */
  validity?: number;
  enforceSameBrowserOrigin?: boolean;
  codeChallengeLength?: number;
  codeChallengeType?: "NUMERIC" | "ALPHANUMERIC";
  regenerateOnResend?: boolean;
}

/** Passkeys: the contract's WebAuthConfiguration as JSON, with the field names of the contract. */
export interface WebauthnSettings {
  rp?: { ids?: string[]; origins?: string[] };
  [part: string]: unknown;
}

/** In place of a tenant's id: any account, work accounts only, private accounts only. */
export const tenantWords = ["common", "organizations", "consumers"];

/**
 * What the authorization request sets itself or has a setting for (RFC 6749 section 4.1.1, RFC 7636, OIDC Core
 * 3.1.2.1, RFC 9101). Set twice, a parameter would say one thing to us and another to the provider.
 */
const reservedParameters = new Set(
  [
    ...["response_type", "response_mode", "client_id", "client_secret", "redirect_uri", "scope", "state"],
    ...["nonce", "code", "code_challenge", "code_challenge_method", "code_verifier", "grant_type"],
    ...["request", "request_uri", "registration", "prompt", "login_hint", "id_token_hint"],
  ].map((name) => name.toLowerCase()),
);
const parameterName = /^[A-Za-z0-9_.-]{1,64}$/;
const longestParameter = 1_000;
const mostParameters = 20;
const mostScopes = 100;
const promptWord = /^(none|login|consent|select_account)$/;
const scopeToken = /^[\x21\x23-\x5B\x5D-\x7E]{1,255}$/;
/** What follows the authority in Microsoft's token address. */
export const microsoftTokenPath = /\/[^/]+\/oauth2\/v2\.0\/token$/;
const tenantId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** @throws CONNECTION_PROVIDER_UNSUPPORTED, CONNECTION_PARAMETER_RESERVED, INVALID_ARGUMENT naming the field */
export function checkOAuth(provider: string, settings: OAuthSettings): void {
  if (!providerNames.includes(provider)) {
    throw errors.CONNECTION_PROVIDER_UNSUPPORTED(provider, providerNames.join(", "));
  }
  const tenant = settings.tenantId ?? "";
  if (tenant !== "" && !tenantWords.includes(tenant) && !tenantId.test(tenant)) {
    throw refused("tenant_id", `must be the tenant's id (a UUID) or one of ${tenantWords.join(", ")}`);
  }
  if (provider === "MICROSOFT" && settings.tokenUri && !microsoftTokenPath.test(settings.tokenUri)) {
    throw refused("token_uri", "must end in /<tenant>/oauth2/v2.0/token, below which its keys are found");
  }
  for (const word of (settings.prompt ?? "").split(" ").filter(Boolean)) {
    if (!promptWord.test(word)) throw refused("prompt", "must be none, login, consent or select_account");
  }
  const scopes = [...(settings.scopes ?? []), ...(settings.optionalScopes?.scopes ?? [])];
  if (scopes.length > mostScopes) throw refused("scopes", `must be at most ${mostScopes}`);
  for (const scope of scopes) {
    if (!scopeToken.test(scope))
      throw refused("scopes", "must be names without spaces (RFC 6749 section 3.3)");
  }
  const extra = Object.entries(settings.extraAuthorizeParams ?? {});
  if (extra.length > mostParameters) throw refused(extraField, `must be at most ${mostParameters}`);
  for (const [name, value] of extra) {
    checkParameter(extraField, name);
    if (value.length > longestParameter)
      throw refused(extraField, `must have values of at most ${longestParameter} characters`);
  }
  checkParameter("optional_scopes.field_name", settings.optionalScopes?.fieldName ?? "");
  const { customScopeName = "" } = settings;
  if (customScopeName !== "scope") checkParameter("custom_scope_name", customScopeName);
}

const extraField = "extensions.extra_authorize_params";

function checkParameter(field: string, name: string): void {
  if (name === "" && field !== extraField) return;
  if (reservedParameters.has(name.toLowerCase())) throw errors.CONNECTION_PARAMETER_RESERVED(field, name);
  if (!parameterName.test(name)) throw refused(field, "must be names of letters, digits, dots and dashes");
}

const validity = { least: 60, most: 86_400 };
const codeLengths = [5, 6];

/** @throws INVALID_ARGUMENT naming the field */
export function checkPasswordless(settings: PasswordlessSettings): void {
  const { validity: seconds, codeChallengeLength: length } = settings;
  if (seconds !== undefined && (seconds < validity.least || seconds > validity.most)) {
    throw refused("validity", `must be ${validity.least} to ${validity.most} seconds`);
  }
  if (length !== undefined && !codeLengths.includes(length)) {
    throw refused("code_challenge_length", `must be ${codeLengths.join(" or ")}`);
  }
}

const hostName = /^(localhost|([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/;

/**
 * A passkey's relying party is a domain, and an origin may use it only below that domain (WebAuthn level 2, section
 * 5.1.3).
 * @param schemes that origins may have
 * @throws INVALID_ARGUMENT naming the field
 */
export function checkWebauthn(settings: WebauthnSettings, schemes: readonly string[]): void {
  const { ids = [], origins = [] } = settings.rp ?? {};
  if (!ids.every((id) => hostName.test(id))) throw refused("rp.ids", "must be domain names in lower case");
  for (const origin of origins) {
    const url = URL.parse(origin);
    if (url?.origin !== origin || !schemes.includes(url.protocol)) {
      throw refused("rp.origins", "must be origins such as https://app.example.com, without a path");
    }
    const under = ids.some((id) => url.hostname === id || url.hostname.endsWith(`.${id}`));
    if (!under) throw refused("rp.origins", `must be at or below one of rp.ids, and ${origin} is not`);
  }
}

function refused(field: string, rule: string) {
  return invalidArgument(field, "connection.setting", `value ${rule}`);
}
