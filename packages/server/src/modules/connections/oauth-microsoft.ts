/**
 * Microsoft's ID token: the only place where it names the tenant of an account, without which an account's id means
 * nothing. Its keys and issuer stand below the same authority as its token address, in every cloud of Microsoft's.
 */
import { createRemoteJWKSet, customFetch, decodeJwt, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Ctx } from "../../context.ts";
import { microsoftTokenPath, type OAuthSettings } from "./environment-settings.ts";
import { connectionErrors as errors } from "./errors.ts";
import type { Claims } from "./oauth-people.ts";
import { endpointsOf } from "./oauth-presets.ts";
import { oidcAttempt } from "./oidc-attempt.ts";
import { signatureAlgorithms } from "./oidc-provider.ts";

/** The tenant of all private accounts. */
const privateAccounts = "9188040d-6c67-4c5b-b112-36a304b66dad";
const clockToleranceSeconds = 120;
const keysTtlSeconds = 600;

/**
 * The claims of an ID token whose signature, audience, times, nonce and tenant are right.
 * @throws invalid_id_token, server_error
 */
export async function microsoftClaims(
  ctx: Ctx,
  settings: OAuthSettings,
  idToken: string | undefined,
  nonce: string,
): Promise<Claims> {
  if (idToken === undefined) throw errors.invalid_id_token("the provider sent none");
  const { tokenUri } = endpointsOf("MICROSOFT", settings);
  const authority = tokenUri.replace(microsoftTokenPath, "");
  const client = await import("openid-client");
  const claims = await oidcAttempt(client, async () => {
    // Read before it is proven, only to know which issuer to expect: the signature covers both.
    const tenant = String(decodeJwt(idToken).tid);
    const { payload } = await jwtVerify(idToken, await keysOf(ctx, tokenUri), {
      algorithms: signatureAlgorithms,
      issuer: `${authority}/${tenant}/v2.0`,
      audience: settings.clientId ?? "",
      currentDate: ctx.now(),
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ["exp", "iat", "sub"],
    });
    return payload as Claims;
  });
  if (claims.nonce !== nonce) {
    throw errors.invalid_id_token("its nonce is another sign-in's").with({
      evidence: { reason: "id_token_nonce_mismatch" },
    });
  }
  requireTenant(settings.tenantId ?? "", String(claims.tid).toLowerCase());
  return claims;
}

/** Any tenant's administrator can make accounts there, so a connection of one tenant takes no other's. */
function requireTenant(wanted: string, seen: string): void {
  const fits =
    { "": true, common: true, organizations: seen !== privateAccounts, consumers: seen === privateAccounts }[
      wanted
    ] ?? seen === wanted.toLowerCase();
  if (fits) return;
  const evidence = { observed: seen, expected: wanted };
  throw errors.invalid_id_token(`tid: it is ${seen}, and must be of ${wanted}`).with({ evidence });
}

/** Kept, since each is a set that asks for its keys once. */
function keysOf(ctx: Ctx, tokenUri: string): Promise<JWTVerifyGetKey> {
  const uri = tokenUri.replace(/\/oauth2\/v2\.0\/token$/, "/discovery/v2.0/keys");
  const load = async () =>
    createRemoteJWKSet(new URL(uri), {
      [customFetch]: (url: string, options: { signal: AbortSignal; headers: Headers }) =>
        ctx.app.fetch(url, { headers: options.headers, signal: options.signal, redirect: "error" }),
      cooldownDuration: 0,
    });
  return ctx.app.cache.get("oauth_keys", uri, load, { ttlSeconds: keysTtlSeconds });
}
