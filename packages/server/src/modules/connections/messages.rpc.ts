/** From rows to the contract's messages of a connection. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  ConfigurationType,
  ConnectionProvider,
  type ConnectionSchema,
  ConnectionStatus,
  ConnectionType,
  type ListConnectionSchema,
  NameIdFormat,
  type OIDCConnectionConfigSchema,
  OIDCScope,
  RequestBinding,
  type SAMLConnectionConfigResponseSchema,
  SAMLSigningOptions,
  TokenAuthType,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import type { Ctx } from "../../context.ts";
import { toDomain } from "../domains/messages.rpc.ts";
import * as environments from "../environments/environments.ts";
import * as certificates from "./certificates.ts";
import type { Connection, ListedConnection, Switched } from "./connections.ts";
import { leadingDomains } from "./domains-of-connection.ts";
import { toEnvironmentSettings } from "./environment-settings.rpc.ts";
import { type OidcSettings, oidcAddresses, type SamlSettings, samlAddresses } from "./settings.ts";

export async function toConnection(
  ctx: Ctx,
  row: Connection,
): Promise<MessageInitShape<typeof ConnectionSchema>> {
  const { publicUrl } = await environments.current(ctx);
  return {
    id: row.id,
    provider: providerOf(row),
    type: ConnectionType[row.type as keyof typeof ConnectionType],
    status: ConnectionStatus[row.status as keyof typeof ConnectionStatus],
    enabled: row.enabled,
    debugEnabled: row.debug_enabled,
    ...(row.organization_id !== null && { organizationId: row.organization_id }),
    uiButtonTitle: row.ui_button_title,
    configurationType: ConfigurationType[row.configuration_type as keyof typeof ConfigurationType],
    testConnectionUri: isSignInByMailOrPasskey(row)
      ? ""
      : `${publicUrl}/sso/v1/${row.type.toLowerCase()}/${row.id}/test`,
    attributeMapping: row.attribute_mapping as Record<string, string>,
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    ...(row.key_id !== null && { keyId: row.key_id }),
    providerKey: row.provider_key,
    domains: await domainsOf(ctx, row),
    settings: await settingsOf(ctx, row, publicUrl),
  };
}

async function settingsOf(ctx: Ctx, row: Connection, publicUrl: string) {
  if (row.type === "SAML")
    return { case: "samlConfig", value: await toSamlConfig(ctx, row, publicUrl) } as const;
  if (row.type === "OIDC") return { case: "oidcConfig", value: toOidcConfig(row, publicUrl) } as const;
  return toEnvironmentSettings(row, publicUrl);
}

function isSignInByMailOrPasskey(row: Connection): boolean {
  return row.type === "PASSWORDLESS" || row.type === "WEBAUTHN";
}

/** The rows of a list; the domains of all their organizations are read at once. */
export async function toListed(
  ctx: Ctx,
  rows: readonly ListedConnection[],
): Promise<MessageInitShape<typeof ListConnectionSchema>[]> {
  const organizationIds = rows.map((row) => row.organization_id);
  const leading = Map.groupBy(await leadingDomains(ctx, organizationIds), (domain) => domain.leads_to);
  return rows.map((row) => ({
    id: row.id,
    provider: providerOf(row),
    type: ConnectionType[row.type as keyof typeof ConnectionType],
    status: ConnectionStatus[row.status as keyof typeof ConnectionStatus],
    enabled: row.enabled,
    organizationId: row.organization_id ?? "",
    organizationName: row.organization_name,
    uiButtonTitle: row.ui_button_title,
    domains: (leading.get(row.id) ?? []).map(({ domain }) => domain),
    providerKey: row.provider_key,
    keyId: row.key_id ?? "",
    createdAt: timestampFromDate(row.created_at),
  }));
}

async function domainsOf(ctx: Ctx, row: Connection) {
  const leading = await leadingDomains(ctx, [row.organization_id]);
  return leading.filter((domain) => domain.leads_to === row.id).map(toDomain);
}

/** The provider that was named, by number or, where the number is left out, by key. */
export function providerNamed(provider: ConnectionProvider, key: string): string {
  if (provider !== ConnectionProvider.CONNECTION_PROVIDER_UNSPECIFIED) return ConnectionProvider[provider];
  return Object.values(ConnectionProvider).includes(key) ? key : "CUSTOM";
}

