/**
 * The simulated OpenID provider: the authorization code flow with PKCE (OIDC Core 3.1, RFC 7636) for one client,
 * whose redirect URIs are those of the environment's OIDC connections.
 */
import { createHash } from "node:crypto";
import { setTimeout } from "node:timers/promises";
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { equalSecret, hashSecret, newSecret } from "../../lib/secrets.ts";
import type { Connection } from "../connections/connections.ts";
import * as connections from "../connections/connections.ts";
import { oidcAddresses } from "../connections/settings.ts";
import * as environments from "../environments/environments.ts";
import { simulatorAddresses } from "./addresses.ts";
import { clientCredentials } from "./client-credentials.ts";
import { simulatorErrors as errors, oauthRefusal } from "./errors.ts";
import { currentKey, type SimulatorKey, untrustedKey } from "./key.ts";
import { type Issuing, issueTokens, type TokenAnswer, userClaims, verifyAccessToken } from "./oidc-tokens.ts";
import type { Choice, Failure, SignedIn } from "./people.ts";
import * as store from "./simulator.store.ts";
import { clientId } from "./simulator.ts";

/** A sign-in that a relying party has asked for. */
export interface OidcSignIn {
  connection: Connection;
  redirectUri: string;
  /** What the page must carry to ask the same again. */
  parameters: Record<string, string>;
  loginHint: string;
  /** Why it is refused at once; the answer still goes to the redirect URI. */
  refusal: { error: string; description: string } | undefined;
}

/** What a code stands for, as its row holds it. */
interface CodeClaims extends SignedIn {
  redirectUri: string;
  nonce: string;
  codeChallenge: string;
}

const codeLifetimeMs = 60_000;
/** Longer than a relying party waits: ours gives up after 10 seconds. */
const slowMs = 15_000;
const parameterNames = [
  "response_type",
  "client_id",
  "redirect_uri",
  "scope",
  "state",
  "nonce",
  "code_challenge",
  "code_challenge_method",
];

const errorOfFailure: Record<Failure, { error: string; description: string }> = {
  invalid_credentials: { error: "access_denied", description: "Invalid user credentials" },
  user_not_found: { error: "login_required", description: "User not found" },
  server_error: { error: "server_error", description: "Server error" },
};

/** The discovery document (OIDC Discovery 3). */
export async function discovery(ctx: Ctx): Promise<Record<string, unknown>> {
  const { publicUrl } = await environments.current(ctx);
  const { oidc } = simulatorAddresses(publicUrl);
  return {
    issuer: oidc.issuer,
    authorization_endpoint: oidc.authorizeUrl,
    token_endpoint: oidc.tokenUrl,
    userinfo_endpoint: oidc.userInfoUrl,
    jwks_uri: oidc.keysUrl,
    response_types_supported: ["code"],
    response_modes_supported: ["query"],
    grant_types_supported: ["authorization_code"],
    subject_types_supported: ["public"],
    scopes_supported: ["openid", "profile", "email"],
    id_token_signing_alg_values_supported: ["RS256"],
    token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
    claims_supported: ["sub", "email", "email_verified", "name", "given_name", "family_name"],
  };
}

/** The JWKS (RFC 7517 section 5). @throws SIMULATOR_NOT_SET_UP */
export async function jwks(ctx: Ctx): Promise<{ keys: unknown[] }> {
  return { keys: [(await currentKey(ctx)).publicJwk] };
}

/**
 * Reads an authentication request, from a query or from the fields that our page carried. Who asks and where the
 * answer goes are judged first: without both there is nowhere to send an error (RFC 6749 section 4.1.2.1).
 * @throws SIMULATOR_REQUEST_INVALID, SIMULATOR_CLIENT_UNKNOWN, SIMULATOR_SERVICE_PROVIDER_UNKNOWN
 */
export async function receive(ctx: Ctx, sent: URLSearchParams): Promise<OidcSignIn> {
  for (const name of parameterNames) {
    if (sent.getAll(name).length > 1) throw errors.SIMULATOR_REQUEST_INVALID(`${name} is given twice`);
  }
  const asked = sent.get("client_id") ?? "";
  if (asked !== clientId) throw errors.SIMULATOR_CLIENT_UNKNOWN(asked.slice(0, 200), clientId);
  const redirectUri = sent.get("redirect_uri") ?? "";
  const present = parameterNames.filter((name) => sent.get(name));
  return {
    connection: await connectionOf(ctx, redirectUri),
    redirectUri,
    parameters: Object.fromEntries(present.map((name) => [name, sent.get(name) ?? ""])),
    loginHint: sent.get("login_hint") ?? "",
    refusal: refusalOf(sent),
  };
}

/** Where the browser goes with an error (RFC 6749 section 4.1.2.1). */
export async function refuse(ctx: Ctx, signIn: OidcSignIn, why: { error: string; description: string }) {
  return location(ctx, signIn, { error: why.error, error_description: why.description });
}

/** Where the browser goes with the answer: a code that lives 60 seconds, or the error of a failure. */
export async function answer(ctx: Ctx, signIn: OidcSignIn, choice: Choice): Promise<string> {
  if ("failure" in choice) return refuse(ctx, signIn, errorOfFailure[choice.failure]);
  const code = newSecret();
  const now = ctx.now();
  const claims: CodeClaims = {
    redirectUri: signIn.redirectUri,
    nonce: signIn.parameters.nonce ?? "",
    codeChallenge: signIn.parameters.code_challenge ?? "",
    ...choice,
  };
  await store.removeExpiredCodes(ctx, now);
  await store.insertCode(ctx, {
    hash: hashSecret(code),
    environment_id: ctx.environmentId,
    claims: JSON.stringify(claims),
    expires_at: new Date(now.getTime() + codeLifetimeMs),
  });
  return location(ctx, signIn, { code });
}

