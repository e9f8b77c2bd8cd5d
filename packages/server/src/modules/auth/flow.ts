/**
 * The sign-in flow, and its one dispatcher: every step returns here, none leads to another by itself.
 *
 *   app ── begin ──┬─ live session ──────────────────────────────▶ code to the app
 *                  ├─ connection known ─▶ identity provider ─▶ complete ─▶ code to the app
 *                  └─ hosted page ─▶ depart ─▶ identity provider ─▶ complete ─▶ code to the app
 *
 * A sign-in is bound to the browser that began it by the flow cookie; an answer that arrives in another
 * browser, late, or twice, ends on a page and never at the app.
 */

import { type Ctx, inTransaction } from "../../context.ts";
import { isMissingParent } from "../../db/scope.ts";
import { AppError } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { hashSecret } from "../../lib/secrets.ts";
import type { Connection } from "../connections/connections.ts";
import { connectionErrors } from "../connections/errors.ts";
import * as oauth from "../connections/oauth.ts";
import * as oidc from "../connections/oidc.ts";
import * as saml from "../connections/saml.ts";
import {
  consume,
  findLeg,
  type Identity,
  knownConnection,
  type Proof,
  type SsoRequest,
  spendLeg,
  traceOfLeg,
  usable,
} from "../connections/sign-in.ts";
import * as environments from "../environments/environments.ts";
import { sessionData, userLoggedIn } from "../sessions/events.ts";
import * as sessions from "../sessions/sessions.ts";
import { beginTrace, note, type Trace } from "../traces/trace.ts";
import * as traces from "../traces/traces.ts";
import { userData } from "../users/events.ts";
import { admit } from "./admit.ts";
import { admitSocial, homeProvider } from "./admit-social.ts";
import { answerApp, errorValues, type Step } from "./answer.ts";
import { answerFromSession } from "./answer-from-session.ts";
import type { AuthRequest } from "./auth-requests.store.ts";
import * as store from "./auth-requests.store.ts";
import * as codes from "./codes.ts";
import { completeTest, isTest } from "./connection-test.ts";
import { authErrors as errors } from "./errors.ts";
import { newFlowSecret, ownFlowSecret } from "./flow-secret.ts";
import { leaveFor } from "./leave.ts";
import { chooseTarget, type Selectors, type Target } from "./target.ts";

/** What an app asks for, judged already: the client and its redirect URI are known to belong together. */
export interface SignInRequest extends Selectors {
  clientId: string;
  redirectUri: string;
  responseMode: "query" | "form_post";
  scope: string;
  state: string | null;
  nonce: string | null;
  codeChallenge: string | null;
  prompt: ReadonlySet<string>;
  /** Seconds since the user last proved who they are; older sessions sign in again. */
  maxAge: number | undefined;
  /** The user that the app takes for signed in; a session of another one does not do. */
  hintedUser: string | undefined;
}

/** The secrets in the browser's cookies. */
export interface Browser {
  flowSecret: string | undefined;
  sessionSecret: string | undefined;
}

/**
 * Begins a sign-in, or ends it at once where a session serves.
 * @throws the codes of the integration error table, for the app
 */
export async function begin(ctx: Ctx, request: SignInRequest, browser: Browser): Promise<Step> {
  const { mode } = await environments.current(ctx);
  const target = await tellingOfRefusal(ctx, request, () => chooseTarget(ctx, mode, request));
  const silent = mode === "FULL_STACK_AUTH" && (await answerFromSession(ctx, request, target, browser));
  if (silent) return silent;
  if (request.prompt.has("none")) throw errors.login_required();
  const flowSecret = ownFlowSecret(ctx, browser) ?? newFlowSecret(ctx);
  const authRequest = await open(ctx, request, target, flowSecret);
  if (!target.connection) return { ...(await hostedPage(ctx, authRequest)), flowSecret };
  return { ...(await toIdentityProvider(ctx, target.connection, authRequest)), flowSecret };
}

/** What an administrator has to mend is told in a trace; what the app's developer has to, in the error alone. */
const refusalsToTell = ["connection_not_active", "no_active_connections", "no_configured_connections"];

