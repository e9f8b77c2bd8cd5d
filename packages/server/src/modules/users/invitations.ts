/**
 * Invitations: a person who was asked to join an organization and has not come yet. The link carries a secret of
 * which only the hash is kept; sending again makes a new one, so that only the newest mail opens anything.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { hashSecret, newSecret } from "../../lib/secrets.ts";
import { mailKindOf } from "../domains/public-domains.ts";
import * as environments from "../environments/environments.ts";
import { forMembers } from "../organizations/user-limit.ts";
import { userErrors as errors } from "./errors.ts";
import { memberInvited, membershipData } from "./events.ts";
import type { Invitation } from "./invitations.store.ts";
import * as store from "./invitations.store.ts";
import { requireMember } from "./lookup.ts";
import { identitiesOf } from "./people.ts";
import { requireSeat } from "./seats.ts";
import * as users from "./users.store.ts";

export type { Invitation };

const blockedKinds = { public: "a public mailbox provider", throwAway: "a provider of throw-away addresses" };

/**
 * Judges whether somebody may be invited at an address like theirs; who is a user already may.
 * @throws INVITATION_DOMAIN_BLOCKED
 */
export async function requireInvitable(ctx: Ctx, email: string): Promise<void> {
  const { blockPublicEmailDomains, blockDisposableEmailDomains } = (await environments.current(ctx))
    .userManagement;
  if (!blockPublicEmailDomains && !blockDisposableEmailDomains) return;
  const kind = mailKindOf(email.slice(email.lastIndexOf("@") + 1));
  const isBlocked = kind === "public" ? blockPublicEmailDomains : kind && blockDisposableEmailDomains;
  if (kind === undefined || !isBlocked || (await users.findByEmail(ctx, email))) return;
  throw errors.INVITATION_DOMAIN_BLOCKED(email, blockedKinds[kind]);
}

/** Invites a member whose membership was just made pending. @param inviterEmail shown in the mail */
export async function issue(
  ctx: Ctx,
  member: { organizationId: string; userId: string },
  inviterEmail: string | undefined,
): Promise<void> {
  const now = ctx.now();
  await store.insert(ctx, {
    environment_id: ctx.environmentId,
    organization_id: member.organizationId,
    user_id: member.userId,
    secret_hash: hashSecret(newSecret()),
    inviter_email: inviterEmail ?? null,
    created_at: now,
    expires_at: await expiry(ctx, now),
  });
}

/**
 * Sends an invitation again: a reminder while it runs, a new one with a new end when it has run out.
 * @throws ORGANIZATION_NOT_FOUND, MEMBERSHIP_NOT_FOUND, INVITATION_NOT_FOUND, INVITATION_ACCEPTED, USER_LIMIT_REACHED
 */
export async function resend(ctx: Ctx, organizationId: string, userId: string): Promise<Invitation> {
  return inTransaction(ctx, async (ctx) => {
    const organization = await forMembers(ctx, organizationId);
    const { user, membership } = await requireMember(ctx, organizationId, { id: userId });
    const invitation = await store.find(ctx, organizationId, userId);
    if (!invitation) throw errors.INVITATION_NOT_FOUND(userId);
    if (membership.status !== "PENDING_INVITE") throw errors.INVITATION_ACCEPTED(userId);
    const now = ctx.now();
    const ranOut = invitation.expires_at <= now;
    const again = await store.set(ctx, organizationId, userId, {
      secret_hash: hashSecret(newSecret()),
      resent_at: now,
      resent_count: invitation.resent_count + 1,
      ...(ranOut && { expires_at: await expiry(ctx, now) }),
    });
    if (!again) throw new Error("an invitation of a locked membership is gone");
    if (ranOut) await requireSeat(ctx, organization);
    const payload = membershipData(organization, user, await identitiesOf(ctx, [user]));
    await ctx.emit(memberInvited, payload, organizationId);
    return again;
  });
}

/** Notes that an invited person has come. @returns whether the invitation had run out, and held no seat any more */
export async function markAccepted(
  ctx: Ctx,
  organizationId: string,
  userId: string,
): Promise<{ ranOut: boolean }> {
  const now = ctx.now();
  const invitation = await store.set(ctx, organizationId, userId, { accepted_at: now });
  return { ranOut: invitation !== undefined && invitation.expires_at <= now };
}

async function expiry(ctx: Ctx, now: Date): Promise<Date> {
  const { invitation } = (await environments.current(ctx)).lifetimes;
  return new Date(now.getTime() + invitation * 1000);
}