/**
 * Exchanges a code for tokens (OIDC Core 3.1.3). The code is used up by the first try of the client, good or bad.
 * @returns "down" where the provider is to be so
 * @throws invalid_request, invalid_client, unsupported_grant_type, invalid_grant
 */
export async function redeem(
  ctx: Ctx,
  request: { authorization: string | undefined; form: URLSearchParams },
): Promise<TokenAnswer | "down"> {
  const { form } = request;
  const by = await issuing(ctx);
  const client = clientCredentials(request.authorization, form);
  // Both are compared, so that the time tells nothing of which was wrong.
  const isKnown = equalSecret(client.id, clientId);
  if (!equalSecret(client.secret, by.key.clientSecret) || !isKnown) {
    throw oauthRefusal("invalid_client", "The client id or the client secret is wrong");
  }
  const grantType = form.get("grant_type") ?? "";
  if (grantType !== "authorization_code") {
    throw oauthRefusal(
      "unsupported_grant_type",
      `The grant type is "${grantType}": only authorization_code is known`,
    );
  }
  const code = (await store.removeCode(ctx, hashSecret(form.get("code") ?? ""), ctx.now())) as
    | CodeClaims
    | undefined;
  if (!code) throw oauthRefusal("invalid_grant", "The code is unknown, used or older than 60 seconds");
  checkGrant(code, form);
  if (code.misbehaviour === "down") return "down";
  // Holds up no stop of the server.
  if (code.misbehaviour === "slow") await setTimeout(slowMs, undefined, { ref: false });
  const { person, misbehaviour } = code;
  return issueTokens(by, { person, ...(misbehaviour && { misbehaviour }) }, code.nonce);
}

/** The claims behind an access token (OIDC Core 5.3). @throws invalid_token */
export async function userInfo(
  ctx: Ctx,
  authorization: string | undefined,
): Promise<Record<string, unknown>> {
  const token = /^Bearer ([^\s]+)$/i.exec(authorization ?? "")?.[1] ?? "";
  const signedIn = await verifyAccessToken(await issuing(ctx), token);
  if (!signedIn)
    throw oauthRefusal("invalid_token", "The access token is missing, expired or not of this provider");
  return userClaims(signedIn);
}

async function issuing(ctx: Ctx): Promise<Issuing & { key: SimulatorKey }> {
  const { publicUrl } = await environments.current(ctx);
  const { issuer } = simulatorAddresses(publicUrl).oidc;
  const [key, untrusted] = [await currentKey(ctx), await untrustedKey(ctx)];
  return { issuer, clientId, key, untrusted, now: ctx.now() };
}

async function connectionOf(ctx: Ctx, redirectUri: string): Promise<Connection> {
  const unknown = errors.SIMULATOR_SERVICE_PROVIDER_UNKNOWN(redirectUri.slice(0, 200));
  const id = /\/(conn_[0-9]{15,19})\/callback$/.exec(redirectUri)?.[1] ?? "";
  const connection = await connections.get(ctx, id).catch((error: unknown) => {
    throw error instanceof AppError ? unknown.because(error) : error;
  });
  const { publicUrl } = await environments.current(ctx);
  if (connection.type !== "OIDC" || oidcAddresses(publicUrl, id).redirectUri !== redirectUri) throw unknown;
  return connection;
}

function refusalOf(sent: URLSearchParams): OidcSignIn["refusal"] {
  const refusal = (error: string, description: string) => ({ error, description });
  if (sent.get("response_type") !== "code") {
    return refusal("unsupported_response_type", "The response type must be code");
  }
  if (!(sent.get("scope") ?? "").split(" ").includes("openid")) {
    return refusal("invalid_scope", "The scope must contain openid");
  }
  const isChallenged = sent.has("code_challenge");
  if (isChallenged && sent.get("code_challenge_method") !== "S256") {
    return refusal("invalid_request", "The code challenge method must be S256");
  }
  // Nobody is ever signed in here already (OIDC Core 3.1.2.6).
  if ((sent.get("prompt") ?? "").split(" ").includes("none")) {
    return refusal("login_required", "The simulated identity provider always asks who signs in");
  }
  return undefined;
}

async function location(ctx: Ctx, signIn: OidcSignIn, answer: Record<string, string>): Promise<string> {
  const { publicUrl } = await environments.current(ctx);
  const url = new URL(signIn.redirectUri);
  const state = signIn.parameters.state;
  // The issuer in the answer keeps it from being taken for another provider's (RFC 9207).
  const { issuer: iss } = simulatorAddresses(publicUrl).oidc;
  url.search = new URLSearchParams({ ...answer, ...(state !== undefined && { state }), iss }).toString();
  return url.href;
}

function checkGrant(code: CodeClaims, form: URLSearchParams): void {
  if (form.get("redirect_uri") !== code.redirectUri) {
    throw oauthRefusal("invalid_grant", "The redirect_uri is not the one that the code was sent to");
  }
  const verifier = form.get("code_verifier") ?? "";
  // A verifier without a challenge is a downgrade under way (RFC 9700 section 2.1.1).
  const challenge = verifier === "" ? "" : createHash("sha256").update(verifier).digest("base64url");
  if (!equalSecret(challenge, code.codeChallenge)) {
    throw oauthRefusal("invalid_grant", "The code_verifier does not fit the code_challenge");
  }
}
