/**
 * SAML single logout (SAML profiles 4.4): the request that we send when a user signs out here, the answer to it, and
 * the request by which an identity provider ends its user's sessions here. The pure protocol is in `protocols/saml`.
 */
import type { Ctx } from "../../context.ts";
import { AppError } from "../../errors.ts";
import { newSecret } from "../../lib/secrets.ts";
import type { LogoutMessage } from "../../protocols/saml/logout-message.ts";
import type { LogoutStatus } from "../../protocols/saml/logout-response.ts";
import type { MessageParameter } from "../../protocols/saml/send-message.ts";
import * as sessions from "../sessions/sessions.ts";
import { beginTrace, note, type Trace } from "../traces/trace.ts";
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
  type WaitingSignOut,
} from "./logout-requests.ts";
import { judgeByPublished } from "./metadata-refresh.ts";
import * as ownCertificates from "./own-certificates.ts";
import { known } from "./remembered.ts";
import { addresses, clockSkewSeconds, samlAttempt } from "./saml.ts";
import type { SamlSettings } from "./settings.ts";
import type { Departure } from "./sign-in.ts";

/**
 * Sends the user on to their identity provider, to sign out there too.
 * @param returnTo where the browser goes afterwards, allowed already; undefined = our own page
 * @returns undefined where the connection does not want it
 * @throws invalid_saml_request when there is no valid certificate to sign with
 */
export async function leaveSaml(
  ctx: Ctx,
  connection: Connection,
  upstream: sessions.Upstream,
  returnTo: string | undefined,
): Promise<Departure | undefined> {
  const settings = connection.settings as SamlSettings;
  if (!settings.idpSloRequired || !settings.idpSloUrl) return undefined;
  const { buildLogoutRequest } = await import("../../protocols/saml/logout-request.ts");
  const samlRequestId = `_${newSecret(20)}`;
  const xml = buildLogoutRequest({
    id: samlRequestId,
    issueInstant: ctx.now(),
    issuer: (await addresses(ctx, connection)).entityId,
    destination: settings.idpSloUrl,
    nameId: { value: upstream.subject, ...upstream.nameId },
    sessionIndex: upstream.session,
  });
  const relayState = await beginSignOut(ctx, connection, { returnTo, samlRequestId });
  return send(ctx, settings, { parameter: "SAMLRequest", xml, relayState });
}

/** What came to our single logout URL: the query of a redirect as it was sent, or a posted form. */
export type Arrived = { rawQuery: string } | { form: URLSearchParams };

interface Received {
  connection: Connection;
  message: LogoutMessage;
  trace: Trace;
}

/**
 * Takes a message of the identity provider: the answer to a request of ours, or a request of its own.
 * @param sessionSecret of the browser that brought it; a cross-site POST brings none
 * @throws invalid_connection_id, invalid_logout_state, and the codes of a message that nobody vouches for, of which
 *   nothing ends
 */
export async function receive(
  ctx: Ctx,
  connectionId: string,
  arrived: Arrived,
  sessionSecret: string | undefined,
): Promise<SignOutStep> {
  const held = await known.remember(ctx, connectionId);
  if (held?.connection.type !== "SAML") throw errors.invalid_connection_id();
  const { connection } = held;
  const trace = beginTrace("logout", connection);
  try {
    const message = await read(arrived);
    const received = { connection, message, trace };
    if (message.kind === "LogoutResponse") return await finish(ctx, received);
    return await answerRequest(ctx, received, sessionSecret);
  } catch (error) {
    throw await explainRefusal(ctx, connection, trace, error);
  }
}

async function read(arrived: Arrived): Promise<LogoutMessage> {
  const { readPost, readRedirect } = await import("../../protocols/saml/logout-message.ts");
  return samlAttempt(() => ("form" in arrived ? readPost(arrived.form) : readRedirect(arrived.rawQuery)));
}

/** @throws what makes it nobody's message, see `authenticateLogout` */
async function authenticate(ctx: Ctx, { connection, message }: Received): Promise<void> {
  const { authenticateLogout } = await import("../../protocols/saml/logout-message.ts");
  const { idpEntityId = "" } = connection.settings as SamlSettings;
  const { sloUrls: destinations } = await addresses(ctx, connection);
  await judgeByPublished(ctx, connection, (certificates) =>
    samlAttempt(() => authenticateLogout(message, { idpEntityId, certificates, destinations }, ctx.now())),
  );
}

/**
 * Goes on after the identity provider's answer, whatever that says: the session here ended before the user left, so a
 * refusal there, or an answer that nobody vouches for, changes only what the user is told.
 */
