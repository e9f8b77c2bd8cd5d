/** From the contract's UpdateConnection to a patch of ours: only what was sent. */
import {
  ConfigurationType,
  ConnectionProvider,
  ConnectionType,
  NameIdFormat,
  type OIDCConnectionConfig,
  OIDCScope,
  RequestBinding,
  type SAMLConnectionConfigRequest,
  SAMLSigningOptions,
  TokenAuthType,
  type UpdateConnection,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import type { ConnectionPatch } from "./connections.ts";
import { environmentPatch } from "./environment-settings.rpc.ts";
import { connectionErrors as errors } from "./errors.ts";
import type {
  Binding,
  NameIdFormat as Format,
  OidcSettings,
  SamlSettings,
  SigningOption,
} from "./settings.ts";

/** @throws CONNECTION_SETTING_UNSUPPORTED for a switch whose function is not built */
export function patchOf(update: UpdateConnection): ConnectionPatch {
  const { settings } = update;
  return {
    type: update.type === ConnectionType.INVALID ? undefined : ConnectionType[update.type],
    ...(update.provider !== 0 && { provider: ConnectionProvider[update.provider] }),
    ...(update.providerKey !== "" && { providerKey: update.providerKey }),
    ...given("keyId", update.keyId),
    ...given("debugEnabled", update.debugEnabled),
    ...given("uiButtonTitle", update.uiButtonTitle),
    ...(update.configurationType === ConfigurationType.DISCOVERY && {
      configurationType: "DISCOVERY" as const,
    }),
    ...(update.configurationType === ConfigurationType.MANUAL && { configurationType: "MANUAL" as const }),
    ...(Object.keys(update.attributeMapping).length > 0 && { attributeMapping: update.attributeMapping }),
    ...(settings.case === "samlConfig" && {
      saml: samlSettings(settings.value),
      ...given("idpCertificates", settings.value.idpCertificate),
    }),
    ...(settings.case === "oidcConfig" && {
      oidc: oidcSettings(settings.value),
      ...given("clientSecret", settings.value.clientSecret || undefined),
    }),
    ...environmentPatch(settings),
  };
}

function samlSettings(config: SAMLConnectionConfigRequest): SamlSettings {
  refuseUnbuilt({
    "saml_signing_option NO_SIGNING": config.samlSigningOption === SAMLSigningOptions.NO_SIGNING,
  });
  return {
    ...given("idpMetadataUrl", config.idpMetadataUrl),
    ...given("idpEntityId", config.idpEntityId),
    ...given("idpSsoUrl", config.idpSsoUrl),
    ...given("idpSloUrl", config.idpSloUrl),
    ...given("uiButtonTitle", config.uiButtonTitle),
    ...given("forceAuthn", config.forceAuthn),
    ...given("wantRequestSigned", config.wantRequestSigned),
    ...given("certificateId", config.certificateId),
    ...given("assertionEncrypted", config.assertionEncrypted),
    ...given("idpSloRequired", config.idpSloRequired),
    ...given("spSloUrl", config.spSloUrl),
    ...given("defaultRedirectUri", config.defaultRedirectUri),
    ...given("spEntityId", config.spEntityId),
    ...given("spAssertionUrl", config.spAssertionUrl),
    ...given("syncUserProfileOnLogin", config.syncUserProfileOnLogin),
    ...given("jitProvisioning", config.jitProvisioningWithSsoEnabled),
    ...(config.idpSsoRequestBinding !== 0 && {
      idpSsoBinding: RequestBinding[config.idpSsoRequestBinding] as Binding,
    }),
    ...(config.idpSloRequestBinding !== 0 && {
      idpSloBinding: RequestBinding[config.idpSloRequestBinding] as Binding,
    }),
    ...(config.idpNameIdFormat !== 0 && { nameIdFormat: NameIdFormat[config.idpNameIdFormat] as Format }),
    ...(config.samlSigningOption !== 0 && {
      signingOption: SAMLSigningOptions[config.samlSigningOption] as SigningOption,
    }),
  };
}

function oidcSettings(config: OIDCConnectionConfig): OidcSettings {
  return {
    ...given("issuer", config.issuer),
    ...given("discoveryEndpoint", config.discoveryEndpoint),
    ...given("authorizeUri", config.authorizeUri),
    ...given("tokenUri", config.tokenUri),
    ...given("userInfoUri", config.userInfoUri),
    ...given("jwksUri", config.jwksUri),
    ...given("clientId", config.clientId),
    ...given("pkceEnabled", config.pkceEnabled),
    ...given("idpLogoutRequired", config.idpLogoutRequired),
    ...given("syncUserProfileOnLogin", config.syncUserProfileOnLogin),
    ...given("jitProvisioning", config.jitProvisioningWithSsoEnabled),
    ...(config.scopes.length > 0 && { scopes: config.scopes.map((scope) => OIDCScope[scope]) }),
    ...(config.tokenAuthType !== 0 && {
      tokenAuthType: config.tokenAuthType === TokenAuthType.BASIC_AUTH ? "BASIC_AUTH" : "URL_PARAMS",
    }),
  };
}

function refuseUnbuilt(switches: Record<string, boolean | undefined>): void {
  for (const [field, on] of Object.entries(switches)) {
    if (on) throw errors.CONNECTION_SETTING_UNSUPPORTED(field);
  }
}

/** `{ [name]: value }`, or nothing when the value was not sent. */
function given<Name extends string, T>(name: Name, value: T | undefined): { [N in Name]?: T } {
  return (value === undefined ? {} : { [name]: value }) as { [N in Name]?: T };
}
