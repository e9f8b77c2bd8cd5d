/** Judges the logout tokens of OpenID providers (OIDC Back-Channel Logout 1.0, sections 2.4 and 2.6). */
import { createLocalJWKSet, type JWTPayload, type JWTVerifyGetKey, errors as jose, jwtVerify } from "jose";
import type { Ctx } from "../../context.ts";
import type { Connection } from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import type { Dismissal } from "./logout-requests.ts";
import { oidcAttempt } from "./oidc-attempt.ts";
import { type Provider, providerOf, signatureAlgorithms } from "./oidc-provider.ts";
import type { OidcSettings } from "./settings.ts";

const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";
const clockToleranceSeconds = 120;
/** The specification recommends two minutes; ids are remembered for as long. */
const longestAgeSeconds = 600;
/** Anybody may post a token with a key id that nobody knows: the provider is asked for its keys no more often. */
const keysTtlSeconds = 30;

/**
 * Whom a logout token means.
 * @param token a compact JWT as it was posted
 * @throws invalid_logout_token; server_error when the provider's keys cannot be read
 */
export async function verifyLogoutToken(ctx: Ctx, connection: Connection, token: string): Promise<Dismissal> {
  const client = await import("openid-client");
  const provider = await providerOf(ctx, connection);
  const keys = await oidcAttempt(client, () => keysOf(ctx, connection, provider));
  const { clientId = "" } = connection.settings as OidcSettings;
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      algorithms: signatureAlgorithms,
      issuer: provider.configuration.serverMetadata().issuer,
      audience: clientId,
      currentDate: ctx.now(),
      clockTolerance: clockToleranceSeconds,
      maxTokenAge: longestAgeSeconds,
      requiredClaims: ["iat", "exp", "jti"],
    });
    return dismissalOf(payload, protectedHeader.typ);
  } catch (error) {
    if (error instanceof jose.JOSEError) throw errors.invalid_logout_token(error.message).because(error);
    throw error;
  }
}

async function keysOf(ctx: Ctx, connection: Connection, { keys }: Provider): Promise<JWTVerifyGetKey> {
  const key = `${connection.id}:${connection.updated_at.getTime()}`;
  const load = async () => {
    await keys.reload();
    return createLocalJWKSet(keys.jwks() ?? { keys: [] });
  };
  return ctx.app.cache.get("oidc_logout_keys", key, load, { ttlSeconds: keysTtlSeconds });
}

function dismissalOf(claims: JWTPayload, typ: string | undefined): Dismissal {
  const { events, sub, sid, jti, iat } = claims;
  // A token of another kind by the same provider must not pass for this one (section 2.6, RFC 8725 section 3.11).
  if (typ !== undefined && !/^(?:application\/)?(?:logout\+jwt|jwt)$/i.test(typ))
    throw errors.invalid_logout_token(`its type is ${typ.slice(0, 60)}`);
  if (typeof events !== "object" || events === null || !Object.hasOwn(events, logoutEvent))
    throw errors.invalid_logout_token(`its events do not name ${logoutEvent}`);
  if ("nonce" in claims) throw errors.invalid_logout_token("it has a nonce, as ID tokens have");
  if (typeof jti !== "string" || jti === "" || iat === undefined)
    throw errors.invalid_logout_token("it has no jti or iat");
  const subject = typeof sub === "string" && sub !== "" ? sub : undefined;
  const session = typeof sid === "string" && sid !== "" ? sid : undefined;
  if (subject === undefined && session === undefined)
    throw errors.invalid_logout_token("it names neither sub nor sid");
  return {
    id: jti.slice(0, 500),
    refusedFrom: new Date((iat + longestAgeSeconds + clockToleranceSeconds) * 1000),
    ...(subject !== undefined && { subject }),
    ...(session !== undefined && { sessions: [session] }),
  };
}
