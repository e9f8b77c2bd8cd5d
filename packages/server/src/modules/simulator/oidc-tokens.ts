/** The tokens of the simulated OpenID provider. Pure: the key and the time are handed in. */
import { createHash } from "node:crypto";
import { type JWTPayload, errors as joseErrors, jwtVerify, SignJWT } from "jose";
import type { SimulatorKey, UntrustedKey } from "./key.ts";
import { bendClaims, bendUser, signBent } from "./oidc-misbehaviours.ts";
import type { Person, SignedIn } from "./people.ts";

export interface Issuing {
  issuer: string;
  clientId: string;
  key: Pick<SimulatorKey, "privateKey" | "publicKey" | "publicJwk">;
  untrusted: Pick<UntrustedKey, "privateKey" | "kid">;
  now: Date;
}

export interface TokenAnswer {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
  id_token: string;
}

const algorithm = "RS256";
const lifetimeSeconds = 300;

/**
 * The claims about somebody (OIDC Core 5.1), as the UserInfo endpoint and the ID token say them.
 * @returns standard claims, and the custom attributes by their names
 */
export function userClaims({ person, misbehaviour }: SignedIn): Record<string, unknown> {
  return bendUser(claimsOf(person), misbehaviour);
}

/** `sub` is always the same for one address. */
function claimsOf(person: Person): Record<string, unknown> {
  const { email, firstName, lastName, attributes } = person;
  const name = `${firstName} ${lastName}`.trim();
  return {
    ...attributes,
    sub: `simulated-${createHash("sha256").update(email).digest("base64url").slice(0, 22)}`,
    email,
    email_verified: true,
    ...(firstName !== "" && { given_name: firstName }),
    ...(lastName !== "" && { family_name: lastName }),
    ...(name !== "" && { name }),
  };
}

/**
 * Issues an ID token (OIDC Core 2) and an access token for the UserInfo endpoint, both for 300 seconds.
 * @param nonce of the request; "" when it had none
 */
export async function issueTokens(by: Issuing, signedIn: SignedIn, nonce: string): Promise<TokenAnswer> {
  const iat = Math.floor(by.now.getTime() / 1000);
  const claims = { ...userClaims(signedIn), auth_time: iat, ...(nonce !== "" && { nonce }) };
  const registered = { iss: by.issuer, aud: by.clientId, iat, exp: iat + lifetimeSeconds };
  return {
    access_token: await sign(by, "at+jwt", { ...registered, aud: userInfoAudience(by.issuer), ...signedIn }),
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
    id_token: await idToken(by, { ...claims, ...registered }, signedIn),
  };
}

async function idToken(by: Issuing, good: JWTPayload, { misbehaviour }: SignedIn): Promise<string> {
  const claims = bendClaims(good, misbehaviour);
  const keys = { publicKey: by.key.publicKey, kid: by.key.publicJwk.kid, untrusted: by.untrusted };
  return (await signBent(claims, misbehaviour, keys)) ?? sign(by, "JWT", claims);
}

/** Whom an access token of this provider was issued for; undefined when it is expired, forged or an ID token. */
export async function verifyAccessToken(by: Issuing, token: string): Promise<SignedIn | undefined> {
  try {
    const { payload } = await jwtVerify(token, by.key.publicKey, {
      algorithms: [algorithm],
      typ: "at+jwt",
      issuer: by.issuer,
      audience: userInfoAudience(by.issuer),
      currentDate: by.now,
    });
    const { person, misbehaviour } = payload as JWTPayload & SignedIn;
    return { person, ...(misbehaviour !== undefined && { misbehaviour }) };
  } catch (error) {
    if (error instanceof joseErrors.JOSEError) return undefined;
    throw error;
  }
}

async function sign(by: Issuing, typ: string, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, kid: by.key.publicJwk.kid, typ })
    .sign(by.key.privateKey);
}

function userInfoAudience(issuer: string): string {
  return `${issuer}/userinfo`;
}
