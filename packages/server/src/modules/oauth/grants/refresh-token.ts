/** The refresh token grant (RFC 6749 section 6), with rotation and reuse detection (RFC 9700 section 4.14.2). */
import { type Ctx, inTransaction } from "../../../context.ts";
import * as sessions from "../../sessions/sessions.ts";
import * as users from "../../users/users.ts";
import type { Subject } from "../claims.ts";
import { oauthErrors as errors } from "../errors.ts";
import { type Parameters, readScopes, required } from "../parameters.ts";
import * as refreshTokens from "../refresh-tokens.ts";
import { type Earned, type Grant, userTokens } from "./grant.ts";

export const refreshToken: Grant = {
  type: "refresh_token",

  async exchange(ctx, client, parameters) {
    const token = required(parameters, "refresh_token");
    const earned = await inTransaction(ctx, async (ctx) => {
      const grant = await refreshTokens.take(ctx, token);
      if (!grant) return undefined;
      if (grant.client_id !== client.id) throw errors.invalid_grant("The token was issued to another client");
      const scope = narrowed(grant.scope, parameters);
      const subject = await subjectOf(ctx, grant);
      const next = await refreshTokens.add(ctx, grant.id);
      return { subject, scope, authenticatedAt: grant.authenticated_at, refreshToken: next } satisfies Earned;
    });
    if (!earned) throw await refuse(ctx, token);
    return userTokens(ctx, client, earned);
  },
};

/** Fewer scopes may be asked for, never more (RFC 6749 section 6); the grant keeps its own. */
function narrowed(granted: string, parameters: Parameters): string {
  const wanted = readScopes(parameters);
  if (wanted === undefined) return granted;
  const beyond = wanted.find((scope) => !granted.split(" ").includes(scope));
  if (beyond !== undefined) throw errors.invalid_scope(`The scope ${beyond.slice(0, 60)} was not granted`);
  return wanted.join(" ");
}

async function subjectOf(ctx: Ctx, grant: refreshTokens.Grant): Promise<Subject> {
  const session = await sessions.touch(ctx, grant.session_id);
  if (!session) throw errors.invalid_grant("The session has ended: sign in again");
  const member = await users.activeMember(ctx, grant.organization_id, session.user_id);
  if (!member) throw errors.invalid_grant("The user is no active member any more");
  const connectionId = await sessions.connectionOf(ctx, session.id, grant.organization_id);
  const { organization_id: organizationId } = grant;
  return { mode: "full_stack", member, sessionId: session.id, organizationId, connectionId };
}

/** An unknown token ends nothing; one that was used already ends its family. */
async function refuse(ctx: Ctx, token: string) {
  await refreshTokens.endFamilyOf(ctx, token);
  return errors.invalid_grant(
    "The refresh token is unknown, was used already, or its session has ended: sign in again",
  );
}
