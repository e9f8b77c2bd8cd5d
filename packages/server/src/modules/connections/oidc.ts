/**
 * OpenID Connect connections as a relying party: the request that begins a leg, and the exchange of the code
 * for a verified identity. The protocol is openid-client's, over our guarded fetch and clock.
 */
import { compactVerify } from "jose";
import type * as openid from "openid-client";
import type { Ctx } from "../../context.ts";
import type { AppError } from "../../errors.ts";
import { newSecret } from "../../lib/secrets.ts";
import { NAME_ID_FORMAT } from "../../protocols/saml/names.ts";
import { mapProfile } from "../../protocols/saml/profile.ts";
import * as environments from "../environments/environments.ts";
import type { Upstream } from "../sessions/sessions.ts";
import { note, type Trace } from "../traces/trace.ts";
import { declaredOf, mappingOf } from "./attributes.ts";
import type { Connection } from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { oidcAttempt } from "./oidc-attempt.ts";
import { providerOf, signatureAlgorithms } from "./oidc-provider.ts";
import { type OidcAddresses, type OidcSettings, oidcAddresses } from "./settings.ts";
import {
  beginLeg,
  type Departure,
  type Identity,
  type LegOptions,
  missingEmail,
  newHandle,
  noteProfile,
  type Proof,
  type SsoRequest,
  takeLeg,
  verifierOf,
} from "./sign-in.ts";

const defaultScopes = ["openid", "profile", "email"];
/** The relying party's side of a connection. */
export async function addresses(ctx: Ctx, connection: Connection): Promise<OidcAddresses> {
  const { publicUrl } = await environments.current(ctx);
  return oidcAddresses(publicUrl, connection.id);
}

