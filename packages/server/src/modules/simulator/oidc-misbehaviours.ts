/** How an ID token of a misbehaving OpenID provider differs from a good one. Pure: keys are handed in. */
import { createHash, createSecretKey, type KeyObject } from "node:crypto";
import { base64url, type JWTPayload, SignJWT } from "jose";
import type { MisbehaviourKey } from "./misbehaviours.ts";

/** The provider's public key, and one that it does not publish. */
export interface TokenKeys {
  publicKey: KeyObject;
  kid: string;
  untrusted: { privateKey: KeyObject; kid: string };
}

const hour = 3_600;

/** Bends the claims of a good ID token; nothing changes for a way that does not concern them. */
export function bendClaims(claims: JWTPayload, key: MisbehaviourKey | undefined): JWTPayload {
  switch (key) {
    case "expired":
      return shifted(claims, -hour);
    case "early":
      return { ...shifted(claims, hour), nbf: Number(claims.iat) + hour };
    case "wrong_audience":
      return { ...claims, aud: "another-app" };
    case "wrong_issuer":
      return { ...claims, iss: "https://another-idp.example" };
    case "wrong_nonce":
      return { ...claims, nonce: "of-another-sign-in" };
    default:
      return claims;
  }
}

/**
 * What the provider says of the person, bent.
 * @param claims with `sub`, `email` and `email_verified`
 */
export function bendUser(
  claims: Record<string, unknown>,
  key: MisbehaviourKey | undefined,
): Record<string, unknown> {
  const { email, email_verified: _, ...others } = claims;
  if (key === "missing_email") return others;
  if (key !== "unverified_email") return claims;
  // Somebody registered with the address of another: whoever is known by the subject needs no verified address.
  const sub = `self-registered-${createHash("sha256").update(String(email)).digest("base64url").slice(0, 22)}`;
  return { ...claims, sub, email_verified: false };
}

/** Signs an ID token as a misbehaving provider does. @returns undefined for a way that does not concern signatures */
export async function signBent(
  claims: JWTPayload,
  key: MisbehaviourKey | undefined,
  keys: TokenKeys,
): Promise<string | undefined> {
  if (key === "old_key") {
    const { privateKey, kid } = keys.untrusted;
    return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid, typ: "JWT" }).sign(privateKey);
  }
  if (key === "public_key_secret") {
    // Whoever lets the token choose the algorithm takes the public key, which all know, for the secret.
    const secret = createSecretKey(Buffer.from(keys.publicKey.export({ type: "spki", format: "pem" })));
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: keys.kid, typ: "JWT" }).sign(secret);
  }
  if (key !== "unsigned") return undefined;
  const parts = [{ alg: "none", typ: "JWT" }, claims].map((part) => base64url.encode(JSON.stringify(part)));
  return `${parts.join(".")}.`;
}

function shifted(claims: JWTPayload, seconds: number): JWTPayload {
  const { iat, exp } = claims;
  return { ...claims, iat: Number(iat) + seconds, exp: Number(exp) + seconds };
}
