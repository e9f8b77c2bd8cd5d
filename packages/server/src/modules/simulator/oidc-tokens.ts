/** The tokens of the simulated OpenID provider. Pure: the key and the time are handed in. */
import { createHash } from "node:crypto";
import { type JWTPayload, errors as joseErrors, jwtVerify, SignJWT } from "jose";
import type { SimulatorKey } from "./key.ts";
import type { Person } from "./people.ts";

export interface Issuing {
  issuer: string;
  clientId: string;
  key: Pick<SimulatorKey, "privateKey" | "publicKey" | "publicJwk">;
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
 * The claims about a person (OIDC Core 5.1); `sub` is always the same for one address.
 * @returns standard claims, and the custom attributes by their names
 */
export function userClaims(person: Person): Record<string, unknown> {
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
export async function issueTokens(by: Issuing, person: Person, nonce: string): Promise<TokenAnswer> {
  const issuedAt = Math.floor(by.now.getTime() / 1000);
  const claims = { ...userClaims(person), auth_time: issuedAt, ...(nonce !== "" && { nonce }) };
  return {
    access_token: await sign(by, "at+jwt", userInfoAudience(by.issuer), { person }),
    token_type: "Bearer",
    expires_in: lifetimeSeconds,
    id_token: await sign(by, "JWT", by.clientId, claims),
  };
}

/** Whom an access token of this provider was issued for; undefined when it is expired, forged or an ID token. */
export async function verifyAccessToken(by: Issuing, token: string): Promise<Person | undefined> {
  try {
    const { payload } = await jwtVerify(token, by.key.publicKey, {
      algorithms: [algorithm],
      typ: "at+jwt",
      issuer: by.issuer,
      audience: userInfoAudience(by.issuer),
      currentDate: by.now,
    });
    return payload.person as Person;
  } catch (error) {
    if (error instanceof joseErrors.JOSEError) return undefined;
    throw error;
  }
}

async function sign(by: Issuing, typ: string, audience: string, claims: JWTPayload): Promise<string> {
  const issuedAt = Math.floor(by.now.getTime() / 1000);
  return new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, kid: by.key.publicJwk.kid, typ })
    .setIssuer(by.issuer)
    .setAudience(audience)
    .setIssuedAt(issuedAt)
    .setExpirationTime(issuedAt + lifetimeSeconds)
    .sign(by.key.privateKey);
}

function userInfoAudience(issuer: string): string {
  return `${issuer}/userinfo`;
}