export function toSwitched({ enabled, problem }: Switched) {
  return { enabled, ...(problem !== undefined && { errorMessage: problem }) };
}

function providerOf(row: Connection): ConnectionProvider {
  return ConnectionProvider[row.provider as keyof typeof ConnectionProvider];
}

async function toSamlConfig(
  ctx: Ctx,
  row: Connection,
  publicUrl: string,
): Promise<MessageInitShape<typeof SAMLConnectionConfigResponseSchema>> {
  const saml = row.settings as SamlSettings;
  const ours = samlAddresses(publicUrl, row.id, saml);
  return {
    spEntityId: ours.entityId,
    spAssertionUrl: ours.assertionUrl,
    spMetadataUrl: ours.metadataUrl,
    spSloUrl: ours.sloUrl,
    ...sent({
      idpMetadataUrl: saml.idpMetadataUrl,
      idpEntityId: saml.idpEntityId,
      idpSsoUrl: saml.idpSsoUrl,
      idpSloUrl: saml.idpSloUrl,
      uiButtonTitle: saml.uiButtonTitle,
      defaultRedirectUri: saml.defaultRedirectUri,
      certificateId: saml.certificateId,
      syncUserProfileOnLogin: saml.syncUserProfileOnLogin,
    }),
    forceAuthn: saml.forceAuthn ?? false,
    assertionEncrypted: saml.assertionEncrypted ?? false,
    wantRequestSigned: saml.wantRequestSigned ?? false,
    allowIdpInitiatedLogin: saml.allowIdpInitiatedLogin ?? true,
    idpSloRequired: saml.idpSloRequired ?? false,
    idpSloRequestBinding: RequestBinding[saml.idpSloBinding ?? "HTTP_REDIRECT"],
    jitProvisioningWithSsoEnabled: saml.jitProvisioning ?? true,
    idpNameIdFormat: NameIdFormat[saml.nameIdFormat ?? "EMAIL"],
    idpSsoRequestBinding: RequestBinding[saml.idpSsoBinding ?? "HTTP_REDIRECT"],
    samlSigningOption: SAMLSigningOptions[saml.signingOption ?? "SAML_ONLY_ASSERTION_SIGNING"],
    idpCertificates: (await certificates.list(ctx, row.id)).map((certificate) => ({
      id: certificate.id,
      certificate: certificate.certificate,
      issuer: certificate.issuer,
      createTime: timestampFromDate(certificate.created_at),
      expiryTime: timestampFromDate(certificate.expires_at),
    })),
  };
}

/** The secret never leaves; that there is one shows in the connection's status. */
function toOidcConfig(
  row: Connection,
  publicUrl: string,
): MessageInitShape<typeof OIDCConnectionConfigSchema> {
  const oidc = row.settings as OidcSettings;
  const ours = oidcAddresses(publicUrl, row.id);
  return {
    ...sent({
      issuer: oidc.issuer,
      discoveryEndpoint: oidc.discoveryEndpoint,
      authorizeUri: oidc.authorizeUri,
      tokenUri: oidc.tokenUri,
      userInfoUri: oidc.userInfoUri,
      jwksUri: oidc.jwksUri,
      clientId: oidc.clientId,
      syncUserProfileOnLogin: oidc.syncUserProfileOnLogin,
    }),
    scopes: (oidc.scopes ?? []).map((scope) => OIDCScope[scope as keyof typeof OIDCScope]),
    tokenAuthType: TokenAuthType[oidc.tokenAuthType ?? "URL_PARAMS"],
    redirectUri: ours.redirectUri,
    postLogoutRedirectUri: ours.postLogoutRedirectUri,
    backchannelLogoutRedirectUri: ours.backchannelLogoutUri,
    pkceEnabled: oidc.pkceEnabled ?? false,
    idpLogoutRequired: oidc.idpLogoutRequired ?? false,
    jitProvisioningWithSsoEnabled: oidc.jitProvisioning ?? true,
  };
}

/** Only the fields that have a value. */
function sent<T extends Record<string, unknown>>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}
