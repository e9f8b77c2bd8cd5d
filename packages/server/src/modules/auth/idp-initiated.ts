/**
 * IdP-initiated login, in two steps: a response that nobody asked for signs nobody in. It is judged, and then the
 * browser goes to the app with a signed note of who wants to come in; the app begins a sign-in of its own, which the
 * identity provider answers at once. So a response that was stolen, or posted by another's page, leads to a sign-in
 * at the identity provider in this very browser, and never to the session of somebody else.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { isMissingParent } from "../../db/scope.ts";
import { AppError } from "../../errors.ts";
import * as clients from "../clients/clients.ts";
import { startOf } from "../clients/redirect-uris.ts";
import type { Connection } from "../connections/connections.ts";
import { connectionErrors } from "../connections/errors.ts";
import * as saml from "../connections/saml.ts";
import type { SamlSettings } from "../connections/settings.ts";
import { takeAssertion, usable } from "../connections/sign-in.ts";
import * as environments from "../environments/environments.ts";
import * as keys from "../keys/keys.ts";
import { adviceFor } from "../traces/advice.ts";
import { beginTrace, note } from "../traces/trace.ts";
import * as traces from "../traces/traces.ts";
import { errorValues } from "./answer.ts";
import { authErrors as errors } from "./errors.ts";

const noteLifetimeSeconds = 300;
/** SAML bindings 3.4.3 allows 80 bytes; identity providers send deep links that are longer. */
const longestRelayState = 2_048;

/** What an identity provider posted by itself. */
export interface Unsolicited {
  connectionId: string;
  samlResponse: string;
  relayState: string;
}

/**
 * Judges an unsolicited response.
 * @returns where the browser goes: to the app, with `idp_initiated_login` or with `error`, `error_description` and
 *   `error_uri`
 * @throws invalid_connection_id, connection_not_active, invalid_state for an answer to a request that is over, and
 *   IDP_INITIATED_NO_TARGET, all for a page
 */
export async function startFromIdp(ctx: Ctx, posted: Unsolicited): Promise<string> {
  const connection = await usable(ctx, posted.connectionId);
  if (connection.type !== "SAML") throw connectionErrors.invalid_connection_id();
  const target = await targetOf(ctx, connection);
  const trace = beginTrace("idp_initiated", connection);
  try {
    requireAllowed(connection);
    const response = { response: posted.samlResponse, inResponseTo: undefined };
    const proof = await saml.verify(ctx, connection, response, trace);
    if (!target) throw errors.IDP_INITIATED_NO_TARGET();
    const values = { idp_initiated_login: await noteFor(ctx, connection, proof.identity.email, posted) };
    await inTransaction(ctx, async (ctx) => {
      await takeAssertion(ctx, connection.id, proof);
      note(trace, "app_started", ctx.now(), { app: target });
      await traces.keepSuccess(ctx, trace);
    });
    return withValues(target, values);
  } catch (thrown) {
    const error = isMissingParent(thrown) ? connectionErrors.connection_not_active() : thrown;
    // Not from nowhere: it answers a request of ours that has expired or was answered before.
    if (error instanceof AppError && error.evidence?.reason === "in_response_to_mismatch")
      throw connectionErrors.invalid_state();
    if (!(error instanceof AppError)) ctx.log.error({ err: error }, "an unsolicited response failed");
    const refusal = inOurWords(await traces.explained(ctx, trace, error));
    if (!target) throw refusal;
    return withValues(target, errorValues(refusal));
  }
}

/** Nobody has signed what stands in the message: a stranger's sentences do not go on to the app in our name. */
function inOurWords(error: AppError): AppError {
  const { code, status, evidence, help, cause } = error;
  if (evidence?.reason === undefined) return error;
  return new AppError(code, status, adviceFor(code, evidence.reason).title, { evidence, help, cause });
}

function withValues(target: string | undefined, values: Record<string, string>): string {
  const url = new URL(target ?? "");
  for (const [name, value] of Object.entries(values)) url.searchParams.set(name, value);
  return url.href;
}

function requireAllowed(connection: Connection): void {
  const { allowIdpInitiatedLogin = true } = connection.settings as SamlSettings;
  if (!allowIdpInitiatedLogin) throw errors.idp_initiated_login_not_allowed();
}

/** The JWT that the app verifies by `/keys`, and whose fields it hands to /oauth/authorize. */
async function noteFor(
  ctx: Ctx,
  connection: Connection,
  email: string,
  posted: Unsolicited,
): Promise<string> {
  const { publicUrl } = await environments.current(ctx);
  const iat = Math.floor(ctx.now().getTime() / 1000);
  const relayState = posted.relayState.slice(0, longestRelayState);
  return keys.sign(ctx, {
    organization_id: connection.organization_id,
    connection_id: connection.id,
    login_hint: email,
    ...(relayState !== "" && { relay_state: relayState }),
    iss: publicUrl,
    iat,
    nbf: iat,
    exp: iat + noteLifetimeSeconds,
  });
}

/**
 * The app's own address for this: where it begins sign-ins, else its first callback. A connection may prefer another
 * one of the app's registered addresses, and none but those.
 */
async function targetOf(ctx: Ctx, connection: Connection): Promise<string | undefined> {
  const client = await clients.getDefault(ctx);
  const { defaultRedirectUri } = connection.settings as SamlSettings;
  return startOf(ctx, client, connection.organization_id, defaultRedirectUri);
}
