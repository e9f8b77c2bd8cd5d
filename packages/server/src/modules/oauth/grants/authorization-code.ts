/** The authorization code grant (RFC 6749 section 4.1.3) with PKCE (RFC 7636 section 4.6). */
import { createHash } from "node:crypto";
import type { Ctx } from "../../../context.ts";
import { equalSecret, hashSecret } from "../../../lib/secrets.ts";
import type { Client } from "../../clients/clients.ts";
import type { Identity } from "../../connections/sign-in.ts";
import * as users from "../../users/users.ts";
import type { Subject } from "../claims.ts";
import { oauthErrors as errors } from "../errors.ts";
import { type Parameters, required } from "../parameters.ts";
import type { AuthorizationCode, Redeemable } from "../redemption.store.ts";
import * as store from "../redemption.store.ts";
import * as refreshTokens from "../refresh-tokens.ts";
import { type Grant, userTokens } from "./grant.ts";

export const authorizationCode: Grant = {
  type: "authorization_code",

  async exchange(ctx, client, parameters) {
    const code = required(parameters, "code");
    const found = await store.find(ctx, hashSecret(code), ctx.now());
    if (!found) throw errors.invalid_grant("The code is unknown: sign in again");
    const issued = found.code;
    if (issued.consumed_at !== null) throw await refuseUsedCode(ctx, issued);
    checkCode(ctx, client, parameters, issued);
    const subject = subjectOf(found);
    const refreshToken = grantsRefreshToken(client, issued) ? refreshTokens.fresh() : undefined;
    const refreshHash = refreshToken === undefined ? undefined : hashSecret(refreshToken);
    const won = await store.redeem(ctx, issued.hash, refreshHash, ctx.now());
    if (!won) throw await refuseUsedCode(ctx, issued);
    return userTokens(ctx, client, {
      subject,
      scope: issued.scope,
      authenticatedAt: issued.authenticated_at,
      nonce: issued.nonce,
      code,
      ...(refreshToken !== undefined && { refreshToken }),
    });
  },
};

/** Runs before the code is taken: only its owner can use it up. */
function checkCode(ctx: Ctx, client: Client, parameters: Parameters, code: AuthorizationCode): void {
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

function subjectOf({ code, sessionIsLive, member }: Redeemable): Subject {
  if (code.session_id === null) return { mode: "modular", identity: code.profile as unknown as Identity };
  if (!sessionIsLive) throw errors.invalid_grant("The session has ended: sign in again");
  if (!member || !users.isActive(member)) throw errors.invalid_grant("The user is no active member any more");
  const { organization_id: organizationId, connection_id: connectionId, session_id: sessionId } = code;
  return { mode: "full_stack", member, sessionId, organizationId, connectionId };
}

/** Modular apps own their sessions, so there is nothing of ours to refresh. */
function grantsRefreshToken(client: Client, code: AuthorizationCode): boolean {
  if (!client.grant_types.includes("refresh_token")) return false;
  return code.session_id !== null && code.scope.split(" ").includes("offline_access");
}

/** A code that is shown twice was stolen from one of the two: what it granted ends (RFC 6749 section 4.1.2). */
async function refuseUsedCode(ctx: Ctx, code: AuthorizationCode) {
  await refreshTokens.end(ctx, code.grant_id);
  return errors.invalid_grant("The code was used already: sign in again");
}
