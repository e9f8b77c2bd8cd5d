/** What becomes of tokens: introspection (RFC 7662), revocation (RFC 7009), and who a bearer is. */
import type { JWTPayload } from "jose";
import { type Caller, type Ctx, inTransaction } from "../../context.ts";
import * as clients from "../clients/clients.ts";
import * as environments from "../environments/environments.ts";
import * as keys from "../keys/keys.ts";
import { openedBy } from "../roles/built-in.ts";
import * as sessions from "../sessions/sessions.ts";
import * as users from "../users/users.ts";
import { userInfoClaims } from "./claims.ts";
import { oauthErrors as errors } from "./errors.ts";
import { type Parameters, required } from "./parameters.ts";
import * as refreshTokens from "./refresh-tokens.ts";
import { authenticateClient } from "./token.ts";

/** An access token of ours that is still good: signed, in time, and what it was issued to and for still there. */
interface LiveToken {
  claims: JWTPayload & { client_id: string; scope: string };
  client: clients.Client;
  /** Full stack: who has signed in; undefined in modular mode and for an application's own token. */
  signedIn: { session: sessions.Session; member: users.Member; organizationId: string } | undefined;
}

/** RFC 7662 section 2.2; a token of another client of the environment may be asked about, too. */
export async function introspect(
  ctx: Ctx,
  parameters: Parameters,
  authorization: string | undefined,
): Promise<Record<string, unknown>> {
  const asking = await confidentialClient(ctx, parameters, authorization);
  const token = required(parameters, "token");
  if (token.startsWith("rt_")) {
    const grant = await refreshTokens.peek(ctx, token);
    const session = grant && (await sessions.findById(ctx, grant.session_id));
    const client = grant && (await clients.lookUp(ctx, grant.client_id));
    if (!grant || !session || !client || !mayKnow(asking, client)) return { active: false };
    return {
      active: true,
      token_type: "refresh_token",
      client_id: grant.client_id,
      sub: session.user_id,
      scope: grant.scope,
    };
  }
  const live = await liveAccessToken(ctx, token);
  if (!live || !mayKnow(asking, live.client)) return { active: false };
  return { active: true, token_type: "Bearer", ...live.claims };
}

/** A client of an organization belongs to a customer, to whom the tokens of others are none of their business. */
function mayKnow(asking: clients.Client, client: clients.Client): boolean {
  return asking.organization_id === null || asking.id === client.id;
}

/**
 * RFC 7009: ends the family of a refresh token. Access tokens are short-lived and stay valid; unknown tokens
 * are no error.
 * @throws invalid_client also for public clients
 */
export async function revoke(
  ctx: Ctx,
  parameters: Parameters,
  authorization: string | undefined,
): Promise<void> {
  const client = await confidentialClient(ctx, parameters, authorization);
  const token = required(parameters, "token");
  await inTransaction(ctx, async (ctx) => {
    const grant = await refreshTokens.peek(ctx, token);
    if (grant?.client_id === client.id) await refreshTokens.end(ctx, grant.id);
  });
}

/** The claims of a user for their access token (OIDC Core 5.3). @throws invalid_token */
export async function userInfo(ctx: Ctx, accessToken: string): Promise<Record<string, unknown>> {
  const live = await liveAccessToken(ctx, accessToken);
  // An application's own token is about no user.
  if (!live || live.claims.sub === live.client.id) throw errors.invalid_token();
  const { claims, signedIn } = live;
  if (!signedIn) return { sub: claims.sub, oid: claims.oid };
  const { session, member, organizationId } = signedIn;
  return { ...userInfoClaims(member, claims.scope), oid: organizationId, sid: session.id };
}

/**
 * Who calls the management API with this bearer token: an application with its own token, or an end user
 * with a session.
 * @throws UNAUTHENTICATED, ORGANIZATION_CLIENT_NOT_ALLOWED
 */
export async function callerOf(ctx: Ctx, token: string): Promise<Caller> {
  const live = await liveAccessToken(ctx, token);
  if (!live) throw errors.UNAUTHENTICATED();
  const { claims, client, signedIn } = live;
  if (signedIn) {
    const permissions = openedBy(Array.isArray(claims.permissions) ? claims.permissions.map(String) : []);
    const { session, organizationId } = signedIn;
    const { user_id: userId, id: sessionId } = session;
    const tokenExpiresAt = new Date(Number(claims.exp) * 1000);
    return { kind: "SESSION", userId, sessionId, organizationId, permissions, tokenExpiresAt };
  }
  if (client.organization_id !== null) throw errors.ORGANIZATION_CLIENT_NOT_ALLOWED();
  if (claims.sub !== client.id || client.disallow_api_access) throw errors.UNAUTHENTICATED();
  return { kind: "CLIENT", clientId: client.id };
}

async function liveAccessToken(ctx: Ctx, token: string): Promise<LiveToken | undefined> {
  const { publicUrl } = await environments.current(ctx);
  const claims = await keys.verify(ctx, token, { issuer: publicUrl });
  // An ID token has the same signature and no jti: it is no access token.
  if (typeof claims?.client_id !== "string" || typeof claims.scope !== "string" || !claims.jti)
    return undefined;
  const client = await clients.lookUp(ctx, claims.client_id);
  if (!client) return undefined;
  const live = { claims: claims as LiveToken["claims"], client };
  if (claims.sid === undefined) return { ...live, signedIn: undefined };
  const signedIn = await whoSignedIn(ctx, claims);
  return signedIn && { ...live, signedIn };
}

/** A session that ended, or a member that was deactivated, takes the access tokens along at our own endpoints. */
async function whoSignedIn(ctx: Ctx, claims: JWTPayload): Promise<LiveToken["signedIn"]> {
  const organizationId = String(claims.oid);
  const session = await sessions.findById(ctx, String(claims.sid));
  if (!session) return undefined;
  const member = await users.activeMember(ctx, organizationId, session.user_id);
  return member && { session, member, organizationId };
}

async function confidentialClient(
  ctx: Ctx,
  parameters: Parameters,
  authorization: string | undefined,
): Promise<clients.Client> {
  const client = await authenticateClient(ctx, parameters, authorization);
  if (clients.isPublic(client)) throw errors.invalid_client();
  return client;
}
