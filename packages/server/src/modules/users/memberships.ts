/**
 * Memberships: a user's place in an organization, with roles there. Every way in makes one through `join`; leaving
 * ends the user's sessions in the organization (a reaction of sessions).
 */
import { type Ctx, inRepeatedTransaction, inTransaction, ownOrganization } from "../../context.ts";
import { addToCount } from "../../db/counters.ts";
import * as organizations from "../organizations/organizations.ts";
import { forMembers } from "../organizations/user-limit.ts";
import * as assignments from "../roles/assignments.ts";
import * as roles from "../roles/roles.ts";
import { userErrors as errors } from "./errors.ts";
import {
  memberInvited,
  membershipCreated,
  membershipData,
  membershipDeleted,
  membershipUpdated,
} from "./events.ts";
import * as invitations from "./invitations.ts";
import { nameOf, requireMember, requireUser } from "./lookup.ts";
import * as store from "./memberships.store.ts";
import type { FirstMembership } from "./newcomers.store.ts";
import { joiningLock, requireNoOther } from "./one-organization.ts";
import { identitiesOf } from "./people.ts";
import { erase } from "./removal.ts";
import { requireSeat } from "./seats.ts";
import type { User, UserRef } from "./users.store.ts";

export type ProvisioningMethod =
  | "jit_using_sso"
  | "direct_provision"
  | "invitation"
  | "org_creator"
  | "allowed_email_domain";

/** What may be said of a membership when it is made. */
export interface MembershipFields {
  /** Names; none = the default role of members. */
  roles?: string[] | undefined;
  metadata?: Record<string, string> | undefined;
  /** Shown in the invitation. */
  inviterEmail?: string | undefined;
}

export interface NewMembership {
  organizationId: string;
  /** "invitation" makes the membership a pending one. */
  provisioningMethod: ProvisioningMethod;
  membership?: MembershipFields | undefined;
}

/** How the API adds a member: with an invitation, or at once. */
export interface Addition extends MembershipFields {
  invite: boolean;
}

/** Empty lists and maps change nothing. */
export interface MembershipPatch {
  roles: string[];
  metadata: Record<string, string>;
}

/**
 * Makes a user a member. One who was invited and comes by another way of signing in has thereby accepted.
 * @param organization from `forMembers`, before the user was locked
 * @param user locked as `joiningLock` says
 * @throws ORGANIZATION_NOT_FOUND, USER_ALREADY_MEMBER, USER_ELSEWHERE, USER_LIMIT_REACHED, INVALID_ARGUMENT
 */
export async function join(
  ctx: Ctx,
  organization: organizations.Organization,
  user: User,
  input: NewMembership,
): Promise<void> {
  const now = ctx.now();
  const first = firstOf(ctx, input);
  if (first.status === "ACTIVE") await requireNoOther(ctx, organization.id, user);
  const inserted = await store
    .insert(ctx, {
      environment_id: ctx.environmentId,
      organization_id: organization.id,
      user_id: user.id,
      status: first.status,
      provisioning_method: first.provisioningMethod,
      metadata: first.membershipMetadata,
      created_at: now,
      updated_at: now,
      joined_at: first.joinedAt,
    })
    .catch(organizations.rejectDeleted(organization.id));
  if (inserted) return welcome(ctx, organization, user, input, { isCounted: false, hasRole: false });
  if (await accept(ctx, user, input)) await requireSeat(ctx, organization);
  await announce(ctx, organization, user, input);
}

/** What a membership is when it is made. */
export function firstOf(ctx: Ctx, input: NewMembership): FirstMembership {
  const { organizationId, provisioningMethod, membership = {} } = input;
  const isInvited = provisioningMethod === "invitation";
  return {
    organizationId,
    provisioningMethod,
    status: isInvited ? "PENDING_INVITE" : "ACTIVE",
    membershipMetadata: JSON.stringify(membership.metadata ?? {}),
    joinedAt: isInvited ? null : ctx.now(),
    takesDefaultRole: (membership.roles ?? []).length === 0,
  };
}

/**
 * All that belongs to a membership which was just inserted: roles, the invitation, a seat, the event, the counters.
 * @param made.isCounted the user was inserted with it, and counted
 * @param made.hasRole the default role was given with it
 * @throws USER_LIMIT_REACHED, INVALID_ARGUMENT
 */
