/** Where a user goes who signs out here: on to the identity provider, where the connection wants it. */
import type { Ctx } from "../../context.ts";
import * as sessions from "../sessions/sessions.ts";
import { beginTrace } from "../traces/trace.ts";
import * as traces from "../traces/traces.ts";
import { leaveOidc } from "./oidc-logout.ts";
import { known } from "./remembered.ts";
import { leaveSaml } from "./saml-logout.ts";
import type { Departure } from "./sign-in.ts";

/**
 * The way from a session that has just ended to the identity provider through which it entered its active
 * organization. What goes wrong on it keeps nobody from leaving: it is told in the log and in a trace.
 * @param returnTo where the browser goes afterwards, allowed already; undefined = our own page
 * @returns undefined where nothing is to be done there
 */
export async function leave(
  ctx: Ctx,
  ended: sessions.Session,
  returnTo: string | undefined,
): Promise<Departure | undefined> {
  const entry = await sessions.entryOf(ctx, ended);
  const connection = entry && (await known.remember(ctx, entry.connectionId))?.connection;
  if (!entry?.upstream || !connection) return undefined;
  try {
    const leaveBy = connection.type === "SAML" ? leaveSaml : leaveOidc;
    return await leaveBy(ctx, connection, entry.upstream, returnTo);
  } catch (error) {
    const reference = (await traces.keepFailure(ctx, beginTrace("logout", connection), error))?.reference;
    ctx.log.warn(
      { err: error, connection: connection.id, reference },
      "nobody was signed out at the provider",
    );
    return undefined;
  }
}
