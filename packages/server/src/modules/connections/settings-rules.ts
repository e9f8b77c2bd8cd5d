/** What the settings of a connection must not say, and when they mean another identity provider than before. */
import type { Ctx } from "../../context.ts";
import type { Connection } from "./connections.store.ts";
import {
  checkOAuth,
  checkPasswordless,
  checkWebauthn,
  type OAuthSettings,
  type PasswordlessSettings,
  type WebauthnSettings,
} from "./environment-settings.ts";
import { connectionErrors as errors } from "./errors.ts";
import { endpointsOf } from "./oauth-presets.ts";
import type { OidcSettings, SamlSettings } from "./settings.ts";

/** The settings of a connection whose type is still to be looked at. */
export type AnySettings = SamlSettings & OidcSettings & OAuthSettings;

const urlFields: Record<string, string> = {
  idpMetadataUrl: "idp_metadata_url",
  idpSsoUrl: "idp_sso_url",
  idpSloUrl: "idp_slo_url",
  spAssertionUrl: "sp_assertion_url",
  spSloUrl: "sp_slo_url",
  defaultRedirectUri: "default_redirect_uri",
  issuer: "issuer",
  discoveryEndpoint: "discovery_endpoint",
  authorizeUri: "authorize_uri",
  tokenUri: "token_uri",
  userInfoUri: "user_info_uri",
  jwksUri: "jwks_uri",
};

/**
 * Refuses settings that a connection of this type must not have.
 * @param provider a name of the contract's ConnectionProvider
 * @throws CONNECTION_URL_INVALID, CONNECTION_SLO_URL_MISSING, and those of `environment-settings.ts`
 */
export function checkSettings(ctx: Ctx, provider: string, type: string, settings: AnySettings): void {
  const schemes = ctx.app.config.mode === "development" ? ["https:", "http:"] : ["https:"];
  checkUrls(schemes, { ...settings });
  if (type === "SAML") checkSingleLogout(settings);
  if (type === "OAUTH") checkOAuth(provider, settings);
  if (type === "PASSWORDLESS") checkPasswordless(settings as PasswordlessSettings);
  if (type === "WEBAUTHN") checkWebauthn(settings as WebauthnSettings, schemes);
}

/** A sign-out that is to go on at the identity provider must lead somewhere. */
function checkSingleLogout({ idpSloRequired, idpSloUrl }: SamlSettings): void {
  if (idpSloRequired && !idpSloUrl) throw errors.CONNECTION_SLO_URL_MISSING();
}

/** Identity providers are reached over https; http is for development only, where the guarded fetch decides. */
function checkUrls(schemes: readonly string[], settings: Record<string, unknown>): void {
  for (const [key, field] of Object.entries(urlFields)) {
    const value = settings[key];
    if (typeof value !== "string" || value === "") continue;
    const url = URL.parse(value);
    if (!url || !schemes.includes(url.protocol))
      throw errors.CONNECTION_URL_INVALID(field, value.slice(0, 200));
  }
}

/** A subject is a name given by one identity provider: at another one it may be another person's. */
export function namesAnotherProvider(
  connection: Connection,
  provider: string,
  settings: AnySettings,
): boolean {
  const before = connection.settings as AnySettings;
  if (connection.type === "OAUTH") {
    const sourceOf = (name: string, of: AnySettings) =>
      `${endpointsOf(name, of).userInfoUri} ${of.tokenUri ?? ""}`;
    return sourceOf(connection.provider, before) !== sourceOf(provider, settings);
  }
  const known = connection.type === "SAML" ? before.idpEntityId : before.issuer;
  const named = connection.type === "SAML" ? settings.idpEntityId : settings.issuer;
  return Boolean(known) && known !== named;
}
