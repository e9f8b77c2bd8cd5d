/**
 * Users and their memberships in full-stack mode. Every way in (single sign-on, directories, invitations, the
 * API) makes a user through `create`; a person has one user in an environment, whatever the way.
 */
import { type Ctx, inRepeatedTransaction, inTransaction } from "../../context.ts";
import { readCount } from "../../db/counters.ts";
import { brokenUniqueIndex } from "../../db/scope.ts";
import { joinChanges } from "../../joined-changes.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as organizations from "../organizations/organizations.ts";
import { forMembers, userLimit } from "../organizations/user-limit.ts";
import { userErrors as errors } from "./errors.ts";
import { emailProven, userData, userUpdated } from "./events.ts";
import { requireInvitable } from "./invitations.ts";
import { requireUser } from "./lookup.ts";
import * as memberships from "./memberships.ts";
import * as newcomersStore from "./newcomers.store.ts";
import { joiningLock } from "./one-organization.ts";
import { identitiesOf } from "./people.ts";
import {
  checkFields,
  columnsOf,
  emailOf,
  type Profile,
  requireApplication,
  requireDeclared,
  type UserFields,
} from "./profiles.ts";
import { erase } from "./removal.ts";
import * as searches from "./search.store.ts";
import type { Member, User, UserRef } from "./users.store.ts";
import * as store from "./users.store.ts";

export type { Member, Profile, User, UserFields, UserRef };

export interface NewMember extends memberships.NewMembership, UserFields {
  /** Normalized: trimmed, lower case. */
  email: string;
  /** Only true when the organization has verified the domain of the address or the inbox was proven. */
  emailVerified: boolean;
}

/**
 * Makes a member of an organization, with the given roles or the default one. A user who has this e-mail address
 * already gets the membership, and keeps what is known of them.
 * @throws ORGANIZATION_NOT_FOUND, USER_ALREADY_MEMBER, USER_ELSEWHERE, USER_LIMIT_REACHED, USER_EXTERNAL_ID_TAKEN,
 * INVALID_ARGUMENT
 */
export async function create(ctx: Ctx, input: NewMember): Promise<User> {
  // Read before the transaction begins, it shares a statement with others who ask at the same time.
  const organization = await organizations.get(ctx, { id: input.organizationId });
  return createAlone(ctx, { organization, input });
}

/** Somebody who is to be made a member of an organization, as that was just read. */
interface Newcomer {
  organization: organizations.Organization;
  input: NewMember;
}

async function createAlone(ctx: Ctx, newcomer: Newcomer): Promise<User> {
  const [user] = await inTransaction(ctx, (ctx) => createAll(ctx, [newcomer]));
  if (!user) throw new Error("one newcomer gave no user");
  return user;
}

const createJoined = joinChanges<Newcomer, User>({ together: createAll, alone: createAlone });

async function createAll(ctx: Ctx, newcomers: readonly Newcomer[]): Promise<User[]> {
  const held = await holdLimited(ctx, newcomers);
  const made = await insertAll(ctx, newcomers);
  const users: User[] = [];
  for (const [at, { organization, input }] of newcomers.entries()) {
    const current = held.get(organization.id) ?? organization;
    users.push((await welcome(ctx, current, input, made[at])) ?? (await join(ctx, current, input)));
  }
  return users;
}

/** Organizations whose members are limited are held until the transaction ends; in one order, as others do. */
async function holdLimited(ctx: Ctx, newcomers: readonly Newcomer[]) {
  const held = new Map<string, organizations.Organization>();
  const known = new Map(newcomers.map(({ organization }) => [organization.id, organization]));
  for (const id of [...known.keys()].sort()) {
    const organization = known.get(id);
    if (organization && (await userLimit(ctx, organization)) !== undefined)
      held.set(id, await forMembers(ctx, id));
  }
  return held;
}

