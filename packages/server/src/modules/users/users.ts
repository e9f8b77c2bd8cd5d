/**
 * Users and their memberships in full-stack mode. Every way in (single sign-on, directories, invitations, the
 * API) makes a user through `create`; a person has one user in an environment, whatever the way.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { addToCount } from "../../db/counters.ts";
import { newId } from "../../lib/ids.ts";
import * as roles from "../roles/roles.ts";
import { userErrors as errors } from "./errors.ts";
import { membershipCreated } from "./events.ts";
import type { Member, User } from "./users.store.ts";
import * as store from "./users.store.ts";

export type { Member, User };

export interface Profile {
  givenName?: string | undefined;
  familyName?: string | undefined;
  name?: string | undefined;
  username?: string | undefined;
  locale?: string | undefined;
  picture?: string | undefined;
}

export interface NewMember {
  /** Normalized: trimmed, lower case. */
  email: string;
  /** Only true when the organization has verified the domain of the address or the inbox was proven. */
  emailVerified: boolean;
  profile: Profile;
  organizationId: string;
  provisioningMethod:
    | "jit_using_sso"
    | "direct_provision"
    | "invitation"
    | "org_creator"
    | "allowed_email_domain";
}

/**
 * Makes a member of an organization, with the default role. A user who has this e-mail address already gets
 * the membership.
 * @throws USER_ALREADY_MEMBER
 */
export async function create(ctx: Ctx, input: NewMember): Promise<User> {
  return inTransaction(ctx, async (ctx) => {
    const now = ctx.now();
    const user = (await store.findByEmail(ctx, input.email)) ?? (await insert(ctx, input));
    const joined = await store.insertMembership(ctx, {
      environment_id: ctx.environmentId,
      organization_id: input.organizationId,
      user_id: user.id,
      status: "ACTIVE",
      provisioning_method: input.provisioningMethod,
      created_at: now,
      updated_at: now,
      joined_at: now,
    });
    if (!joined) throw errors.USER_ALREADY_MEMBER(input.email);
    await roles.assignDefault(ctx, input.organizationId, user.id);
    await addToCount(ctx, "users", input.organizationId, 1);
    await ctx.emit(
      membershipCreated,
      { user, organization_id: input.organizationId, provisioning_method: input.provisioningMethod },
      input.organizationId,
    );
    return user;
  });
}

/** A user with their standing in one organization; null where they are no member of it. */
export type Standing = User & { membership_status: string | null };

/** The user that a subject of a connection was linked to; undefined for one never seen. */
export async function ofIdentity(
  ctx: Ctx,
  identity: { connectionId: string; subject: string; organizationId: string },
): Promise<Standing | undefined> {
  return store.findByIdentity(ctx, identity);
}

export async function ofEmail(ctx: Ctx, email: string): Promise<User | undefined> {
  return store.findByEmail(ctx, email);
}

/** A user as a member of one organization; undefined when they are none. */
export async function member(ctx: Ctx, organizationId: string, userId: string): Promise<Member | undefined> {
  return store.findMember(ctx, organizationId, userId);
}

/** The same for a member who may act in the organization; undefined for an inactive or invited one, too. */
export async function activeMember(
  ctx: Ctx,
  organizationId: string,
  userId: string,
): Promise<Member | undefined> {
  const found = await member(ctx, organizationId, userId);
  return found && isActive(found) ? found : undefined;
}

/** Whether a member may act in the organization. */
export function isActive(member: Pick<Member, "membership_status">): boolean {
  return member.membership_status === "ACTIVE";
}

/** The organizations in which a user may act, oldest first. @param limit the most to name */
export async function organizationsOf(ctx: Ctx, userId: string, limit: number): Promise<string[]> {
  return store.listOrganizations(ctx, userId, limit);
}

/**
 * Notes that a user has signed in through a connection, as that connection's subject.
 * @param login.emailProven the identity provider of the address's own, verified domain has vouched for it
 */
export async function recordLogin(
  ctx: Ctx,
  login: { userId: string; connectionId: string; subject: string; emailProven: boolean; profile?: Profile },
): Promise<User> {
  const { userId, connectionId, subject } = login;
  const identity = { userId, connectionId, subject, now: ctx.now() };
  return store.setLogin(ctx, identity, {
    ...(login.emailProven && { email_verified: true }),
    ...(login.profile && columnsOf(login.profile)),
  });
}

/** Unlinks everyone from a connection, whose subjects mean other people from now on. */
export async function forgetIdentities(ctx: Ctx, connectionId: string): Promise<void> {
  await store.removeIdentitiesOf(ctx, connectionId);
}

async function insert(ctx: Ctx, input: NewMember): Promise<User> {
  const now = ctx.now();
  const inserted = await store.insert(ctx, {
    id: newId("usr"),
    environment_id: ctx.environmentId,
    email: input.email,
    email_verified: input.emailVerified,
    ...columnsOf(input.profile),
    created_at: now,
    updated_at: now,
  });
  if (inserted) {
    await addToCount(ctx, "users", "", 1);
    return inserted;
  }
  const user = await store.findByEmail(ctx, input.email);
  if (!user) throw new Error("a user was neither inserted nor found");
  return user;
}

function columnsOf(profile: Profile) {
  return {
    ...(profile.givenName !== undefined && { given_name: profile.givenName }),
    ...(profile.familyName !== undefined && { family_name: profile.familyName }),
    ...(profile.name !== undefined && { name: profile.name }),
    ...(profile.username !== undefined && { preferred_username: profile.username }),
    ...(profile.locale !== undefined && { locale: profile.locale }),
    ...(profile.picture !== undefined && { picture: profile.picture }),
  };
}
