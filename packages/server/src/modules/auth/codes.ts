/** Authorization codes (RFC 6749 section 4.1.2): random, short-lived, used once, stored as a hash. */
import type { Ctx } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import { connectionErrors } from "../connections/errors.ts";
import type { Identity } from "../connections/sign-in.ts";
import * as environments from "../environments/environments.ts";
import * as store from "./codes.store.ts";

export interface NewCode {
  clientId: string;
  redirectUri: string;
  scope: string;
  nonce: string | null;
  codeChallenge: string | null;
  organizationId: string;
  connectionId: string;
  authenticatedAt: Date;
  /** Full stack: the session that the tokens belong to. */
  sessionId?: string;
  /** Modular: the identity itself, since no user of ours stands for it. */
  identity?: Identity;
}

/** Issues a code; the plain value is in the answer and nowhere else. */
export async function issue(ctx: Ctx, input: NewCode): Promise<string> {
  const code = newSecret();
  await store.insert(ctx, await rowOf(ctx, code, input));
  return code;
}

/**
 * Issues the code that ends a sign-in, and closes the sign-in with it.
 * @throws invalid_state when it was closed meanwhile: of many answers at once, one wins
 */
export async function issueFor(ctx: Ctx, authRequestId: string, input: NewCode): Promise<string> {
  const code = newSecret();
  const closed = await store.insertForRequest(ctx, await rowOf(ctx, code, input), authRequestId);
  if (!closed) throw connectionErrors.invalid_state();
  return code;
}

async function rowOf(ctx: Ctx, code: string, input: NewCode) {
  const now = ctx.now();
  const { lifetimes } = await environments.current(ctx);
  return {
    hash: hashSecret(code),
    environment_id: ctx.environmentId,
    client_id: input.clientId,
    redirect_uri: input.redirectUri,
    scope: input.scope,
    nonce: input.nonce,
    code_challenge: input.codeChallenge,
    session_id: input.sessionId ?? null,
    grant_id: newId("grt"),
    organization_id: input.organizationId,
    connection_id: input.connectionId,
    // Modular has no session of ours that could be signed out at the identity provider.
    profile: input.identity === undefined ? null : JSON.stringify({ ...input.identity, upstream: undefined }),
    authenticated_at: input.authenticatedAt,
    created_at: now,
    expires_at: new Date(now.getTime() + lifetimes.authorizationCode * 1000),
  };
}