/** A user whose address was taken, as a member. */
async function join(ctx: Ctx, organization: organizations.Organization, input: NewMember): Promise<User> {
  // Whoever has the address may be deleted between the two statements; somebody else may then take it again.
  const lock = await joiningLock(ctx);
  for (let attempt = 0; attempt < 3; attempt++) {
    const user = await store.lockByEmail(ctx, input.email, lock);
    if (user) {
      await memberships.join(ctx, organization, user, input);
      return user;
    }
    const [made] = await insertAll(ctx, [{ organization, input }]);
    const newcomer = await welcome(ctx, organization, input, made);
    if (newcomer) return newcomer;
  }
  throw errors.USER_CHANGED_MEANWHILE(input.email);
}

/**
 * The same as the API asks for it. An application that adds a member without an invitation vouches for the address.
 * @throws as `create`, and MEMBERSHIP_NEEDS_INVITATION, INVITATION_DOMAIN_BLOCKED, USER_FIELD_RESERVED
 */
export async function createByApi(
  ctx: Ctx,
  organizationId: string,
  input: UserFields & { email: string; membership: memberships.Addition },
): Promise<User> {
  const { membership, email: address, ...fields } = input;
  const email = emailOf(address);
  checkFields(fields);
  await requireDeclared(ctx, fields);
  requireApplication(ctx, fields);
  memberships.requireInvitation(ctx, membership);
  if (membership.invite) await requireInvitable(ctx, email);
  const joining = memberships.fromApi(organizationId, membership);
  const organization = await organizations.get(ctx, { id: organizationId });
  const newcomer = { ...fields, ...joining, email, emailVerified: !membership.invite };
  return createJoined(ctx, { organization, input: newcomer });
}

/** A user whom the caller may reach. @throws USER_NOT_FOUND */
export async function get(ctx: Ctx, ref: UserRef): Promise<User> {
  return requireUser(ctx, ref);
}

/** The person who calls, and their session; "" for one who is still signing in. @throws USER_NOT_FOUND */
export async function current(ctx: Ctx): Promise<{ user: User; sessionId: string }> {
  const id = "userId" in ctx.caller ? ctx.caller.userId : "";
  const sessionId = "sessionId" in ctx.caller ? ctx.caller.sessionId : "";
  return { user: await requireUser(ctx, { id }), sessionId };
}

/** One page of the environment's users, newest first. @throws PAGE_TOKEN_INVALID */
export async function list(ctx: Ctx, request: PageRequest): Promise<Page<User>> {
  const page = openPage(request, "users");
  return page.close(await store.list(ctx, page.range), await readCount(ctx, "users", ""));
}

/** One page of an organization's members, newest first. @throws ORGANIZATION_NOT_FOUND, PAGE_TOKEN_INVALID */
export async function listMembers(
  ctx: Ctx,
  organizationId: string,
  request: PageRequest,
): Promise<Page<User>> {
  await organizations.get(ctx, { id: organizationId });
  const page = openPage(request, `users:${organizationId}`);
  const rows = await store.listMembers(ctx, organizationId, page.range);
  return page.close(rows, await readCount(ctx, "users", organizationId));
}

/** Past this many, a search only says that there are at least as many. */
const mostCounted = 1_000;

/**
 * One page of the users whose address or external id contains a text, in any case, or whose id begins with it, newest
 * first.
 * @param organizationId only its members; undefined = the whole environment
 * @throws ORGANIZATION_NOT_FOUND, PAGE_TOKEN_INVALID
 */
export async function search(
  ctx: Ctx,
  request: PageRequest & { text: string; organizationId?: string },
): Promise<Page<User>> {
  const { text, organizationId } = request;
  if (organizationId !== undefined) await organizations.get(ctx, { id: organizationId });
  const page = openPage(request, `users:${organizationId ?? ""}:search:${text}`);
  const wanted = { text, organizationId };
  const rows = await searches.list(ctx, wanted, page.range);
  return page.close(rows, await searches.count(ctx, wanted, mostCounted));
}

