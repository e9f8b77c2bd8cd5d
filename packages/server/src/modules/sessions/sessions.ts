/**
 * Sessions: one a browser, shared by every app of the environment. A session is known by an opaque secret in
 * an HttpOnly cookie, of which only the hash is stored; the secret changes at every sign-in.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { newId } from "../../lib/ids.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import { sessionLimits } from "../organizations/session-policy.ts";
import * as people from "../users/people.ts";
import { sessionData, sessionEnded } from "./events.ts";
import type { LiveSession, Session } from "./sessions.store.ts";
import * as store from "./sessions.store.ts";

export type { LiveSession, Session };

/** The user's session at the identity provider, by which single logout is asked for in either direction. */
export interface Upstream {
  /** NameID of SAML or `sub` of OpenID Connect, as the identity provider wrote it. */
  subject: string;
  /** SessionIndex of SAML or `sid` of OpenID Connect. */
  session?: string;
  /** What a LogoutRequest must repeat of the NameID (SAML core 3.7.1). */
  nameId?: { format?: string; nameQualifier?: string; spNameQualifier?: string };
  /** The ID token, sealed: the hint of a logout at the provider (OIDC RP-Initiated Logout 1.0). */
  idTokenSealed?: string;
}

/** How a user has just proven who they are. */
export interface SignIn {
  userId: string;
  organizationId: string;
  connectionId: string;
  /** The app that asked for the sign-in. */
  clientId: string;
  /** The secret of the browser's present session, if it has one. */
  currentSecret: string | undefined;
  upstream?: Upstream | undefined;
}

/**
 * Signs a user in: a live session of the same user goes on under a new secret and enters the organization;
 * one of another user ends first.
 * @returns the session, the organizations entered in it, and its new secret, which goes into the cookie
 */
export async function signIn(ctx: Ctx, input: SignIn): Promise<SignedIn & { secret: string }> {
  return inTransaction(ctx, async (ctx) => {
    const secret = newSecret();
    const former = input.currentSecret === undefined ? undefined : await find(ctx, input.currentSecret);
    if (former && former.user_id !== input.userId) await end(ctx, { id: former.id }, "logout");
    const goesOn = former?.user_id === input.userId ? former : undefined;
    const signedIn =
      (goesOn && (await renew(ctx, goesOn, input, secret))) ?? (await begin(ctx, input, secret));
    return { ...signedIn, secret };
  });
}

interface SignedIn {
  session: Session;
  organizations: string[];
}

/** The live session of a cookie, seen from an organization; undefined when it has ended or never was. */
export async function find(
  ctx: Ctx,
  secret: string,
  from: { organizationId?: string; clientId?: string } = {},
): Promise<LiveSession | undefined> {
  return store.findLive(ctx, hashSecret(secret), ctx.now(), from);
}

/**
 * Whether an app's use of a session would change nothing that matters: it shares the session already, the
 * organization is the active one, and activity was noted within the last minute.
 */
export function isUpToDate(session: LiveSession, organizationId: string, now: Date): boolean {
  return (
    session.organization_id === organizationId &&
    session.client_organization_id === organizationId &&
    now.getTime() - session.last_active_at.getTime() < activityGrainMs
  );
}

/** Timeouts are minutes, so activity is noted once in a while and not at every click. */
const activityGrainMs = 60_000;

/** The live session with this id. An id names a session and opens nothing: only for tokens that we signed. */
export async function findById(ctx: Ctx, id: string): Promise<Session | undefined> {
  return store.find(ctx, id, ctx.now());
}

/**
 * Notes activity, which moves the idle expiry, and makes `organizationId` the active organization.
 * @returns undefined when the session has ended meanwhile
 */
export async function touch(ctx: Ctx, id: string, organizationId?: string): Promise<Session | undefined> {
  return store.touch(ctx, id, {
    now: ctx.now(),
    ...(organizationId !== undefined && { organizationId }),
  });
}

/** Notes that an app shares the session. */
export async function joinClient(ctx: Ctx, session: Session, clientId: string): Promise<void> {
  await store.setClient(ctx, { sessionId: session.id, clientId, organizationId: session.organization_id });
}

/** Ends all live sessions of a user; refresh tokens of them die with them. */
export async function revokeAll(ctx: Ctx, userId: string): Promise<void> {
  for (const id of await store.idsOfUser(ctx, userId)) await end(ctx, { id }, "revoked");
}

/**
 * Takes a user out of an organization: sessions that are in it end; of those that have only been there, the way back
 * in and the refresh tokens for it are taken.
 */
export async function leaveOrganization(ctx: Ctx, userId: string, organizationId: string): Promise<void> {
  for (const id of await store.idsOfUser(ctx, userId, organizationId)) await end(ctx, { id }, "revoked");
  await store.removeEntries(ctx, userId, organizationId, ctx.now());
}

