/**
 * Signing out at OpenID providers: the way there and back when a user signs out here (OIDC RP-Initiated Logout 1.0),
 * and the logout token by which a provider ends its user's sessions here (OIDC Back-Channel Logout 1.0).
 */
import type { Ctx } from "../../context.ts";
import type * as sessions from "../sessions/sessions.ts";
import { beginTrace, note } from "../traces/trace.ts";
import * as traces from "../traces/traces.ts";
import type { Connection } from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import {
  beginSignOut,
  dismiss,
  explainRefusal,
  goOn,
  type SignOutStep,
  takeSignOut,
} from "./logout-requests.ts";
import { addresses, keptIdToken } from "./oidc.ts";
import { verifyLogoutToken } from "./oidc-logout-token.ts";
import { providerOf } from "./oidc-provider.ts";
import { known } from "./remembered.ts";
import type { OidcSettings } from "./settings.ts";
import type { Departure } from "./sign-in.ts";

/**
 * Sends the user on to their provider, to sign out there too.
 * @param returnTo where the browser goes afterwards, allowed already; undefined = our own page
 * @returns undefined where the connection does not want it
 * @throws server_error when the provider names no end_session_endpoint or cannot be asked for it
 */
export async function leaveOidc(
  ctx: Ctx,
  connection: Connection,
  upstream: sessions.Upstream,
  returnTo: string | undefined,
): Promise<Departure | undefined> {
  if (!(connection.settings as OidcSettings).idpLogoutRequired) return undefined;
  const client = await import("openid-client");
  const { configuration } = await providerOf(ctx, connection);
  if (!configuration.serverMetadata().end_session_endpoint)
    throw errors.server_error("its discovery document names no end_session_endpoint");
  const hint = keptIdToken(ctx, connection, upstream);
  const url = client.buildEndSessionUrl(configuration, {
    post_logout_redirect_uri: (await addresses(ctx, connection)).postLogoutRedirectUri,
    state: await beginSignOut(ctx, connection, { returnTo }),
    ...(hint !== undefined && { id_token_hint: hint }),
  });
  return { to: "url", url: url.href };
}

/** Goes on when the browser is back from the provider. @throws invalid_connection_id, invalid_logout_state */
export async function returnFromLogout(ctx: Ctx, connectionId: string, state: string): Promise<SignOutStep> {
  const connection = await known.remember(ctx, connectionId);
  const waiting = await takeSignOut(ctx, connectionId, state);
  const trace = beginTrace("logout", connection?.connection);
  note(trace, "logout_sent", waiting.created_at);
  note(trace, "response_received", ctx.now());
  await traces.keepSuccess(ctx, trace);
  return goOn(waiting);
}

/**
 * Ends the sessions that a logout token names.
 * @throws invalid_connection_id, invalid_logout_token, logout_replayed; server_error when the keys cannot be read
 */
export async function receiveLogoutToken(ctx: Ctx, connectionId: string, token: string): Promise<void> {
  const connection = (await known.remember(ctx, connectionId))?.connection;
  if (connection?.type !== "OIDC") throw errors.invalid_connection_id();
  const trace = beginTrace("logout", connection);
  note(trace, "logout_received", ctx.now(), { binding: "back-channel" });
  try {
    await dismiss(ctx, connection, await verifyLogoutToken(ctx, connection, token), trace);
  } catch (error) {
    throw await explainRefusal(ctx, connection, trace, error);
  }
}