export async function welcome(
  ctx: Ctx,
  organization: organizations.Organization,
  user: User,
  input: NewMembership,
  made: { isCounted: boolean; hasRole: boolean },
): Promise<void> {
  const { organizationId, membership = {} } = input;
  const holder = { organizationId, userId: user.id };
  if (!made.hasRole) await giveFirstRoles(ctx, holder, membership.roles ?? []);
  if (input.provisioningMethod === "invitation")
    await invitations.issue(ctx, holder, membership.inviterEmail);
  await requireSeat(ctx, organization);
  await announce(ctx, organization, user, input);
  // Last: whoever deletes the organization or the user has locked it before they wait for its counters.
  if (!made.isCounted) await addToCount(ctx, "users", organizationId, 1);
}

async function announce(
  ctx: Ctx,
  organization: organizations.Organization,
  user: User,
  { provisioningMethod }: NewMembership,
): Promise<void> {
  const payload = membershipData(organization, user, await identitiesOf(ctx, [user]));
  const event = provisioningMethod === "invitation" ? memberInvited : membershipCreated;
  await ctx.emit(event, payload, organization.id);
}

/**
 * Adds a user to an organization, by the API.
 * @throws ORGANIZATION_NOT_FOUND, USER_NOT_FOUND, USER_ALREADY_MEMBER, USER_ELSEWHERE, USER_LIMIT_REACHED,
 * MEMBERSHIP_NEEDS_INVITATION, INVALID_ARGUMENT
 */
export async function create(
  ctx: Ctx,
  organizationId: string,
  ref: UserRef,
  addition: Addition,
): Promise<User> {
  requireInvitation(ctx, addition);
  return inTransaction(ctx, async (ctx) => {
    const organization = await forMembers(ctx, organizationId);
    const user = await requireReachable(ctx, organizationId, ref);
    await join(ctx, organization, user, fromApi(organizationId, addition));
    return user;
  });
}

/**
 * Replaces the roles and the metadata of a member.
 * @throws ORGANIZATION_NOT_FOUND, MEMBERSHIP_NOT_FOUND, INVALID_ARGUMENT
 */
export async function update(
  ctx: Ctx,
  organizationId: string,
  ref: UserRef,
  patch: MembershipPatch,
): Promise<User> {
  return change(ctx, organizationId, ref, async (ctx, user) => {
    const holder = { organizationId, userId: user.id };
    const hasMetadata = Object.keys(patch.metadata).length > 0;
    if (hasMetadata) {
      const metadata = JSON.stringify(patch.metadata);
      await store.set(ctx, organizationId, user.id, { metadata, updated_at: ctx.now() });
    }
    const hasOtherRoles =
      patch.roles.length > 0 && (await assignments.replace(ctx, holder, patch.roles, "membership.roles"));
    return hasMetadata || hasOtherRoles;
  });
}

/**
 * Takes a user out of an organization.
 * @param cascade deletes the user too, when no membership is left
 * @throws ORGANIZATION_NOT_FOUND, MEMBERSHIP_NOT_FOUND
 */
async function remove(ctx: Ctx, organizationId: string, ref: UserRef, cascade: boolean): Promise<void> {
  await inRepeatedTransaction(ctx, async (ctx) => {
    const organization = await organizations.get(ctx, { id: organizationId });
    const { user } = await requireMember(ctx, organizationId, ref, cascade ? "update" : "key share");
    const held = cascade ? await store.organizationsOf(ctx, user.id) : [];
    if (cascade && held.length === 1) {
      await erase(ctx, user);
      return;
    }
    const payload = membershipData(organization, user, await identitiesOf(ctx, [user]));
    await ctx.emit(membershipDeleted, payload, organizationId);
    await store.remove(ctx, organizationId, user.id);
    await addToCount(ctx, "users", organizationId, -1);
  });
}

export { remove as delete };

/** The roles of a member, by name. @throws ORGANIZATION_NOT_FOUND, MEMBERSHIP_NOT_FOUND */
export async function listRoles(
  ctx: Ctx,
  organizationId: string,
  userId: string,
): Promise<assignments.Role[]> {
  return ofMember(ctx, organizationId, userId, assignments.list);
}

/** What a member may do, inherited permissions included. @throws ORGANIZATION_NOT_FOUND, MEMBERSHIP_NOT_FOUND */
export async function listPermissions(
  ctx: Ctx,
  organizationId: string,
  userId: string,
): Promise<assignments.RolePermission[]> {
  return ofMember(ctx, organizationId, userId, assignments.permissions);
}

/**
 * Gives roles to a member; one that is held already is fine.
 * @returns all roles that the member holds now
 * @throws ORGANIZATION_NOT_FOUND, MEMBERSHIP_NOT_FOUND, INVALID_ARGUMENT
 */
