/**
 * Social connections: sign-in by OAuth 2.0 at a provider that people have accounts of their own at. The request that
 * begins a leg, and the way from the code to who has signed in. What differs by provider is in `oauth-presets.ts`.
 */
import { createHash } from "node:crypto";
import type { Ctx } from "../../context.ts";
import { newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import { note, type Trace } from "../traces/trace.ts";
import { declaredOf, mappingOf } from "./attributes.ts";
import type { Connection } from "./connections.ts";
import * as connections from "./connections.ts";
import { type OAuthSettings, oauthAddresses } from "./environment-settings.ts";
import { connectionErrors as errors } from "./errors.ts";
import { exchangeCode, fetchProfile, type Tokens } from "./oauth-exchange.ts";
import { microsoftClaims } from "./oauth-microsoft.ts";
import type { Claims, Person } from "./oauth-people.ts";
import { endpointsOf, type Preset, presetOf } from "./oauth-presets.ts";
import { refusalOf } from "./oidc.ts";
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

/** Begins a leg: the authorization request on its way to the provider (RFC 6749 section 4.1.1, RFC 7636). */
export async function begin(ctx: Ctx, connection: Connection, options: LegOptions): Promise<Departure> {
  const settings = connection.settings as OAuthSettings;
  const preset = presetOf(connection.provider);
  const { authorizeUri } = endpointsOf(connection.provider, settings);
  const handle = newHandle();
  const nonce = preset.idToken ? newSecret() : undefined;
  const verifier = (settings.pkceEnabled ?? preset.pkce) ? newSecret() : undefined;
  const redirectUri = await redirectUriOf(ctx, connection);
  const scope = scopeOf(settings, preset);
  const client_id = settings.clientId ?? "";
  await beginLeg(ctx, connection, options, {
    handle,
    ...(nonce !== undefined && { nonce }),
    ...(verifier !== undefined && { verifier }),
    sent: { sent_to: authorizeUri, client_id, redirect_uri: redirectUri, scope },
  });
  const url = new URL(authorizeUri);
  const parameters = {
    // First, so that they can never stand in the place of ours.
    ...settings.extraAuthorizeParams,
    ...wishesOf(settings, preset, options),
    response_type: "code",
    client_id,
    redirect_uri: redirectUri,
    [settings.customScopeName || "scope"]: scope,
    state: handle,
    nonce,
    code_challenge: verifier && createHash("sha256").update(verifier).digest("base64url"),
    code_challenge_method: verifier && "S256",
  };
  for (const [name, value] of Object.entries(parameters)) if (value) url.searchParams.set(name, value);
  return { to: "url", url: url.href };
}

function scopeOf(settings: OAuthSettings, { scopes, alwaysScope }: Preset): string {
  const wanted = settings.scopes?.length ? settings.scopes : scopes;
  return [...new Set([...wanted, ...(alwaysScope ? [alwaysScope] : [])])].join(" ");
}

/** What of the request is a wish, and no part of the protocol's own. */
function wishesOf(settings: OAuthSettings, preset: Preset, options: LegOptions) {
  const { optionalScopes } = settings;
  return {
    login_hint: options.loginHint,
    prompt: (options.forceAuthentication ? preset.freshPrompt : undefined) ?? settings.prompt,
    access_type: settings.accessType,
    token_access_type: settings.tokenAccessType,
    ...(optionalScopes?.fieldName && { [optionalScopes.fieldName]: optionalScopes.scopes.join(" ") }),
  };
}

/**
 * Exchanges the code of an answer, and reads who has signed in.
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
  note(trace, "response_received", ctx.now(), { parameters: names });
  if (answer.has("error")) throw refusalOf(answer);
  const [code = "", ...more] = answer.getAll("code");
  if (code === "" || more.length > 0) throw errors.failed_to_exchange_token("its answer has not one code");
  // Before the code is sent: a provider that sees it twice ends what it gave for it (RFC 6749 section 4.1.2).
  await takeLeg(ctx, leg);
  const { tokenUri } = endpointsOf(connection.provider, connection.settings as OAuthSettings);
  const verifier = verifierOf(ctx, leg);
  const tokens = await exchangeCode(ctx, tokenUri, {
    grant_type: "authorization_code",
    code,
    redirect_uri: await redirectUriOf(ctx, connection),
    client_id: (connection.settings as OAuthSettings).clientId ?? "",
    client_secret: connections.clientSecret(ctx, connection) ?? "",
    ...(verifier !== undefined && { code_verifier: verifier }),
  });
  note(trace, "tokens_received", ctx.now(), { answered: tokenUri });
  const person = await personOf(ctx, connection, leg, tokens);
  const identity = await identityOf(ctx, connection, person);
  noteProfile(trace, ctx.now(), identity, person.claims);
  return { identity, legTaken: true };
}

async function personOf(ctx: Ctx, connection: Connection, leg: SsoRequest, tokens: Tokens): Promise<Person> {
  const preset = presetOf(connection.provider);
  const settings = connection.settings as OAuthSettings;
  if (preset.idToken) {
    return preset.person(await microsoftClaims(ctx, settings, tokens.idToken, leg.nonce ?? ""), undefined);
  }
  const { userInfoUri } = endpointsOf(connection.provider, settings);
  const claims = await fetchProfile(ctx, userInfoUri, tokens.accessToken);
  const emails =
    preset.emailsPath && (await fetchProfile(ctx, userInfoUri + preset.emailsPath, tokens.accessToken));
  return preset.person(claims as Claims, emails);
}

async function identityOf(ctx: Ctx, connection: Connection, person: Person): Promise<Identity> {
  const { subject, claims } = person;
  if (!subject) throw errors.user_info_retrieve_failed("the provider's answer names nobody");
  const [{ mapProfile }, { normalizeEmail }, { NAME_ID_FORMAT }] = await Promise.all([
    import("../../protocols/saml/profile.ts"),
    import("../../protocols/saml/normalize-email.ts"),
    import("../../protocols/saml/names.ts"),
  ]);
  const texts = Object.entries({ ...claims, email: person.email })
    .filter(([, value]) => ["string", "number", "boolean"].includes(typeof value))
    .map(([name, value]): [string, string[]] => [name, [String(value)]]);
  const source = {
    nameId: { value: subject, format: NAME_ID_FORMAT.persistent },
    attributes: Object.fromEntries(texts),
  };
  const {
    email,
    rejectedEmail,
    custom: read,
    ...profile
  } = mapProfile(source, await mappingOf(ctx, connection));
  if (!email) throw missingEmail(Object.keys(claims), rejectedEmail);
  // The provider vouches for the address that it calls the person's own, not for one that a mapping took elsewhere.
  const emailVerified = person.emailVerified && email === normalizeEmail(person.email ?? "");
  const organizationId = connection.organization_id ?? "";
  const declared = await declaredOf(ctx, read);
  return {
    ...profile,
    ...declared,
    email,
    emailVerified,
    connectionId: connection.id,
    organizationId,
    subject,
  };
}

async function redirectUriOf(ctx: Ctx, connection: Connection): Promise<string> {
  const { publicUrl } = await environments.current(ctx);
  return oauthAddresses(publicUrl, connection.id).redirectUri;
}