async function finish(ctx: Ctx, received: Received): Promise<SignOutStep> {
  const { connection, message, trace } = received;
  const waiting = await takeSignOut(ctx, connection.id, message.relayState ?? "");
  note(trace, "logout_sent", waiting.created_at, { request_id: waiting.saml_request_id ?? "" });
  note(trace, "response_received", ctx.now(), { binding: message.binding });
  try {
    await checkAnswer(ctx, received, waiting);
    note(trace, "response_verified", ctx.now());
    await traces.keepSuccess(ctx, trace);
    return goOn(waiting);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const reference = (await traces.keepFailure(ctx, trace, error))?.reference;
    ctx.log.info({ code: error.code, connection: connection.id, reference }, error.message);
    return goOn(waiting, reference ? `${error.message} (reference ${reference})` : error.message);
  }
}

async function checkAnswer(ctx: Ctx, received: Received, waiting: WaitingSignOut): Promise<void> {
  await authenticate(ctx, received);
  const { checkLogoutResponse } = await import("../../protocols/saml/logout-response.ts");
  const clock = { now: ctx.now(), clockSkewSeconds };
  await samlAttempt(() => checkLogoutResponse(received.message, waiting.saml_request_id ?? "", clock));
}

/** From the moment that the identity provider is known to ask, it gets an answer, whatever that is. */
async function answerRequest(
  ctx: Ctx,
  received: Received,
  sessionSecret: string | undefined,
): Promise<SignOutStep> {
  const { connection, message, trace } = received;
  note(trace, "logout_received", ctx.now(), { binding: message.binding });
  await authenticate(ctx, received);
  const own = sessionSecret === undefined ? undefined : await sessions.find(ctx, sessionSecret);
  try {
    const ended = await endNamed(ctx, received);
    const step = await answer(ctx, received, { status: "Success" });
    return ended.some(({ id }) => id === own?.id) ? { ...step, sessionSecret: "" } : step;
  } catch (error) {
    const isTheirs = error instanceof AppError && error.status !== "INTERNAL";
    if (!isTheirs) ctx.log.error({ err: error, connection: connection.id }, "a logout request failed");
    const { idpSloUrl } = connection.settings as SamlSettings;
    if (!idpSloUrl) throw error;
    await explainRefusal(ctx, connection, trace, error);
    return answer(ctx, received, {
      status: isTheirs ? "Requester" : "Responder",
      message: isTheirs ? error.message : "Something failed on our side",
    });
  }
}

async function endNamed(ctx: Ctx, received: Received): Promise<sessions.Session[]> {
  const { connection, message, trace } = received;
  const { readLogoutRequest } = await import("../../protocols/saml/logout-request.ts");
  const clock = { now: ctx.now(), clockSkewSeconds };
  const request = await samlAttempt(() => readLogoutRequest(message, clock));
  if (request.nameId.value.includes("@")) trace.email = request.nameId.value;
  const { id, refusedFrom } = request;
  const named = { subject: request.nameId.value, sessions: request.sessionIndexes };
  return dismiss(ctx, connection, { id, refusedFrom, ...named }, trace);
}

async function answer(
  ctx: Ctx,
  { connection, message }: Received,
  said: { status: LogoutStatus; message?: string },
): Promise<SignOutStep> {
  const settings = connection.settings as SamlSettings;
  // It has no address that would take an answer: the user reads ours.
  if (!settings.idpSloUrl) return { to: "page" };
  const { buildLogoutResponse } = await import("../../protocols/saml/logout-response.ts");
  const xml = buildLogoutResponse({
    ...said,
    id: `_${newSecret(20)}`,
    issueInstant: ctx.now(),
    issuer: (await addresses(ctx, connection)).entityId,
    destination: settings.idpSloUrl,
    inResponseTo: message.root.getAttribute("ID") ?? "",
  });
  return send(ctx, settings, { parameter: "SAMLResponse", xml, relayState: echoed(message.relayState) });
}

/** SAML allows 80 bytes (bindings 3.4.3), of which not all know; what fits into no address is left out. */
function echoed(relayState: string | undefined): string | undefined {
  return relayState !== undefined && relayState.length <= 1_000 ? relayState : undefined;
}

async function send(
  ctx: Ctx,
  settings: SamlSettings,
  message: { parameter: MessageParameter; xml: string; relayState: string | undefined },
): Promise<Departure> {
  const { postMessage, redirectMessage } = await import("../../protocols/saml/send-message.ts");
  const sign = await ownCertificates.logoutSigner(ctx, settings);
  const signed = { ...message, url: settings.idpSloUrl ?? "", sign };
  return samlAttempt((): Departure => {
    if (settings.idpSloBinding !== "HTTP_POST") return { to: "url", url: redirectMessage(signed) };
    const { action, fields } = postMessage(signed);
    return { to: "form", action, fields: { ...fields } };
  });
}