export async function assignRoles(
  ctx: Ctx,
  organizationId: string,
  userId: string,
  names: string[],
): Promise<assignments.Role[]> {
  const holder = { organizationId, userId };
  return inRepeatedTransaction(ctx, async (ctx) => {
    await change(ctx, organizationId, { id: userId }, (ctx) =>
      assignments.assign(ctx, holder, names, "roles"),
    );
    return assignments.list(ctx, holder);
  });
}

/** @throws ORGANIZATION_NOT_FOUND, MEMBERSHIP_NOT_FOUND, ROLE_NOT_HELD */
export async function removeRole(
  ctx: Ctx,
  organizationId: string,
  userId: string,
  name: string,
): Promise<void> {
  await change(ctx, organizationId, { id: userId }, async (ctx) => {
    if (!(await assignments.take(ctx, { organizationId, userId }, name)))
      throw errors.ROLE_NOT_HELD(name.slice(0, 64), userId);
    return true;
  });
}

async function ofMember<T>(
  ctx: Ctx,
  organizationId: string,
  userId: string,
  read: (ctx: Ctx, holder: assignments.Holder) => Promise<T>,
): Promise<T> {
  return inRepeatedTransaction(ctx, async (ctx) => {
    await organizations.get(ctx, { id: organizationId });
    await requireMember(ctx, organizationId, { id: userId });
    return read(ctx, { organizationId, userId });
  });
}

/** Changes a locked membership, and announces that if `apply` says that anything changed. */
async function change(
  ctx: Ctx,
  organizationId: string,
  ref: UserRef,
  apply: (ctx: Ctx, user: User) => Promise<boolean>,
): Promise<User> {
  return inRepeatedTransaction(ctx, async (ctx) => {
    const organization = await organizations.get(ctx, { id: organizationId });
    const { user } = await requireMember(ctx, organizationId, ref);
    if (await apply(ctx, user)) {
      const payload = membershipData(organization, user, await identitiesOf(ctx, [user]));
      await ctx.emit(membershipUpdated, payload, organizationId);
    }
    return user;
  });
}

/** What the API's words mean for `join`. */
export function fromApi(organizationId: string, addition: Addition): NewMembership {
  const { invite, ...membership } = addition;
  return { organizationId, provisioningMethod: invite ? "invitation" : "direct_provision", membership };
}

/**
 * An active membership says that somebody has proven the address or vouches for it, which an end user cannot.
 * @throws MEMBERSHIP_NEEDS_INVITATION
 */
export function requireInvitation(ctx: Ctx, { invite }: Addition): void {
  if (!invite && ownOrganization(ctx) !== undefined) throw errors.MEMBERSHIP_NEEDS_INVITATION();
}

/** Whoever is bound to an organization reaches its members only, who need not be added; others join by address. */
async function requireReachable(ctx: Ctx, organizationId: string, ref: UserRef): Promise<User> {
  if (ownOrganization(ctx) === undefined) return requireUser(ctx, ref, await joiningLock(ctx));
  const known = await requireMember(ctx, organizationId, ref).catch(() => undefined);
  if (!known) throw errors.USER_NOT_FOUND(nameOf(ref));
  throw errors.USER_ALREADY_MEMBER(known.user.email);
}

async function giveFirstRoles(ctx: Ctx, holder: assignments.Holder, names: string[]): Promise<void> {
  if (names.length === 0) await roles.assignDefault(ctx, holder.organizationId, holder.userId);
  else await assignments.assign(ctx, holder, names, "membership.roles");
}

/**
 * A pending member who signs in by a way that needs no invitation.
 * @returns whether that takes a seat, since the invitation had run out
 * @throws USER_ALREADY_MEMBER
 */
async function accept(
  ctx: Ctx,
  user: User,
  { organizationId, provisioningMethod }: NewMembership,
): Promise<boolean> {
  const membership = await store.lock(ctx, organizationId, user.id);
  const bySignIn = provisioningMethod === "jit_using_sso" || provisioningMethod === "allowed_email_domain";
  if (!bySignIn || membership?.status !== "PENDING_INVITE") throw errors.USER_ALREADY_MEMBER(user.email);
  const now = ctx.now();
  await store.set(ctx, organizationId, user.id, { status: "ACTIVE", joined_at: now, updated_at: now });
  return (await invitations.markAccepted(ctx, organizationId, user.id)).ranOut;
}
