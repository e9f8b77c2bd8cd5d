/** Leaving for an identity provider: one door for sign-ins and tests, whatever the kind of connection. */
import type { Ctx } from "../../context.ts";
import type { Connection } from "../connections/connections.ts";
import { connectionErrors } from "../connections/errors.ts";
import * as oauth from "../connections/oauth.ts";
import * as oidc from "../connections/oidc.ts";
import * as saml from "../connections/saml.ts";
import type { Departure, LegOptions } from "../connections/sign-in.ts";
import type { Trace } from "../traces/trace.ts";
import * as traces from "../traces/traces.ts";

/** The kinds of connections that lead somewhere. */
const kinds: Readonly<Record<string, { begin: typeof saml.begin }>> = {
  SAML: saml,
  OIDC: oidc,
  OAUTH: oauth,
};

/**
 * Begins a leg.
 * @throws what keeps the browser here, with the trace that explains it
 */
export async function leaveFor(
  ctx: Ctx,
  connection: Connection,
  options: LegOptions,
  trace: Trace,
): Promise<Departure> {
  try {
    const kind = Object.hasOwn(kinds, connection.type) ? kinds[connection.type] : undefined;
    if (!kind) throw connectionErrors.invalid_connection_id();
    return await kind.begin(ctx, connection, options);
  } catch (error) {
    throw await traces.explained(ctx, trace, error);
  }
}