async function tellingOfRefusal<T>(ctx: Ctx, request: SignInRequest, choose: () => Promise<T>): Promise<T> {
  try {
    return await choose();
  } catch (error) {
    if (!(error instanceof AppError && refusalsToTell.includes(error.code))) throw error;
    const { clientId, loginHint } = request;
    const trace = beginTrace("sign_in", await refusedTarget(ctx, request), { clientId, email: loginHint });
    throw await traces.explained(ctx, trace, error);
  }
}

/** Whose the refusal is: of the one selector that counted, and only where it named something that exists. */
async function refusedTarget(ctx: Ctx, { provider, connectionId, organizationId }: SignInRequest) {
  if (provider !== "") return undefined;
  if (connectionId !== "") return knownConnection(ctx, connectionId);
  // An organization that does not exist was refused with another code.
  return organizationId === ""
    ? undefined
    : { id: "", organization_id: organizationId, debug_enabled: false };
}

/**
 * Goes from the hosted page to an identity provider.
 * @throws invalid_state when the sign-in is not this browser's or over; invalid_connection_id, connection_not_active
 */
export async function depart(
  ctx: Ctx,
  input: { authRequestId: string; connectionId: string; loginHint: string },
  browser: Browser,
): Promise<Step> {
  const request = await openRequest(ctx, input.authRequestId, browser);
  return answeringApp(ctx, request, undefined, async () => {
    const connection = await usable(ctx, input.connectionId);
    return toIdentityProvider(ctx, connection, {
      ...request,
      login_hint: input.loginHint || request.login_hint,
    });
  });
}

/** Finishes a SAML leg whose response was kept under a ticket. @throws invalid_state, for a page */
export async function completeSaml(
  ctx: Ctx,
  input: { connectionId: string; ticket: string },
  browser: Browser,
): Promise<Step> {
  const { response, leg } = await saml.keptResponse(ctx, input.connectionId, input.ticket);
  const posted = { response, inResponseTo: leg.saml_request_id ?? "" };
  const prove: Prove = (connection, trace) => saml.verify(ctx, connection, posted, trace);
  return complete(ctx, leg, browser, ofKind("SAML", prove));
}

/** Who judges an answer that the browser brings in the query of a redirect. */
const verifiers = { OIDC: oidc, OAUTH: oauth };

/** Finishes a leg to an OpenID Connect or a social provider. @throws invalid_state, for a page */
export async function completeRedirect(
  ctx: Ctx,
  kind: keyof typeof verifiers,
  input: { connectionId: string; answer: URLSearchParams },
  browser: Browser,
): Promise<Step> {
  const leg = await findLeg(ctx, input.connectionId, input.answer.get("state") ?? "");
  const prove: Prove = (connection, trace) =>
    verifiers[kind].verify(ctx, connection, leg, input.answer, trace);
  return complete(ctx, leg, browser, ofKind(kind, prove));
}

/** Judges the answer of a leg, and tells of it. */
export type Prove = (connection: Connection, trace: Trace) => Promise<Proof>;

/** An answer that came to the address of another kind than its connection's is no answer to our request. */
function ofKind(kind: string, prove: Prove): Prove {
  return async (connection, trace) => {
    if (connection.type !== kind) throw connectionErrors.invalid_state();
    return prove(connection, trace);
  };
}

async function complete(ctx: Ctx, leg: SsoRequest, browser: Browser, prove: Prove): Promise<Step> {
  if (isTest(leg)) return completeTest(ctx, leg, browser, prove);
  const request = await openRequest(ctx, leg.auth_request_id, browser);
  const trace = await traceOfLeg(ctx, "sign_in", leg, {
    authRequestId: request.id,
    clientId: request.client_id,
    email: request.login_hint,
  });
  return answeringApp(ctx, request, trace, async () => {
    const connection = await usable(ctx, leg.connection_id);
    const proof = await orSpend(ctx, leg, () => prove(connection, trace));
    requireFreshSignIn(request, leg, proof);
    const home = await homeOfSocial(ctx, request, connection, proof.identity);
    if (home) return sendOn(ctx, request, home, trace);
    return inTransaction(ctx, async (ctx) => {
      await consume(ctx, leg, proof);
      const { mode } = await environments.current(ctx);
      const step =
        mode === "MODULAR_AUTH"
          ? await answerWithIdentity(ctx, request, proof.identity)
          : await answerWithSession(ctx, request, connection, proof.identity, browser, trace);
      note(trace, "app_answered", ctx.now(), { redirect_uri: request.redirect_uri });
      await traces.keepSuccess(ctx, trace);
      return step;
    });
  });
}