/**
 * Changes the fields that are given. Maps and lists that are not empty replace the former ones.
 * @throws USER_NOT_FOUND, USER_FIELD_RESERVED, USER_EXTERNAL_ID_TAKEN, INVALID_ARGUMENT
 */
export async function update(ctx: Ctx, ref: UserRef, fields: UserFields): Promise<User> {
  checkFields(fields);
  await requireDeclared(ctx, fields);
  return inTransaction(ctx, async (ctx) => {
    const { id } = await requireUser(ctx, ref);
    requireApplication(ctx, fields);
    const change = { ...columnsOf(fields), updated_at: ctx.now() };
    const user = await store.set(ctx, id, change).catch(rejectTaken(fields));
    if (!user) throw errors.USER_NOT_FOUND(id);
    await ctx.emit(userUpdated, { user: userData(user, await identitiesOf(ctx, [user])) });
    return user;
  });
}

/** Deletes a user with their memberships, and ends their sessions. @throws USER_NOT_FOUND */
async function remove(ctx: Ctx, ref: UserRef): Promise<void> {
  await inRepeatedTransaction(ctx, async (ctx) => erase(ctx, await requireUser(ctx, ref, "update")));
}

export { remove as delete };

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
 * @param login.emailProven the identity provider of the address's own, verified domain has vouched for it, and nobody
 * had before
 */
export async function recordLogin(
  ctx: Ctx,
  login: { userId: string; connectionId: string; subject: string; emailProven: boolean; profile?: Profile },
): Promise<User> {
  const { userId, connectionId, subject } = login;
  if (login.emailProven) await forgetBeforeProof(ctx, userId);
  const identity = { userId, connectionId, subject, now: ctx.now() };
  return store.setLogin(ctx, identity, {
    ...(login.emailProven && { email_verified: true }),
    ...(login.profile && columnsOf({ profile: login.profile })),
  });
}

/**
 * Whoever was here before the address was proven may have been somebody else: their ways in and their sessions end, so
 * that nobody waits in an account for its owner to come.
 */
async function forgetBeforeProof(ctx: Ctx, userId: string): Promise<void> {
  await store.removeIdentitiesOfUser(ctx, userId);
  await ctx.emit(emailProven, { user_id: userId });
}

/** Unlinks everyone from a connection, whose subjects mean other people from now on. */
export async function forgetIdentities(ctx: Ctx, connectionId: string): Promise<void> {
  await store.removeIdentitiesOf(ctx, connectionId);
}

/** New users as members, in the given order; undefined where the address is taken. */
async function insertAll(ctx: Ctx, newcomers: readonly Newcomer[]): Promise<(Made | undefined)[]> {
  const now = ctx.now();
  const rows = newcomers.map(({ input }) => ({
    ...columnsOf(input),
    ...memberships.firstOf(ctx, input),
    id: newId("usr"),
    email: input.email,
    email_verified: input.emailVerified,
    created_at: now,
    updated_at: now,
  }));
  // Of several who are refused, none is told: each is then tried alone.
  const [first] = newcomers;
  const made = await newcomersStore
    .insertAll(ctx, rows)
    .catch(rejectTaken(first?.input ?? {}))
    .catch(organizations.rejectDeleted(first?.organization.id ?? null));
  return rows.map(({ id }) => made.get(id));
}

interface Made {
  user: User;
  hasRole: boolean;
}

async function welcome(
  ctx: Ctx,
  organization: organizations.Organization,
  input: NewMember,
  made: Made | undefined,
): Promise<User | undefined> {
  if (!made) return undefined;
  await memberships.welcome(ctx, organization, made.user, input, { hasRole: made.hasRole, isCounted: true });
  return made.user;
}

function rejectTaken({ externalId = "" }: UserFields): (error: unknown) => never {
  return (error) => {
    if (brokenUniqueIndex(error) === "users_external_id") throw errors.USER_EXTERNAL_ID_TAKEN(externalId);
    throw error;
  };
}
