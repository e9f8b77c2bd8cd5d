/**
 * People: users with all that is shown of them. What a caller who is bound to one organization may see of a user is
 * decided here: nothing of other organizations, and of somebody who was only invited no more than the address.
 */
import { type Ctx, ownOrganization } from "../../context.ts";
import { grantedBy } from "../roles/remembered.ts";
import { type UserData, userData } from "./events.ts";
import type { LinkedIdentity, MembershipRow } from "./people.store.ts";
import * as store from "./people.store.ts";
import type { User } from "./users.store.ts";

export type { LinkedIdentity };

export type MembershipStatus = "ACTIVE" | "INACTIVE" | "PENDING_INVITE" | "INVITE_EXPIRED";

export type Membership = MembershipRow & {
  status: MembershipStatus;
  /** Names of all that the roles give, inherited permissions included. */
  permissions: string[];
};

export interface Person {
  user: User;
  memberships: Membership[];
  identities: LinkedIdentity[];
  /** False: the caller may know the address and the invitation, and not what the person told others. */
  isDisclosed: boolean;
}

/** Users with their memberships and identities, in the given order. */
export async function describe(ctx: Ctx, users: readonly User[]): Promise<Person[]> {
  const ids = users.map((user) => user.id);
  if (ids.length === 0) return [];
  const own = ownOrganization(ctx);
  const [memberships, identities] = await Promise.all([
    store.listMemberships(ctx, ids, own),
    identitiesOf(ctx, users),
  ]);
  const now = ctx.now();
  const standing = await Promise.all(
    memberships.map(async (row) => {
      const roleIds = row.roles.map((role) => role.id);
      const { permissions } = await grantedBy(ctx, roleIds);
      return { ...row, status: statusOf(row, now), permissions };
    }),
  );
  const membershipsOf = Map.groupBy(standing, (row) => row.user_id);
  const identitiesByUser = Map.groupBy(identities, (row) => row.user_id);
  return users.map((user) => {
    const held = membershipsOf.get(user.id) ?? [];
    const isDisclosed = own === undefined || isSelf(ctx, user) || held.some(isJoined);
    return {
      user,
      memberships: held,
      identities: isDisclosed ? (identitiesByUser.get(user.id) ?? []) : [],
      isDisclosed,
    };
  });
}

/** One user with their memberships and identities. */
export async function describeOne(ctx: Ctx, user: User): Promise<Person> {
  const [person] = await describe(ctx, [user]);
  if (!person) throw new Error("one user gave no person");
  return person;
}

/** The accounts at identity providers of users, which only a sign-in links. */
export async function identitiesOf(ctx: Ctx, users: readonly User[]): Promise<LinkedIdentity[]> {
  const signedIn = users.filter((user) => user.last_login_at !== null).map((user) => user.id);
  return signedIn.length === 0 ? [] : store.listIdentities(ctx, signedIn);
}

/** Users as events show them, by id; who is gone by now is left out. */
export async function dataOf(ctx: Ctx, ids: readonly string[]): Promise<Map<string, UserData>> {
  const users = await store.listUsers(ctx, ids);
  const identities = Map.groupBy(await identitiesOf(ctx, users), (row) => row.user_id);
  return new Map(users.map((user) => [user.id, userData(user, identities.get(user.id) ?? [])]));
}

/** The status of a membership now: an invitation runs out without anybody writing it down. */
export function statusOf(row: { status: string; expires_at: Date | null }, now: Date): MembershipStatus {
  const ranOut = row.status === "PENDING_INVITE" && row.expires_at !== null && row.expires_at <= now;
  return ranOut ? "INVITE_EXPIRED" : (row.status as MembershipStatus);
}

/** Whether the caller is this user. */
export function isSelf(ctx: Ctx, user: { id: string }): boolean {
  return "userId" in ctx.caller && ctx.caller.userId === user.id;
}

function isJoined({ status }: Membership): boolean {
  return status === "ACTIVE" || status === "INACTIVE";
}
