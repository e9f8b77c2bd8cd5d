/**
 * Signing out at identity providers: what SAML and OpenID Connect share. A sign-out that we begin waits under a
 * one-time handle until the browser comes back; a message by which an identity provider ends sessions is used once.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { hashSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import * as sessions from "../sessions/sessions.ts";
import { note, type Trace } from "../traces/trace.ts";
import * as traces from "../traces/traces.ts";
import type { Connection } from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import type { WaitingSignOut } from "./logout-requests.store.ts";
import * as store from "./logout-requests.store.ts";
import { type Departure, newHandle } from "./sign-in.ts";

export type { WaitingSignOut };

/** Where the browser goes on to; `page` is ours, which says that the user is signed out and what is left to say. */
export type SignOutStep = (Departure | { to: "page"; note?: string }) & {
  /** Empty: the browser's session is over, so its cookie goes. */
  sessionSecret?: "";
};

/**
 * Notes a sign-out that goes on at an identity provider.
 * @param sent what the answer must fit, and where the browser goes on to: an address that the app may send users to
 * @returns the handle, which travels as RelayState or state
 */
export async function beginSignOut(
  ctx: Ctx,
  connection: Connection,
  sent: { returnTo: string | undefined; samlRequestId?: string },
): Promise<string> {
  const now = ctx.now();
  const { lifetimes } = await environments.current(ctx);
  const handle = newHandle();
  await store.insert(ctx, {
    handle_hash: hashSecret(handle),
    environment_id: ctx.environmentId,
    connection_id: connection.id,
    saml_request_id: sent.samlRequestId ?? null,
    return_to: sent.returnTo ?? null,
    created_at: now,
    expires_at: new Date(now.getTime() + lifetimes.signIn * 1000),
  });
  return handle;
}

/**
 * The sign-out that an answer belongs to, which is used up by this. The handle alone finds it: it opens nothing but
 * the way on to an address that was allowed when the sign-out began.
 * @throws invalid_logout_state
 */
export async function takeSignOut(ctx: Ctx, connectionId: string, handle: string): Promise<WaitingSignOut> {
  const which = { handleHash: hashSecret(handle), connectionId };
  const waiting = handle === "" ? undefined : await store.consume(ctx, which, ctx.now());
  if (!waiting) throw errors.invalid_logout_state();
  return waiting;
}

/** Onwards from an identity provider. @param left what our own page says beside that the user is signed out */
export function goOn(waiting: WaitingSignOut, left?: string): SignOutStep {
  if (waiting.return_to !== null) return { to: "url", url: waiting.return_to };
  return { to: "page", ...(left !== undefined && { note: left }) };
}

/** A verified message by which an identity provider ends sessions. */
export interface Dismissal {
  /** Of the message, unique at its sender. */
  id: string;
  /** From then on it is refused anyway. */
  refusedFrom: Date;
  subject?: string;
  sessions?: string[];
}

/**
 * Ends the sessions that an identity provider names, and tells of it; one transaction with the note that the message
 * was used.
 * @returns the sessions that this message ended; none is no error
 * @throws logout_replayed when it was used before: of many at once, one wins
 */
export async function dismiss(
  ctx: Ctx,
  connection: Connection,
  dismissal: Dismissal,
  trace: Trace,
): Promise<sessions.Session[]> {
  const { id, refusedFrom: until, ...names } = dismissal;
  return inTransaction(ctx, async (ctx) => {
    if (!(await store.insertUsed(ctx, { connectionId: connection.id, id, until })))
      throw errors.logout_replayed();
    const ended = await sessions.endByUpstream(ctx, connection.id, names);
    note(trace, "sessions_ended", ctx.now(), {
      count: String(ended.length),
      sessions: ended.map((session) => session.id).join(", "),
    });
    await traces.keepSuccess(ctx, trace);
    return ended;
  });
}

/** Anybody may post here, so that of refusals one a minute is written down for each connection. */
const refusalsTold = "logout_refusals";
const refusalsTtlSeconds = 60;

/** Writes down why a message was refused. @returns the error, with the page that explains it where there is one */
export async function explainRefusal(
  ctx: Ctx,
  connection: Connection,
  trace: Trace,
  thrown: unknown,
): Promise<unknown> {
  let explained = thrown;
  const tell = async () => {
    explained = await traces.explained(ctx, trace, thrown);
    return true;
  };
  await ctx.app.cache.get(refusalsTold, connection.id, tell, { ttlSeconds: refusalsTtlSeconds });
  return explained;
}
