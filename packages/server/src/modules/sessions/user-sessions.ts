/**
 * The sessions of users as an application, an administrator or their own user sees and ends them. An end user reaches
 * only their own; for the rest there is nothing to find.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as users from "../users/users.ts";
import { sessionErrors as errors } from "./errors.ts";
import { end, type Session, tellEnded } from "./sessions.ts";
import type { SessionDetails, SessionFilter, SessionStatus } from "./user-sessions.store.ts";
import * as store from "./user-sessions.store.ts";

export type { SessionDetails, SessionFilter, SessionStatus };

/** Counted exactly up to here: a count beyond it is of no use to anybody who pages. */
const mostCounted = 1_000;

/** A session, ended ones included. @throws SESSION_NOT_FOUND */
export async function get(ctx: Ctx, id: string): Promise<SessionDetails> {
  const session = await store.find(ctx, id);
  if (!session || !mayReach(ctx, session.user_id)) throw errors.SESSION_NOT_FOUND(id);
  return session;
}

/** One page, newest first. @throws SESSION_USER_NOT_FOUND, PAGE_TOKEN_INVALID */
export async function list(
  ctx: Ctx,
  request: PageRequest,
  filter: SessionFilter,
): Promise<Page<SessionDetails>> {
  await requireUser(ctx, filter.userId);
  const page = openPage(request, `sessions:${JSON.stringify(filter)}`);
  const now = ctx.now();
  const rows = await store.list(ctx, filter, page.range, now);
  return page.close(rows, await store.count(ctx, filter, now, mostCounted));
}

/** Whose session the caller's is, and when it ends. */
export interface CurrentSession {
  /** Id of the user or member; "" where a portal's link is nobody. */
  subject: string;
  email?: string;
  organizationId?: string;
  connectedAccountId?: string;
  expiresAt?: Date;
  tokenExpiresAt?: Date;
}

/** @throws SESSION_NOT_FOUND when an end user's has ended a moment ago */
export async function current(ctx: Ctx): Promise<CurrentSession> {
  const { caller } = ctx;
  if (caller.kind === "SESSION") {
    const { userId, organizationId, tokenExpiresAt } = caller;
    const session = await get(ctx, caller.sessionId);
    const member = await users.member(ctx, organizationId, userId);
    const expiresAt = expiryOf(session);
    return {
      subject: userId,
      organizationId,
      expiresAt,
      ...(tokenExpiresAt && { tokenExpiresAt }),
      ...(member && { email: member.email }),
    };
  }
  if (caller.kind === "WORKSPACE") return { subject: caller.memberId };
  if (caller.kind === "CUSTOMER_PORTAL") return { subject: "", organizationId: caller.organizationId };
  if (caller.kind === "ACTIONS_PORTAL") return { subject: "", connectedAccountId: caller.connectedAccountId };
  throw errors.SESSION_NOT_FOUND("of the caller's own");
}

/** Ends a session; one that has ended is returned as it is. @throws SESSION_NOT_FOUND */
export async function revoke(ctx: Ctx, id: string): Promise<Session> {
  return inTransaction(ctx, async (ctx) => {
    const session = await get(ctx, id);
    if (statusOf(session, ctx.now()) !== "active") return session;
    return (await end(ctx, { id }, "revoked")) ?? get(ctx, id);
  });
}

/** Ends all live sessions of a user, and returns those that this call ended. @throws SESSION_USER_NOT_FOUND */
export async function revokeAllOf(ctx: Ctx, userId: string): Promise<Session[]> {
  return inTransaction(ctx, async (ctx) => {
    await requireUser(ctx, userId);
    const ended = await store.endAll(ctx, userId, ctx.now());
    await tellEnded(ctx, ended);
    return ended;
  });
}

/** A session whose time has passed has expired, although nothing has touched its row since. */
export function statusOf(session: Session, now: Date): SessionStatus {
  const status = session.status as SessionStatus;
  return status === "active" && expiryOf(session) <= now ? "expired" : status;
}

/** When a session ends, if nothing happens in it any more. */
export function expiryOf({ absolute_expires_at: absolute, idle_expires_at: idle }: Session): Date {
  return idle !== null && idle < absolute ? idle : absolute;
}

async function requireUser(ctx: Ctx, userId: string): Promise<void> {
  if (mayReach(ctx, userId) && (await store.hasUser(ctx, userId))) return;
  throw errors.SESSION_USER_NOT_FOUND(userId);
}

function mayReach({ caller }: Ctx, userId: string): boolean {
  if (caller.kind === "SESSION") return caller.userId === userId;
  return caller.kind === "CLIENT" || caller.kind === "WORKSPACE";
}
