/**
 * OpenID providers as a relying party knows them: their endpoints by discovery or by hand, their keys, and how we
 * prove ourselves to them. All that is asked of them goes through the guarded fetch.
 */
import { createRemoteJWKSet, customFetch, type RemoteJWKSet } from "jose";
import type * as openid from "openid-client";
import type { Ctx } from "../../context.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { oidcAttempt } from "./oidc-attempt.ts";
import type { OidcSettings } from "./settings.ts";

/** How long a provider's discovery document is believed before it is read again. */
const discoveryTtlSeconds = 600;
const outboundTimeoutMs = 10_000;
/** Public-key algorithms only: with HMAC the provider's public key, which all know, could serve as the secret. */
export const signatureAlgorithms =
  "RS256 RS384 RS512 PS256 PS384 PS512 ES256 ES384 ES512 EdDSA Ed25519".split(" ");

/** A provider as openid-client knows it, with the keys that sign its ID tokens. */
export interface Provider {
  configuration: openid.Configuration;
  keys: RemoteJWKSet;
}

/**
 * Kept until the connection changes or its discovery grows old.
 * @throws server_error, invalid_id_token when discovery fails or is another issuer's
 */
export async function providerOf(ctx: Ctx, connection: Connection): Promise<Provider> {
  const key = `${connection.id}:${connection.updated_at.getTime()}`;
  const load = async () => {
    const configuration = await configure(ctx, connection);
    return { configuration, keys: keysOf(ctx, configuration) };
  };
  return ctx.app.cache.get("oidc_providers", key, load, { ttlSeconds: discoveryTtlSeconds });
}

/** A key id that is not known is asked for at once: whoever can show one has passed the token endpoint. */
function keysOf(ctx: Ctx, configuration: openid.Configuration): RemoteJWKSet {
  const { jwks_uri: uri } = configuration.serverMetadata();
  if (uri === undefined || !URL.canParse(uri))
    throw errors.server_error("its discovery document names no jwks_uri");
  const settings = {
    [customFetch]: (url: string, options: { signal: AbortSignal; headers: Headers }) =>
      ctx.app.fetch(url, {
        headers: options.headers,
        signal: options.signal,
        redirect: "error",
        timeoutMs: outboundTimeoutMs,
      }),
    cooldownDuration: 0,
    timeoutDuration: outboundTimeoutMs,
  };
  return createRemoteJWKSet(new URL(uri), settings);
}

async function configure(ctx: Ctx, connection: Connection): Promise<openid.Configuration> {
  const client = await import("openid-client");
  const settings = connection.settings as OidcSettings;
  const secret = connections.clientSecret(ctx, connection);
  const authentication = clientAuthentication(client, settings, secret);
  const metadata = {
    [client.clockTolerance]: 120,
    [client.clockSkew]: Math.round((ctx.now().getTime() - Date.now()) / 1000),
  };
  const clientId = settings.clientId ?? "";
  const manual = manualMetadata(settings);
  const provider = manual
    ? new client.Configuration(manual, clientId, metadata, authentication)
    : await discover(ctx, client, settings, { clientId, metadata, authentication });
  provider[client.customFetch] = guardedFetch(ctx);
  provider.timeout = outboundTimeoutMs / 1000;
  allowHttpInDevelopment(ctx, client, provider);
  return provider;
}

async function discover(
  ctx: Ctx,
  client: Client,
  settings: OidcSettings,
  us: { clientId: string; metadata: Partial<openid.ClientMetadata>; authentication: openid.ClientAuth },
): Promise<openid.Configuration> {
  const issuer = new URL(settings.issuer ?? "");
  const document = settings.discoveryEndpoint ? new URL(settings.discoveryEndpoint) : undefined;
  const found = await oidcAttempt(client, () =>
    client.discovery(document ?? issuer, us.clientId, us.metadata, us.authentication, {
      [client.customFetch]: guardedFetch(ctx),
      timeout: outboundTimeoutMs / 1000,
      ...(ctx.app.config.mode === "development" && { execute: [client.allowInsecureRequests] }),
    }),
  );
  const seen = found.serverMetadata().issuer;
  if (seen !== settings.issuer && seen !== `${settings.issuer}/` && `${seen}/` !== settings.issuer) {
    const problem = `the provider calls itself ${seen}, and the connection names ${settings.issuer}`;
    const evidence = { reason: "provider_issuer_mismatch", observed: seen, expected: settings.issuer };
    throw errors.invalid_id_token(problem).with({ evidence });
  }
  return found;
}

function manualMetadata(settings: OidcSettings): openid.ServerMetadata | undefined {
  const { issuer, authorizeUri, tokenUri, jwksUri, userInfoUri } = settings;
  if (!issuer || !authorizeUri || !tokenUri || !jwksUri) return undefined;
  return {
    issuer,
    authorization_endpoint: authorizeUri,
    token_endpoint: tokenUri,
    jwks_uri: jwksUri,
    id_token_signing_alg_values_supported: signatureAlgorithms,
    ...(userInfoUri && { userinfo_endpoint: userInfoUri }),
  };
}

function clientAuthentication(
  client: Client,
  settings: OidcSettings,
  secret: string | undefined,
): openid.ClientAuth {
  if (secret === undefined) return client.None();
  return settings.tokenAuthType === "BASIC_AUTH"
    ? client.ClientSecretBasic(secret)
    : client.ClientSecretPost(secret);
}

function guardedFetch(ctx: Ctx): openid.CustomFetch {
  return (url, options) =>
    ctx.app.fetch(url, {
      method: options.method,
      headers: options.headers,
      body: options.body ?? null,
      redirect: "manual",
      signal: options.signal,
      timeoutMs: outboundTimeoutMs,
    });
}

/** Which http addresses may be reached is the guarded fetch's business; without this none could be. */
function allowHttpInDevelopment(ctx: Ctx, client: Client, provider: openid.Configuration): void {
  if (ctx.app.config.mode === "development") client.allowInsecureRequests(provider);
}

type Client = typeof openid;