/** Full stack: where somebody who came through a social provider has to prove themselves as well. */
async function homeOfSocial(ctx: Ctx, request: AuthRequest, connection: Connection, identity: Identity) {
  const { mode } = await environments.current(ctx);
  if (mode === "MODULAR_AUTH") return undefined;
  return homeProvider(ctx, connection, identity, request.organization_id);
}

/** Ends the leg to a social provider, and begins the one to the organization's own: the sign-in goes on. */
async function sendOn(
  ctx: Ctx,
  request: AuthRequest,
  home: { connection: Connection; email: string },
  trace: Trace,
): Promise<Step> {
  const step = await toIdentityProvider(ctx, home.connection, { ...request, login_hint: home.email });
  note(trace, "sent_on", ctx.now(), { connection: home.connection.id });
  await traces.keepSuccess(ctx, trace);
  return step;
}

/** An answer that is refused uses up its leg: else strangers could have one leg judged without end. */
async function orSpend<T>(ctx: Ctx, leg: SsoRequest, judge: () => Promise<T>): Promise<T> {
  try {
    return await judge();
  } catch (error) {
    await spendLeg(ctx, leg);
    throw error;
  }
}

/** @throws user_login_required when the identity provider asked nobody, though the app wanted it to */
function requireFreshSignIn(request: AuthRequest, leg: SsoRequest, { authenticatedAt }: Proof): void {
  if (!request.force_authentication || !authenticatedAt) return;
  if (authenticatedAt.getTime() + clockSkewMs >= leg.created_at.getTime()) return;
  const observed = authenticatedAt.toISOString();
  const expected = `not before ${leg.created_at.toISOString()}`;
  throw errors.user_login_required(observed).with({ evidence: { observed, expected } });
}

/** How far an identity provider's clock may be from ours. */
const clockSkewMs = 120_000;

/** Modular: the identity goes to the app, and nothing of it stays here. */
async function answerWithIdentity(ctx: Ctx, request: AuthRequest, identity: Identity): Promise<Step> {
  const code = await codes.issueFor(ctx, request.id, {
    ...codeFields(request),
    scope: withoutRefresh(request.scope),
    organizationId: identity.organizationId,
    connectionId: identity.connectionId,
    authenticatedAt: ctx.now(),
    identity,
  });
  return answer(ctx, request, { code });
}

/** Modular has no session that a refresh token could live with: what is not granted is not named as granted. */
function withoutRefresh(scope: string): string {
  return scope
    .split(" ")
    .filter((name) => name !== "offline_access")
    .join(" ");
}

/** Full stack: the identity becomes a user of ours with a session, under a fresh session secret. */
async function answerWithSession(
  ctx: Ctx,
  request: AuthRequest,
  connection: Connection,
  identity: Identity,
  browser: Browser,
  trace: Trace,
): Promise<Step> {
  const { user, organizationId } =
    connection.organization_id === null
      ? await admitSocial(ctx, identity, request.organization_id)
      : { user: await admit(ctx, connection, identity), organizationId: identity.organizationId };
  note(trace, "user_admitted", ctx.now(), { user: user.id });
  const { connectionId } = identity;
  const { session, organizations, secret } = await sessions.signIn(ctx, {
    userId: user.id,
    organizationId,
    connectionId,
    clientId: request.client_id,
    currentSecret: browser.sessionSecret,
    upstream: identity.upstream,
  });
  const told = { user: userData(user, null), user_session: sessionData(session, organizations) };
  await ctx.emit(userLoggedIn, told, organizationId);
  const code = await codes.issueFor(ctx, request.id, {
    ...codeFields(request),
    organizationId,
    connectionId,
    authenticatedAt: session.authenticated_at,
    sessionId: session.id,
  });
  return { ...(await answer(ctx, request, { code })), sessionSecret: secret };
}

