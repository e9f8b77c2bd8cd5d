/**
 * Sessions of members in the dashboard, known by an opaque secret in an HttpOnly cookie, of which only the hash is
 * stored. They have nothing to do with the sessions of an environment's users.
 */
import type { Caller, Ctx } from "../../context.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import type { Member } from "./members.store.ts";
import * as store from "./workspace-sessions.store.ts";

const day = 86_400_000;
const absoluteMs = 30 * day;
const idleMs = 7 * day;
/** Timeouts are days, so activity is noted once in a while and not at every call. */
const activityGrainMs = 60_000;

/** Begins a session. @returns its secret, which goes into the cookie */
export async function begin(ctx: Ctx, member: Member): Promise<string> {
  const secret = newSecret();
  const now = ctx.now();
  await store.insert(ctx.db, {
    secret_hash: hashSecret(secret),
    member_id: member.id,
    created_at: now,
    last_active_at: now,
    expires_at: new Date(now.getTime() + absoluteMs),
  });
  return secret;
}

/** Who is signed in with this secret, noting that they are active; undefined when the session is over. */
export async function find(ctx: Ctx, secret: string): Promise<Member | undefined> {
  const secretHash = hashSecret(secret);
  const now = ctx.now();
  const idleSince = new Date(now.getTime() - idleMs);
  const live = await store.findLive(ctx.db, { secretHash, now, idleSince });
  if (live && now.getTime() - live.lastActiveAt.getTime() > activityGrainMs)
    await store.touch(ctx.db, secretHash, now);
  return live?.member;
}

/** The caller behind a session's secret. */
export async function callerOf(ctx: Ctx, secret: string): Promise<Caller | undefined> {
  const member = await find(ctx, secret);
  return member && { kind: "WORKSPACE", memberId: member.id };
}

/** Ends a session. Ending it twice is no error. */
export async function end(ctx: Ctx, secret: string): Promise<void> {
  await store.remove(ctx.db, hashSecret(secret));
}
