/**
 * The links by which members sign in to the dashboard: they open once, for 15 minutes. Whoever runs Gatehouse makes
 * them: at the start in development, else by a command.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import * as environments from "../environments/environments.ts";
import { memberErrors as errors } from "./errors.ts";
import { memberSignedIn } from "./events.ts";
import * as store from "./invitations.store.ts";
import * as memberStore from "./members.store.ts";
import * as members from "./members.ts";
import * as sessions from "./workspace-sessions.ts";

const minute = 60_000;
const lifetimeMs = 15 * minute;

/** Makes a link for a member. @returns its address, which nobody can be told again */
export async function invite(ctx: Ctx, member: members.Member): Promise<string> {
  const secret = newSecret();
  const now = ctx.now();
  await store.insert(ctx.db, {
    secret_hash: hashSecret(secret),
    member_id: member.id,
    created_at: now,
    expires_at: new Date(now.getTime() + lifetimeMs),
  });
  const { publicUrl } = await environments.current(ctx);
  return `${publicUrl}/dashboard/invitations/${secret}`;
}

/**
 * A link for an address, whose owner becomes a member if they are none yet: the first member as ADMIN.
 * @param role of a new member; undefined = USER, unless nobody is ADMIN yet
 */
export async function inviteByEmail(ctx: Ctx, email: string, role?: members.MemberRole): Promise<string> {
  return inTurn(ctx, async (ctx) => {
    const known = await memberStore.find(ctx.db, { email: email.trim().toLowerCase() });
    if (known) return invite(ctx, known);
    const hasAdmin = (await memberStore.findFirstAdmin(ctx.db)) !== undefined;
    return invite(ctx, await members.create(ctx, { email, role: role ?? (hasAdmin ? "USER" : "ADMIN") }));
  });
}

/** The link that a start in development prints: for the first administrator, who is made if there is none. */
export async function inviteFirst(ctx: Ctx): Promise<string> {
  return inTurn(ctx, async (ctx) => {
    const admin = await memberStore.findFirstAdmin(ctx.db);
    return admin ? invite(ctx, admin) : inviteByEmail(ctx, firstEmail, "ADMIN");
  });
}

/** Several servers that start at once, and commands beside them, would all find nobody and make the first one. */
async function inTurn(ctx: Ctx, make: (ctx: Ctx) => Promise<string>): Promise<string> {
  return inTransaction(ctx, async (ctx) => {
    await memberStore.lockInvited(ctx.db);
    return make(ctx);
  });
}

/** Nobody's mailbox: a developer's own Gatehouse asks for no address. */
const firstEmail = "admin@localhost";

/** Whose link this is, without using it up. @throws MEMBER_LINK_INVALID */
export async function peek(ctx: Ctx, secret: string): Promise<members.Member> {
  const member = await store.findMember(ctx.db, hashSecret(secret), ctx.now());
  if (!member) throw errors.MEMBER_LINK_INVALID();
  return member;
}

/**
 * Uses a link up, of many at once for one.
 * @returns the secret of the session that begins
 * @throws MEMBER_LINK_INVALID
 */
export async function accept(ctx: Ctx, secret: string): Promise<string> {
  return inTransaction(ctx, async (ctx) => {
    const memberId = await store.consume(ctx.db, hashSecret(secret), ctx.now());
    const member = memberId === undefined ? undefined : await memberStore.find(ctx.db, { id: memberId });
    if (!member) throw errors.MEMBER_LINK_INVALID();
    await ctx.emit(memberSignedIn, members.payloadOf(member));
    return sessions.begin(ctx, member);
  });
}
