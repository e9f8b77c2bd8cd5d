/** The authorization code grant (RFC 6749 section 4.1.3) with PKCE (RFC 7636 section 4.6). */
import { createHash } from "node:crypto";
import { type Ctx, inTransaction } from "../../../context.ts";
import { equalSecret } from "../../../lib/secrets.ts";
import * as codes from "../../auth/codes.ts";
import type { Client } from "../../clients/clients.ts";
import type { Identity } from "../../connections/sign-in.ts";
import * as sessions from "../../sessions/sessions.ts";
import * as users from "../../users/users.ts";
import type { Subject } from "../claims.ts";
import { oauthErrors as errors } from "../errors.ts";
import { type Parameters, required } from "../parameters.ts";
import * as refreshTokens from "../refresh-tokens.ts";
import { type Earned, type Grant, userTokens } from "./grant.ts";

export const authorizationCode: Grant = {
  type: "authorization_code",

  async exchange(ctx, client, parameters) {
    const code = required(parameters, "code");
    const earned = await inTransaction(ctx, async (ctx) => {
      const taken = await codes.take(ctx, code);
      if (!taken) return undefined;
      checkCode(ctx, client, parameters, taken);
      const subject = await subjectOf(ctx, taken);
      const refreshToken = await refreshTokenFor(ctx, client, taken);
      return {
        subject,
        scope: taken.scope,
        authenticatedAt: taken.authenticated_at,
        nonce: taken.nonce,
        code,
        ...(refreshToken !== undefined && { refreshToken }),
      } satisfies Earned;
    });
    if (!earned) throw await refuseUsedCode(ctx, code);
    return userTokens(ctx, client, earned);
  },
};

/** A throw here gives the code back: only its owner can use it up. */
function checkCode(ctx: Ctx, client: Client, parameters: Parameters, code: codes.AuthorizationCode): void {
  if (code.client_id !== client.id) throw errors.invalid_grant("The code was issued to another client");
  if (code.expires_at <= ctx.now()) throw errors.invalid_grant("The code has expired: sign in again");
  if (code.redirect_uri !== required(parameters, "redirect_uri")) {
    throw errors.invalid_grant("redirect_uri is not the one of the authorization request");
  }
  const verifier = parameters.get("code_verifier");
  if (code.code_challenge === null) {
    // A verifier without a challenge means that somebody removed the challenge on its way to us (RFC 9700 4.8.2).
    if (verifier !== undefined)
      throw errors.invalid_grant("code_verifier was sent, and code_challenge was not");
    return;
  }
  const challenge = createHash("sha256")
    .update(verifier ?? "")
    .digest("base64url");
  if (!equalSecret(challenge, code.code_challenge))
    throw errors.invalid_grant("code_verifier is missing or wrong");
}

async function subjectOf(ctx: Ctx, code: codes.AuthorizationCode): Promise<Subject> {
  if (code.session_id === null) return { mode: "modular", identity: code.profile as unknown as Identity };
  const session = await sessions.findById(ctx, code.session_id);
  if (!session) throw errors.invalid_grant("The session has ended: sign in again");
  const member = await users.member(ctx, code.organization_id, session.user_id);
  if (member?.membership_status !== "ACTIVE")
    throw errors.invalid_grant("The user is no active member any more");
  const { organization_id: organizationId, connection_id: connectionId } = code;
  return { mode: "full_stack", member, sessionId: session.id, organizationId, connectionId };
}

async function refreshTokenFor(
  ctx: Ctx,
  client: Client,
  code: codes.AuthorizationCode,
): Promise<string | undefined> {
  if (code.session_id === null || !code.scope.split(" ").includes("offline_access")) return undefined;
  return refreshTokens.begin(ctx, {
    id: code.grant_id,
    sessionId: code.session_id,
    clientId: client.id,
    organizationId: code.organization_id,
    scope: code.scope,
    authenticatedAt: code.authenticated_at,
  });
}

/** A code that is shown twice was stolen from one of the two: what it granted ends (RFC 6749 section 4.1.2). */
async function refuseUsedCode(ctx: Ctx, code: string) {
  const used = await codes.usedBefore(ctx, code);
  if (used) await refreshTokens.end(ctx, used.grant_id);
  return errors.invalid_grant("The code is unknown or was used already: sign in again");
}
