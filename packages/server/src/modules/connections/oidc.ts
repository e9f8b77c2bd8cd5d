/**
 * OpenID Connect connections as a relying party: the request that begins a leg, and the exchange of the code
 * for a verified identity. The protocol is openid-client's, over our guarded fetch and clock.
 */
import type * as openid from "openid-client";
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { OutboundError } from "../../lib/outbound-error.ts";
import { newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { type OidcAddresses, type OidcSettings, oidcAddresses } from "./settings.ts";
import {
  beginLeg,
  type Departure,
  type Identity,
  type LegOptions,
  newHandle,
  type Proof,
  type SsoRequest,
  verifierOf,
} from "./sign-in.ts";

const defaultScopes = ["openid", "profile", "email"];
/** How long a provider's discovery document is believed before it is read again. */
const discoveryTtlSeconds = 600;
const outboundTimeoutMs = 10_000;

/** The relying party's side of a connection. */
export async function addresses(ctx: Ctx, connection: Connection): Promise<OidcAddresses> {
  const { publicUrl } = await environments.current(ctx);
  return oidcAddresses(publicUrl, connection.id);
}

/** Begins a leg: the authentication request on its way to the provider (OIDC Core 3.1.2.1). */
export async function begin(ctx: Ctx, connection: Connection, options: LegOptions): Promise<Departure> {
  const client = await import("openid-client");
  const settings = connection.settings as OidcSettings;
  const provider = await providerOf(ctx, connection);
  const handle = newHandle();
  const nonce = newSecret();
  // PKCE also where it is not asked for, unless the provider says that it knows no S256: it costs nothing.
  const pkce = settings.pkceEnabled === true || provider.serverMetadata().supportsPKCE();
  const verifier = pkce ? client.randomPKCECodeVerifier() : undefined;
  await beginLeg(ctx, connection, options, { handle, nonce, ...(verifier !== undefined && { verifier }) });
  const url = client.buildAuthorizationUrl(provider, {
    redirect_uri: (await addresses(ctx, connection)).redirectUri,
    scope: (settings.scopes?.length ? settings.scopes : defaultScopes).join(" "),
    state: handle,
    nonce,
    ...(verifier !== undefined && {
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
    }),
    ...(options.loginHint !== "" && { login_hint: options.loginHint }),
    ...(options.forceAuthentication && { prompt: "login" }),
  });
  return { to: "url", url: url.href };
}

/**
 * Exchanges the code of an answer and verifies the ID token: signature, issuer, audience, nonce and times
 * (OIDC Core 3.1.3.7); the issuer of the answer, too, where the provider gives one (RFC 9207).
 * @param answer the query of the callback
 * @throws AppError with a code of the integration error table
 */
export async function verify(
  ctx: Ctx,
  connection: Connection,
  leg: SsoRequest,
  answer: URLSearchParams,
): Promise<Proof> {
  if (answer.has("error")) throw refusal(answer);
  const client = await import("openid-client");
  const provider = await providerOf(ctx, connection);
  const { redirectUri } = await addresses(ctx, connection);
  const verifier = verifierOf(ctx, leg);
  const tokens = await oidcAttempt(client, () =>
    client.authorizationCodeGrant(provider, new URL(`${redirectUri}?${answer}`), {
      expectedState: answer.get("state") ?? "",
      expectedNonce: leg.nonce ?? "",
      idTokenExpected: true,
      ...(verifier !== undefined && { pkceCodeVerifier: verifier }),
    }),
  );
  const claims = tokens.claims();
  if (!claims) throw errors.invalid_id_token("the provider sent none");
  const profile = await withUserInfo(ctx, client, provider, tokens.access_token, claims);
  return { identity: await identityOf(connection, claims.sub, profile) };
}

type Client = typeof openid;
type Claims = Record<string, unknown>;

/** A provider as openid-client knows it, kept until the connection changes or its discovery grows old. */
async function providerOf(ctx: Ctx, connection: Connection): Promise<openid.Configuration> {
  const key = `${connection.id}:${connection.updated_at.getTime()}`;
  return ctx.app.cache.get("oidc_providers", key, () => configure(ctx, connection), {
    ttlSeconds: discoveryTtlSeconds,
  });
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
    throw errors.invalid_id_token(
      `the provider calls itself ${seen}, and the connection names ${settings.issuer}`,
    );
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

/** The claims of the ID token, completed from the UserInfo endpoint where the address is not among them. */
async function withUserInfo(
  ctx: Ctx,
  client: Client,
  provider: openid.Configuration,
  accessToken: string,
  claims: openid.IDToken,
): Promise<Claims> {
  if (claims.email !== undefined || !provider.serverMetadata().userinfo_endpoint) return claims;
  try {
    return { ...(await client.fetchUserInfo(provider, accessToken, claims.sub)), ...claims };
  } catch (error) {
    ctx.log.info({ err: error }, "userinfo of an identity provider failed");
    throw errors.user_info_retrieve_failed((error as Error).message).because(error);
  }
}

async function identityOf(connection: Connection, sub: string, claims: Claims): Promise<Identity> {
  const { mapProfile } = await import("../../protocols/saml/profile.ts");
  const attributes: Record<string, string[]> = Object.create(null);
  for (const [name, value] of Object.entries(claims)) {
    const values = (Array.isArray(value) ? value : [value]).filter((item) => typeof item !== "object");
    if (values.length > 0) attributes[name] = values.map(String);
  }
  const mapping = connection.attribute_mapping as Record<string, string>;
  const { email, ...profile } = mapProfile({ nameId: { value: sub }, attributes }, mapping);
  if (!email) throw errors.mandatory_attribute_missing(Object.keys(claims).slice(0, 20).join(", "));
  const organizationId = connection.organization_id ?? "";
  return { ...profile, email, connectionId: connection.id, organizationId, subject: sub };
}

function refusal(answer: URLSearchParams): AppError {
  const code = (answer.get("error") ?? "").slice(0, 60);
  const text = (answer.get("error_description") ?? "").slice(0, 300);
  return errors.access_denied(text === "" ? code : `${text} (${code})`);
}

/** Turns what openid-client and the network throw into words for the app's developer and the customer's admin. */
async function oidcAttempt<T>(client: Client, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const cause = (error as { cause?: unknown }).cause;
    if (error instanceof AppError) throw error;
    if (error instanceof OutboundError) throw errors.server_error(error.message).because(error);
    if (cause instanceof OutboundError) throw errors.server_error(cause.message).because(error);
    if (error instanceof client.ResponseBodyError) {
      throw errors.failed_to_exchange_token(error.error_description ?? error.error).because(error);
    }
    if (error instanceof Error && (error as { code?: string }).code === "OAUTH_TIMEOUT") {
      throw errors.server_error("it took longer than 10 seconds").because(error);
    }
    if (error instanceof Error) throw errors.invalid_id_token(error.message).because(error);
    throw error;
  }
}