/** Begins a leg: the authentication request on its way to the provider (OIDC Core 3.1.2.1). */
export async function begin(ctx: Ctx, connection: Connection, options: LegOptions): Promise<Departure> {
  const client = await import("openid-client");
  const settings = connection.settings as OidcSettings;
  const { configuration: provider } = await providerOf(ctx, connection);
  const handle = newHandle();
  const nonce = newSecret();
  // PKCE also where it is not asked for, unless the provider says that it knows no S256: it costs nothing.
  const pkce = settings.pkceEnabled === true || provider.serverMetadata().supportsPKCE();
  const verifier = pkce ? client.randomPKCECodeVerifier() : undefined;
  const { redirectUri } = await addresses(ctx, connection);
  const scope = (settings.scopes?.length ? settings.scopes : defaultScopes).join(" ");
  const { issuer, authorization_endpoint: endpoint = "" } = provider.serverMetadata();
  await beginLeg(ctx, connection, options, {
    handle,
    nonce,
    ...(verifier !== undefined && { verifier }),
    sent: { sent_to: endpoint, issuer, client_id: settings.clientId ?? "", redirect_uri: redirectUri, scope },
  });
  const url = client.buildAuthorizationUrl(provider, {
    redirect_uri: redirectUri,
    scope,
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
  trace: Trace,
): Promise<Proof> {
  const names = [...answer.keys()].slice(0, 20).join(", ");
  note(trace, "response_received", ctx.now(), { parameters: names, issuer: answer.get("iss") ?? "" });
  if (answer.has("error")) throw refusalOf(answer);
  // Before the code is sent: a provider that sees it twice ends what it gave for it (RFC 6749 section 4.1.2).
  await takeLeg(ctx, leg);
  const client = await import("openid-client");
  const { configuration, keys } = await providerOf(ctx, connection);
  const { redirectUri } = await addresses(ctx, connection);
  const verifier = verifierOf(ctx, leg);
  // Asked for while the code is exchanged; whoever needs them and finds none asks again and says why it failed.
  if (!keys.fresh) keys.reload().catch(() => undefined);
  const tokens = await oidcAttempt(client, async () => {
    const answered = await client.authorizationCodeGrant(configuration, new URL(`${redirectUri}?${answer}`), {
      expectedState: answer.get("state") ?? "",
      expectedNonce: leg.nonce ?? "",
      idTokenExpected: true,
      ...(verifier !== undefined && { pkceCodeVerifier: verifier }),
    });
    // The library trusts TLS to the token endpoint in place of the signature (OIDC Core 3.1.3.7, number 6).
    await compactVerify(answered.id_token ?? "", keys, { algorithms: signatureAlgorithms });
    return answered;
  });
  const claims = tokens.claims();
  if (!claims) throw errors.invalid_id_token("the provider sent none");
  note(
    trace,
    "tokens_received",
    ctx.now(),
    { issuer: claims.iss },
    { id_token_claims: JSON.stringify(claims) },
  );
  const profile = await withUserInfo(ctx, client, configuration, tokens.access_token, claims);
  const identity = await identityOf(ctx, connection, claims.sub, profile);
  noteProfile(trace, ctx.now(), identity, profile);
  return {
    identity: { ...identity, upstream: upstreamOf(ctx, connection, claims, tokens.id_token) },
    legTaken: true,
    ...(claims.auth_time !== undefined && { authenticatedAt: new Date(claims.auth_time * 1000) }),
  };
}

/** An address has room for no longer one, and a logout does without the hint. */
const longestHint = 6_000;

/** What a logout of either side names, and the hint that a provider wants where the connection asks it to sign out. */
function upstreamOf(
  ctx: Ctx,
  connection: Connection,
  { sub, sid }: openid.IDToken,
  idToken: string | undefined,
): Upstream {
  const { idpLogoutRequired } = connection.settings as OidcSettings;
  const kept = idpLogoutRequired && idToken !== undefined && idToken.length <= longestHint;
  return {
    subject: sub,
    ...(typeof sid === "string" && sid !== "" && { session: sid }),
    ...(kept && {
      idTokenSealed: ctx.app.keys.seal(idToken, idTokenContext(connection, sub)).toString("base64"),
    }),
  };
}

/** The ID token of a sign-in, as a hint for the provider; undefined when it was not kept. */
export function keptIdToken(ctx: Ctx, connection: Connection, upstream: Upstream): string | undefined {
  if (upstream.idTokenSealed === undefined) return undefined;
  const sealed = Buffer.from(upstream.idTokenSealed, "base64");
  return ctx.app.keys.open(sealed, idTokenContext(connection, upstream.subject)).toString("utf8");
}

function idTokenContext(connection: Connection, sub: string): string {
  return `session_organizations.upstream:${connection.id}:${sub}`;
}

type Claims = Record<string, unknown>;

/** The claims of the ID token, completed from the UserInfo endpoint where the address is not among them. */
async function withUserInfo(
  ctx: Ctx,
  client: typeof openid,
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

async function identityOf(ctx: Ctx, connection: Connection, sub: string, claims: Claims): Promise<Identity> {
  const attributes: Record<string, string[]> = Object.create(null);
  for (const [name, value] of Object.entries(claims)) {
    const values = (Array.isArray(value) ? value : [value]).filter((item) => typeof item !== "object");
    if (values.length > 0) attributes[name] = values.map(String);
  }
  const mapping = await mappingOf(ctx, connection);
  // A subject is opaque (OIDC Core 2): one that looks like an address is none.
  const nameId = { value: sub, format: NAME_ID_FORMAT.persistent };
  const { email, rejectedEmail, custom: read, ...profile } = mapProfile({ nameId, attributes }, mapping);
  if (!email) throw missingEmail(Object.keys(claims), rejectedEmail);
  const organizationId = connection.organization_id ?? "";
  // Some providers write the boolean as text.
  const emailVerified = String(claims.email_verified ?? "") !== "false";
  return {
    ...profile,
    ...(await declaredOf(ctx, read)),
    email,
    emailVerified,
    connectionId: connection.id,
    organizationId,
    subject: sub,
  };
}

/** The provider's own refusal, at the redirect URI (RFC 6749 section 4.1.2.1). */
export function refusalOf(answer: URLSearchParams): AppError {
  const code = (answer.get("error") ?? "").slice(0, 60);
  const text = (answer.get("error_description") ?? "").slice(0, 300);
  const observed = text === "" ? code : `${text} (${code})`;
  return errors.access_denied(observed).with({ evidence: { reason: "provider_refused", observed } });
}
