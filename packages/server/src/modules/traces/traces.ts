/**
 * Traces: every attempt to sign in through a connection, written down for those who must find out why it failed.
 * This module owns the telling (`trace.ts`), the table of help (`advice.ts`), and who may read which trace: the API
 * by id or reference, and the one who met the error by the link on its page.
 */
import { randomInt } from "node:crypto";
import { type App, type Ctx, ownOrganization } from "../../context.ts";
import type { Scope } from "../../db/scope.ts";
import { AppError, type Help } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as environments from "../environments/environments.ts";
import { traceErrors as errors } from "./errors.ts";
import { note, noteFailure, type Trace, type TraceOutcome } from "./trace.ts";
import type { TraceFilter, TraceRow } from "./traces.store.ts";
import * as store from "./traces.store.ts";

export type { TraceFilter, TraceRow };

const day = 86_400_000;
/** Nobody met an error then, and strangers can begin what they never finish. */
const abandonedStayMs = 2 * day;
const mostCounted = 1_000;

/** A trace that was written down: its id, and where it is read. */
export interface Kept extends Help {
  id: string;
}

/** Writes down an attempt that went well, in the transaction of the sign-in. Nobody is given a link to it. */
export async function keepSuccess(ctx: Ctx, trace: Trace): Promise<void> {
  await keep(ctx, trace, "success", "", null);
}

/** Writes down a test that went well; its page is what the tester came for. */
export async function keepTest(ctx: Ctx, trace: Trace): Promise<Kept> {
  return keepWithLink(ctx, trace, "success", "");
}

/**
 * Writes down an attempt that failed, with the step that says why. Strangers can make attempts fail as they like, so
 * only so many an hour are kept of a connection.
 * @returns undefined when it was one too many
 */
export async function keepFailure(ctx: Ctx, trace: Trace, thrown: unknown): Promise<Kept | undefined> {
  const { code } = noteFailure(trace, thrown, ctx.now());
  if (!(await hasRoom(ctx, trace))) return undefined;
  return keepWithLink(ctx, trace, "failure", code);
}

/** The same, and the error as its reader meets it: with the reference and the page that explains it, where kept. */
export async function explained(ctx: Ctx, trace: Trace, thrown: unknown): Promise<AppError> {
  const help = await keepFailure(ctx, trace, thrown);
  const known = thrown instanceof AppError && thrown.status !== "INTERNAL";
  const error = known
    ? thrown
    : new AppError("INTERNAL", "INTERNAL", "Something failed on our side", { cause: thrown });
  return error.with({ help: help && { reference: help.reference, url: help.url } });
}

/** Of a connection and a kind: when an identity provider breaks, the first hundred say as much as all. */
const mostAnHour = 100;

async function hasRoom(
  at: Scope & { now(): Date },
  { connectionId, organizationId, kind }: Trace,
): Promise<boolean> {
  const since = new Date(at.now().getTime() - 3_600_000);
  const found = await store.countFailures(at, { connectionId, organizationId, kind, since }, mostAnHour);
  return found < mostAnHour;
}

/** A request to an identity provider that was never answered, as its row tells of it. */
export interface AbandonedLeg {
  environment_id: string;
  organization_id: string | null;
  connection_id: string;
  client_id: string;
  auth_request_id: string;
  login_hint: string;
  sent: Record<string, string>;
  created_at: Date;
}

/** Writes down a sign-in whose user left for the identity provider and did not come back in time. */
export async function keepAbandoned(app: App, leg: AbandonedLeg): Promise<void> {
  const trace: Trace = {
    kind: "sign_in",
    organizationId: leg.organization_id,
    connectionId: leg.connection_id,
    clientId: leg.client_id,
    authRequestId: leg.auth_request_id,
    email: leg.login_hint.includes("@") ? leg.login_hint : "",
    debug: false,
    steps: [],
  };
  note(trace, "request_sent", leg.created_at, leg.sent);
  const at = { db: app.db, environmentId: leg.environment_id, now: app.now };
  if (!(await hasRoom(at, trace))) return;
  const row = rowOf(trace, "abandoned", "authentication_not_completed", app.now(), abandonedStayMs);
  await store.insert(at, { ...row, environment_id: leg.environment_id, created_at: leg.created_at });
}

/** @param which an id or a reference, as a person may have typed it. @throws TRACE_NOT_FOUND also for another organization's */
export async function get(ctx: Ctx, which: string): Promise<TraceRow> {
  const by = which.startsWith("trc_") ? { id: which } : { reference: tidy(which) };
  const trace = await store.find(ctx, by, ctx.now());
  const own = ownOrganization(ctx);
  if (!trace || (own !== undefined && trace.organization_id !== own)) throw errors.TRACE_NOT_FOUND(which);
  return trace;
}

/** The trace behind the link of an error. @throws TRACE_NOT_FOUND */
export async function ofLink(ctx: Ctx, secret: string): Promise<TraceRow> {
  const trace = await store.find(ctx, { linkHash: hashSecret(secret) }, ctx.now());
  if (!trace) throw errors.TRACE_NOT_FOUND("behind this link");
  return trace;
}

/** Newest first; a caller that is bound to an organization sees its own. @throws PAGE_TOKEN_INVALID */
export async function list(ctx: Ctx, filter: TraceFilter, request: PageRequest): Promise<Page<TraceRow>> {
  const own = ownOrganization(ctx);
  const narrowed = { ...filter, ...(own !== undefined && { organization_id: own }) };
  const page = openPage(request, `traces:${JSON.stringify(narrowed)}`);
  const rows = await store.list(ctx, narrowed, page.range);
  return page.close(rows, await store.count(ctx, narrowed, mostCounted));
}

async function keepWithLink(ctx: Ctx, trace: Trace, outcome: TraceOutcome, errorCode: string): Promise<Kept> {
  const secret = newSecret();
  const { id, reference } = await keep(ctx, trace, outcome, errorCode, hashSecret(secret));
  const { publicUrl } = await environments.current(ctx);
  return { id, reference, url: `${publicUrl}/sso/v1/traces/${secret}` };
}

async function keep(
  ctx: Ctx,
  trace: Trace,
  outcome: TraceOutcome,
  errorCode: string,
  linkHash: Buffer | null,
): Promise<{ id: string; reference: string }> {
  const row = rowOf(trace, outcome, errorCode, ctx.now(), ctx.app.config.traceDays * day);
  await store.insert(ctx, { ...row, environment_id: ctx.environmentId, link_hash: linkHash });
  return row;
}

function rowOf(trace: Trace, outcome: TraceOutcome, errorCode: string, now: Date, staysMs: number) {
  return {
    id: newId("trc"),
    organization_id: trace.organizationId,
    connection_id: trace.connectionId,
    reference: newReference(),
    kind: trace.kind,
    outcome,
    error_code: errorCode,
    email: trace.email.toLowerCase().slice(0, 254),
    client_id: trace.clientId,
    auth_request_id: trace.authRequestId,
    steps: JSON.stringify(trace.steps),
    created_at: now,
    expires_at: new Date(now.getTime() + staysMs),
  };
}

/** Without letters and digits that sound or look alike: it is read out over the phone. */
const alphabet = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

/** Eight of 32 characters in two groups, such as `K7QF-3M2P`. It names a trace and opens nothing. */
function newReference(): string {
  const text = Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join("");
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}

/** What people type: small letters, without the dash, with blanks. */
function tidy(typed: string): string {
  const text = typed.toUpperCase().replace(/[^A-Z0-9]/g, "");
  return `${text.slice(0, 4)}-${text.slice(4)}`;
}
