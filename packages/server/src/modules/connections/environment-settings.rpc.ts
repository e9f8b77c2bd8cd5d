/** The settings of the environment's connections: from the contract's messages to ours, and back. */
import { fromJson, type JsonValue, type MessageInitShape, toJson } from "@bufbuild/protobuf";
import {
  CodeChallengeType,
  type ConnectionSchema,
  type OAuthConnectionConfig,
  type OAuthConnectionConfigSchema,
  type PasswordLessConfig,
  type PasswordLessConfigSchema,
  PasswordlessType,
  type UpdateConnection,
  type WebAuthConfiguration,
  WebAuthConfigurationSchema,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { invalidArgument } from "../../errors.ts";
import type { Connection, ConnectionPatch } from "./connections.ts";
import {
  type OAuthSettings,
  oauthAddresses,
  type PasswordlessSettings,
  type WebauthnSettings,
} from "./environment-settings.ts";
import { connectionErrors as errors } from "./errors.ts";

/** @throws CONNECTION_SETTING_UNSUPPORTED, INVALID_ARGUMENT for a number that the contract does not have */
export function environmentPatch(settings: UpdateConnection["settings"]): Partial<ConnectionPatch> {
  switch (settings.case) {
    case "oauthConfig":
      return {
        oauth: oauthSettings(settings.value),
        ...(settings.value.clientSecret && { clientSecret: settings.value.clientSecret }),
      };
    case "passwordlessConfig":
      return { passwordless: passwordlessSettings(settings.value) };
    case "webauthnConfig":
      return { webauthn: webauthnSettings(settings.value) };
    default:
      return {};
  }
}

/** What a connection of the environment shows of its settings. Secrets are no part of it. */
export function toEnvironmentSettings(
  row: Connection,
  publicUrl: string,
): NonNullable<MessageInitShape<typeof ConnectionSchema>["settings"]> {
  if (row.type === "OAUTH") return { case: "oauthConfig", value: toOAuthConfig(row, publicUrl) };
  if (row.type === "PASSWORDLESS") {
    return { case: "passwordlessConfig", value: toPasswordlessConfig(row.settings as PasswordlessSettings) };
  }
  const value = fromJson(WebAuthConfigurationSchema, row.settings as JsonValue, {
    ignoreUnknownFields: true,
  });
  return { case: "webauthnConfig", value };
}

function oauthSettings(config: OAuthConnectionConfig): OAuthSettings {
  if (config.usePlatformCreds) throw errors.CONNECTION_SETTING_UNSUPPORTED("use_platform_creds");
  if (config.extensions?.smart) throw errors.CONNECTION_SETTING_UNSUPPORTED("extensions.smart");
  return {
    ...present({
      authorizeUri: config.authorizeUri,
      tokenUri: config.tokenUri,
      userInfoUri: config.userInfoUri,
      clientId: config.clientId,
      pkceEnabled: config.pkceEnabled,
      prompt: config.prompt,
      accessType: config.accessType,
      tokenAccessType: config.tokenAccessType,
      customScopeName: config.customScopeName,
      tenantId: config.tenantId,
      appName: config.appName,
      syncUserProfileOnLogin: config.syncUserProfileOnLogin,
    }),
    ...(config.scopes.length > 0 && { scopes: config.scopes }),
    ...(config.optionalScopes && {
      optionalScopes: { scopes: config.optionalScopes.scopes, fieldName: config.optionalScopes.fieldName },
    }),
    ...(config.extensions && { extraAuthorizeParams: config.extensions.extraAuthorizeParams }),
  };
}

function toOAuthConfig(
  row: Connection,
  publicUrl: string,
): MessageInitShape<typeof OAuthConnectionConfigSchema> {
  const { scopes, optionalScopes, extraAuthorizeParams, pkceEnabled, ...texts } =
    row.settings as OAuthSettings;
  return {
    ...texts,
    scopes: scopes ?? [],
    redirectUri: oauthAddresses(publicUrl, row.id).redirectUri,
    ...present({ pkceEnabled }),
    usePlatformCreds: false,
    ...(optionalScopes && { optionalScopes }),
    ...(extraAuthorizeParams && { extensions: { extraAuthorizeParams } }),
  };
}

function passwordlessSettings(config: PasswordLessConfig): PasswordlessSettings {
  const type = nameOf(PasswordlessType, config.type, "type");
  const codeType = nameOf(CodeChallengeType, config.codeChallengeType ?? 0, "code_challenge_type");
  return {
    ...(type && { type: type as NonNullable<PasswordlessSettings["type"]> }),
    ...(codeType && { codeChallengeType: codeType as "NUMERIC" | "ALPHANUMERIC" }),
    ...present({
      frequency: config.frequency,
      validity: config.validity,
      enforceSameBrowserOrigin: config.enforceSameBrowserOrigin,
      codeChallengeLength: config.codeChallengeLength,
      regenerateOnResend: config.regeneratePasswordlessCredentialsOnResend,
    }),
  };
}

function toPasswordlessConfig(
  settings: PasswordlessSettings,
): MessageInitShape<typeof PasswordLessConfigSchema> {
  const { type, codeChallengeType, regenerateOnResend, ...rest } = settings;
  return {
    ...rest,
    ...(type && { type: PasswordlessType[type] }),
    ...(codeChallengeType && { codeChallengeType: CodeChallengeType[codeChallengeType] }),
    ...present({ regeneratePasswordlessCredentialsOnResend: regenerateOnResend }),
  };
}

/** Plain switches are written out even when off: what is not written would stay on when settings are merged. */
function webauthnSettings(config: WebAuthConfiguration): WebauthnSettings {
  const json = toJson(WebAuthConfigurationSchema, config, {
    useProtoFieldName: true,
    alwaysEmitImplicit: true,
  });
  return json as unknown as WebauthnSettings;
}

/** The name of an enum's value; undefined for the one that means nothing was sent. */
function nameOf(names: Record<number, string>, value: number, field: string): string | undefined {
  if (value === 0) return undefined;
  const name = names[value];
  if (name === undefined)
    throw invalidArgument(field, "enum.defined_only", "value must be one of the defined enum values");
  return name;
}

/** Only the fields that have a value. */
function present<T extends Record<string, unknown>>(
  fields: T,
): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