/** The same for many users at once. */
export async function allLeaveOrganization(
  ctx: Ctx,
  userIds: readonly string[],
  organizationId: string,
): Promise<void> {
  await tellEnded(ctx, await store.endOfUsers(ctx, userIds, organizationId, ctx.now()));
  await store.removeEntriesOfUsers(ctx, userIds, organizationId, ctx.now());
}

/** Ends a session for all apps; refresh tokens of it die with it. Ending it twice is no error. */
export async function end(
  ctx: Ctx,
  which: { id: string } | { secret: string },
  status: "logout" | "revoked",
): Promise<Session | undefined> {
  return inTransaction(ctx, async (ctx) => {
    const key = "id" in which ? which : { secretHash: hashSecret(which.secret) };
    const session = await store.end(ctx, key, status, ctx.now());
    if (!session) return undefined;
    await tellEnded(ctx, [session]);
    return session;
  });
}

/**
 * Ends the live sessions that entered through a connection and that its identity provider names; refresh tokens of
 * them die with them. Names of another connection's sessions find nothing.
 * @param names `subject` alone means all sessions of the person; `sessions` narrows it to those, and to such as the
 * identity provider gave no name
 * @returns those that this call ended
 * @throws RangeError when nothing is named, which would mean everybody
 */
export async function endByUpstream(
  ctx: Ctx,
  connectionId: string,
  names: store.UpstreamNames,
): Promise<Session[]> {
  if (names.subject === undefined && !names.sessions?.length) throw new RangeError("nobody is named");
  return inTransaction(ctx, async (ctx) => {
    const ended = await store.endByUpstream(ctx, connectionId, names, ctx.now());
    await tellEnded(ctx, ended);
    return ended;
  });
}

/** The way through which a session entered its organization. */
export interface EntryOfSession {
  connectionId: string;
  /** Undefined where the identity provider says nothing of a session of its own. */
  upstream: Upstream | undefined;
}

/** How a session, live or ended, entered its active organization; undefined when it did not. */
export async function entryOf(ctx: Ctx, session: Session): Promise<EntryOfSession | undefined> {
  const entry = await store.findEntry(ctx, session.id, session.organization_id);
  if (!entry) return undefined;
  return {
    connectionId: entry.connection_id,
    upstream: (entry.upstream ?? undefined) as Upstream | undefined,
  };
}

/** The connection through which a session entered an organization; "" when it did not. */
export async function connectionOf(ctx: Ctx, sessionId: string, organizationId: string): Promise<string> {
  return (await store.findConnection(ctx, sessionId, organizationId)) ?? "";
}

/** Announces the end of sessions, in the transaction that ended them. */
export async function tellEnded(ctx: Ctx, ended: readonly Session[]): Promise<void> {
  if (ended.length === 0) return;
  const users = await people.dataOf(ctx, [...new Set(ended.map((session) => session.user_id))]);
  const entered = await store.organizationsOf(
    ctx,
    ended.map((session) => session.id),
  );
  for (const session of ended) {
    const user = users.get(session.user_id) ?? null;
    const payload = { user, user_session: sessionData(session, entered.get(session.id) ?? []) };
    await ctx.emit(sessionEnded, payload, session.organization_id);
  }
}

async function renew(
  ctx: Ctx,
  former: Session,
  input: SignIn,
  secret: string,
): Promise<SignedIn | undefined> {
  const now = ctx.now();
  const timeouts = await sessionLimits(ctx, input.organizationId);
  const renewed = await store.setSecret(ctx, former.id, {
    secretHash: hashSecret(secret),
    now,
    idleSeconds: timeouts.idle ?? null,
    absoluteExpiresAt: later(now, timeouts.absolute),
    organizationId: input.organizationId,
  });
  if (!renewed) return undefined;
  return { session: renewed, organizations: await store.setEntry(ctx, renewed.id, input, now) };
}

async function begin(ctx: Ctx, input: SignIn, secret: string): Promise<SignedIn> {
  const now = ctx.now();
  const { absolute, idle } = await sessionLimits(ctx, input.organizationId);
  const row = {
    id: newId("ses"),
    environment_id: ctx.environmentId,
    user_id: input.userId,
    secret_hash: hashSecret(secret),
    organization_id: input.organizationId,
    status: "active",
    user_agent: ctx.request.userAgent,
    ip: ctx.request.ip,
    authenticated_at: now,
    created_at: now,
    updated_at: now,
    last_active_at: now,
    idle_seconds: idle ?? null,
    idle_expires_at: idle === undefined ? null : later(now, idle),
    absolute_expires_at: later(now, absolute),
  };
  return { session: await store.insert(ctx, row, input), organizations: [input.organizationId] };
}

function later(now: Date, seconds: number): Date {
  return new Date(now.getTime() + seconds * 1000);
}