async function open(
  ctx: Ctx,
  request: SignInRequest,
  target: Target,
  flowSecret: string,
): Promise<AuthRequest> {
  const now = ctx.now();
  const { lifetimes } = await environments.current(ctx);
  const row: AuthRequest = {
    id: newId("req"),
    environment_id: ctx.environmentId,
    browser_hash: hashSecret(flowSecret),
    client_id: request.clientId,
    redirect_uri: request.redirectUri,
    response_mode: request.responseMode,
    scope: request.scope,
    state: request.state,
    nonce: request.nonce,
    code_challenge: request.codeChallenge,
    login_hint: request.loginHint,
    force_authentication: request.prompt.has("login") || request.maxAge !== undefined,
    organization_id: target.organizationId ?? null,
    created_at: now,
    expires_at: new Date(now.getTime() + lifetimes.signIn * 1000),
    completed_at: null,
  };
  await store.insert(ctx, row);
  return row;
}

/** A sign-in that this browser began and that is still open. @throws invalid_state */
async function openRequest(ctx: Ctx, id: string, browser: Browser): Promise<AuthRequest> {
  const found =
    browser.flowSecret === undefined
      ? undefined
      : await store.findOpen(ctx, id, hashSecret(browser.flowSecret), ctx.now());
  if (!found) throw connectionErrors.invalid_state();
  return found;
}

async function toIdentityProvider(ctx: Ctx, connection: Connection, request: AuthRequest): Promise<Step> {
  // An organization that the app asked for is not left by picking another one's connection on the way.
  const named = connection.organization_id ?? request.organization_id;
  if (request.organization_id !== null && named !== request.organization_id) {
    throw errors.invalid_connection_selector();
  }
  const options = {
    authRequestId: request.id,
    loginHint: request.login_hint,
    forceAuthentication: request.force_authentication,
  };
  const trace = beginTrace("sign_in", connection, {
    authRequestId: request.id,
    clientId: request.client_id,
    email: request.login_hint,
  });
  return leaveFor(ctx, connection, options, trace);
}

async function hostedPage(ctx: Ctx, request: AuthRequest): Promise<Step> {
  const { publicUrl } = await environments.current(ctx);
  const url = new URL("/a/auth/login", publicUrl);
  url.searchParams.set("auth_request", request.id);
  if (request.login_hint !== "") url.searchParams.set("login_hint", request.login_hint);
  return { to: "url", url: url.href };
}

/** Runs a step; what goes wrong in it is told to the app, which can be reached from here on. */
async function answeringApp(
  ctx: Ctx,
  request: AuthRequest,
  trace: Trace | undefined,
  step: () => Promise<Step>,
): Promise<Step> {
  try {
    return await step();
  } catch (thrown) {
    // The organization or connection was deleted while its user was on the way.
    const error = isMissingParent(thrown) ? connectionErrors.connection_not_active() : thrown;
    if (!(error instanceof AppError))
      ctx.log.error({ err: error, auth_request: request.id }, "sign-in failed");
    else ctx.log.info({ code: error.code, err: error.cause, auth_request: request.id }, "sign-in refused");
    return answer(ctx, request, errorValues(trace ? await traces.explained(ctx, trace, error) : error));
  }
}

async function answer(ctx: Ctx, request: AuthRequest, values: Record<string, string>): Promise<Step> {
  const { publicUrl } = await environments.current(ctx);
  const to = {
    redirectUri: request.redirect_uri,
    responseMode: request.response_mode as "query" | "form_post",
    state: request.state,
  };
  return answerApp(to, publicUrl, values);
}

function codeFields(request: AuthRequest) {
  return {
    clientId: request.client_id,
    redirectUri: request.redirect_uri,
    scope: request.scope,
    nonce: request.nonce,
    codeChallenge: request.code_challenge,
  };
}
