/** What an app does with our JWTs: it takes our published keys and believes nothing else. */
import { createPublicKey, type JsonWebKey, verify } from "node:crypto";
import type { Gatehouse } from "./gatehouse.ts";

export type Claims = Record<string, unknown>;

/** The claims of a JWT of ours. @throws when none of our published keys has signed it, or another issuer is named */
export async function verifiedClaims({ url }: Gatehouse, jwt: string): Promise<Claims> {
  const [head = "", body = "", signature = ""] = jwt.split(".");
  const { alg, kid } = partOf(head);
  const published = (await (await fetch(`${url}/keys`)).json()) as { keys: (JsonWebKey & { kid: string })[] };
  const jwk = published.keys.find((key) => key.kid === kid);
  if (alg !== "RS256" || !jwk)
    throw new Error(`a JWT of ours has alg ${alg} and kid ${kid}, a key not published`);
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const signed = Buffer.from(`${head}.${body}`);
  if (!verify("sha256", signed, key, Buffer.from(signature, "base64url")))
    throw new Error("a JWT of ours is not signed by our key");
  const claims = partOf(body);
  if (claims.iss !== url) throw new Error(`the issuer of a JWT of ours is ${claims.iss}, expected ${url}`);
  return claims;
}

function partOf(text: string): Claims {
  return JSON.parse(Buffer.from(text, "base64url").toString() || "{}") as Claims;
}
