/** RP-initiated logout (OIDC RP-Initiated Logout 1.0): ends the browser's session for all apps. */
import type { Ctx } from "../../context.ts";
import * as clients from "../clients/clients.ts";
import { allowsPostLogout } from "../clients/redirect-uris.ts";
import { leave } from "../connections/idp-logout.ts";
import type { SignOutStep } from "../connections/logout-requests.ts";
import * as environments from "../environments/environments.ts";
import * as keys from "../keys/keys.ts";
import * as sessions from "../sessions/sessions.ts";
import { oauthErrors as errors } from "./errors.ts";
import { type Parameters, readParameters } from "./parameters.ts";

/**
 * Ends the session of the cookie; without a cookie nothing ends, since only a browser can be logged out.
 * @returns where to send the browser: to the identity provider first, where the connection wants it
 * @throws invalid_redirect_uri when the address is not the app's, after the session has ended
 */
export async function logout(
  ctx: Ctx,
  query: URLSearchParams,
  sessionSecret: string | undefined,
): Promise<SignOutStep> {
  const parameters = readParameters(query);
  const hint = await readHint(ctx, parameters);
  const named = parameters.get("client_id");
  // Section 2 there: the two must agree.
  if (hint && named !== undefined && named !== hint.client_id) throw errors.invalid_client();
  const ended = sessionSecret === undefined ? undefined : await endSession(ctx, sessionSecret, hint?.sid);
  const target = await targetOf(ctx, parameters, named ?? hint?.client_id, ended?.organization_id);
  const onwards = ended && (await leave(ctx, ended, target));
  return onwards ?? (target === undefined ? { to: "page" } : { to: "url", url: target });
}

async function targetOf(
  ctx: Ctx,
  parameters: Parameters,
  clientId: unknown,
  organizationId: string | undefined,
): Promise<string | undefined> {
  const target = parameters.get("post_logout_redirect_uri");
  if (target === undefined) return undefined;
  const client = await clientOf(ctx, clientId);
  if (!client || !(await allowsPostLogout(ctx, client, target, organizationId)))
    throw errors.invalid_redirect_uri();
  const url = new URL(target);
  const state = parameters.get("state");
  if (state !== undefined) url.searchParams.set("state", state);
  return url.href;
}

/** An expired ID token serves as a hint: it outlives its hour in the app's hands (section 2 there). */
async function readHint(ctx: Ctx, parameters: Parameters) {
  const hint = parameters.get("id_token_hint");
  if (hint === undefined) return undefined;
  const { publicUrl } = await environments.current(ctx);
  return keys.verify(ctx, hint, { issuer: publicUrl, allowExpired: true });
}

/** A hint of another session, from an older sign-in, still means this browser: the cookie decides. */
async function endSession(
  ctx: Ctx,
  secret: string,
  hintedSession: unknown,
): Promise<sessions.Session | undefined> {
  const ended = await sessions.end(ctx, { secret }, "logout");
  if (ended && typeof hintedSession === "string" && hintedSession !== ended.id) {
    ctx.log.info({ hinted: hintedSession, ended: ended.id }, "logout hint names another session");
  }
  return ended;
}

/** Without a hint the default application's addresses count. */
async function clientOf(ctx: Ctx, clientId: unknown): Promise<clients.Client | undefined> {
  return typeof clientId === "string" ? clients.lookUp(ctx, clientId) : clients.getDefault(ctx);
}
