/**
 * Users and memberships as directories bring them: by many at once, each step by one statement. The caller has judged
 * that the organization may speak for the addresses; whoever had such an address before without having proven it loses
 * all ways in.
 */
import { atTheEnd, type Ctx } from "../../context.ts";
import { addToCount, addToCounts } from "../../db/counters.ts";
import type { Db } from "../../db/db.ts";
import { newId } from "../../lib/ids.ts";
import type { Organization } from "../organizations/organizations.ts";
import { forMembers } from "../organizations/user-limit.ts";
import {
  emailProven,
  membershipCreated,
  membershipData,
  membershipsDeactivated,
  membershipUpdated,
  userData,
  userUpdated,
} from "./events.ts";
import { belongToOne, outsiders } from "./one-organization.ts";
import { identitiesOf } from "./people.ts";
import type { FormerStanding, KnownAddress, PersonColumns, UpsertedUser } from "./provisioning.store.ts";
import * as store from "./provisioning.store.ts";
import { requireSeats, seatsLeft } from "./seats.ts";
import type { User } from "./users.store.ts";

export type { FormerStanding, KnownAddress, PersonColumns };

/** A person of a directory. */
export interface Provisioned {
  /** Normalized; in a domain that the organization has verified. */
  email: string;
  profile: PersonColumns;
}

/** The users of the people, and those of them who became members or active again, as they stood. */
export interface Provisioning {
  idOf: ReadonlyMap<string, string>;
  /** Who was no user before, and has the role that members begin with. */
  newcomers: string[];
  changed: FormerStanding[];
  atHand: AtHand;
}

/** What a change has read already, and need not be read again to tell of it. */
export interface AtHand {
  organization?: Organization;
  users?: readonly User[];
}

/**
 * Makes people active members of an organization: new users, and those whose addresses are known already. Where users
 * belong to one organization, those of another one are left out.
 * @param whenFull what becomes of those for whom there is no seat
 * @throws ORGANIZATION_NOT_FOUND, USER_LIMIT_REACHED
 */
export async function provision(
  ctx: Ctx,
  organizationId: string,
  people: readonly Provisioned[],
  whenFull: "refuse" | "leave out",
): Promise<Provisioning> {
  const organization = await forMembers(ctx, organizationId);
  const own = await withoutOutsiders(ctx, organization, people);
  const admitted = whenFull === "refuse" ? own : await withinLimit(ctx, organization, own);
  if (admitted.length === 0) return { idOf: new Map(), newcomers: [], changed: [], atHand: { organization } };
  const now = ctx.now();
  const wanted = [...byEmail(admitted).values()].map(newPerson);
  const upserted = await prove(ctx, await store.upsertUsers(ctx, wanted, now));
  // Another organization may have made a user of somebody a moment ago.
  const out = await outsiders(
    ctx,
    organizationId,
    upserted.filter(isKnown).map(({ id }) => id),
  );
  const users = upserted.filter(({ id }) => !out.has(id));
  const ids = users.map(({ id }) => id);
  const changed = await store.activate(ctx, organizationId, ids, now);
  const pending = changed.filter(({ status_before }) => status_before?.includes("INVITE"));
  if (pending.length > 0) await store.acceptInvitations(ctx, organizationId, pending.map(userIdOf), now);
  const joined = changed.filter(({ status_before }) => status_before === null).length;
  // Whoever has a seat keeps it, also where the limit was lowered meanwhile.
  if (changed.length > 0) await requireSeats(ctx, organization, joined);
  const made = users.filter(({ is_new }) => is_new).length;
  await count(ctx, organizationId, { made, joined });
  const idOf = new Map(users.map(({ email, id }) => [email, id]));
  const begun = new Set(changed.filter(({ has_role }) => has_role).map(userIdOf));
  const newcomers = users.filter(({ id, is_new }) => is_new && begun.has(id)).map(({ id }) => id);
  return { idOf, newcomers, changed, atHand: { organization, users } };
}

interface Growth {
  made: number;
  joined: number;
}

/** By how much the organizations grow in transactions that are open. */
const growing = new WeakMap<Db, Map<string, Growth>>();

/**
 * Counts new users and members at the end of the transaction, by one statement: whoever makes a user anywhere waits for
 * the environment's counters, and a directory that is enabled may bring thousands, slice by slice.
 */
async function count(ctx: Ctx, organizationId: string, { made, joined }: Growth): Promise<void> {
  if (made + joined === 0) return;
  const known = growing.get(ctx.db) ?? new Map<string, Growth>();
  growing.set(ctx.db, known);
  const growth = known.get(organizationId);
  known.set(organizationId, { made: made + (growth?.made ?? 0), joined: joined + (growth?.joined ?? 0) });
  if (growth) return;
  await atTheEnd(ctx, async (ctx) => {
    const { made, joined } = known.get(organizationId) ?? { made: 0, joined: 0 };
    known.delete(organizationId);
    // Whoever deletes the organization or a user has locked it before they wait for its counters.
    if (made === joined) return addToCounts(ctx, "users", ["", organizationId], made);
    if (made > 0) await addToCount(ctx, "users", "", made);
    if (joined > 0) await addToCount(ctx, "users", organizationId, joined);
  });
}

/**
 * Makes members inactive: their sessions in the organization end with it.
 * @returns those who were not, as they stood
 */
export async function deactivate(
  ctx: Ctx,
  organizationId: string,
  userIds: readonly string[],
): Promise<FormerStanding[]> {
  if (userIds.length === 0) return [];
  const changed = await store.deactivate(ctx, organizationId, userIds, ctx.now());
  const ids = changed.map(userIdOf);
  await announce(ctx, organizationId, { updated: ids });
  if (ids.length > 0)
    await ctx.emit(
      membershipsDeactivated,
      { organization_id: organizationId, user_ids: ids },
      organizationId,
    );
  return changed;
}

/**
 * Gives members the status that they had before. Those who would be active are none of `lockOutsiders`.
 * @returns those whose status changed
 * @throws USER_LIMIT_REACHED
 */
export async function restoreStatuses(
  ctx: Ctx,
  organizationId: string,
  wanted: readonly { userId: string; status: string }[],
): Promise<string[]> {
  const organization = await forMembers(ctx, organizationId);
  const changed = await store.setStatuses(ctx, organizationId, wanted, ctx.now());
  if (changed.length > 0) await requireSeats(ctx, organization, 0);
  return changed;
}

/**
 * Those of these users who may not become active members, since they are of another organization. All of them are held
 * until the transaction ends, so that it stays true.
 */
export async function lockOutsiders(
  ctx: Ctx,
  organizationId: string,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  if (userIds.length === 0 || !(await belongToOne(ctx))) return new Set();
  // Before its users, as all others do.
  await forMembers(ctx, organizationId);
  await store.lock(ctx, userIds);
  return outsiders(ctx, organizationId, userIds);
}

/** Brings what is known of users up to what a directory says of them, where their addresses are in these domains. */
export async function setProfiles(
  ctx: Ctx,
  people: readonly { userId: string; profile: PersonColumns }[],
  domains: readonly string[],
): Promise<void> {
  if (people.length === 0) return;
  const rows = people.map(({ userId, profile }) => ({ id: userId, ...profile }));
  const changed = await store.setProfiles(ctx, rows, domains, ctx.now());
  const identities = Map.groupBy(await identitiesOf(ctx, changed), (identity) => identity.user_id);
  const payloads = changed.map((user) => ({ user: userData(user, identities.get(user.id) ?? []) }));
  await ctx.emitAll(userUpdated, payloads);
}

/** Announces memberships that were made or changed. */
export async function announce(
  ctx: Ctx,
  organizationId: string,
  { created = [], updated = [] }: { created?: readonly string[]; updated?: readonly string[] },
  atHand: AtHand = {},
): Promise<void> {
  const wanted = new Set([...created, ...updated]);
  if (wanted.size === 0) return;
  const organization = atHand.organization ?? (await forMembers(ctx, organizationId));
  const known = (atHand.users ?? []).filter(({ id }) => wanted.has(id));
  for (const { id } of known) wanted.delete(id);
  const users = wanted.size === 0 ? known : [...known, ...(await store.listByIds(ctx, [...wanted]))];
  const identities = Map.groupBy(await identitiesOf(ctx, users), (identity) => identity.user_id);
  const isCreated = new Set(created);
  const payloadOf = (user: User) => membershipData(organization, user, identities.get(user.id) ?? []);
  const made = users.filter(({ id }) => isCreated.has(id)).map(payloadOf);
  const changed = users.filter(({ id }) => !isCreated.has(id)).map(payloadOf);
  await ctx.emitAll(membershipCreated, made, organizationId);
  await ctx.emitAll(membershipUpdated, changed, organizationId);
}

/** The users of addresses, with their standing in an organization. */
export async function ofEmails(
  ctx: Ctx,
  organizationId: string,
  emails: readonly string[],
): Promise<KnownAddress[]> {
  return emails.length === 0 ? [] : store.listByEmails(ctx, organizationId, emails);
}

/** What a directory says of the people of another organization changes nothing of them. */
async function withoutOutsiders(
  ctx: Ctx,
  { id }: Organization,
  people: readonly Provisioned[],
): Promise<readonly Provisioned[]> {
  if (!(await belongToOne(ctx))) return people;
  const emails = people.map(({ email }) => email);
  const known = await store.listByEmails(ctx, id, emails);
  const userIds = known.map((user) => user.id);
  const out = await lockOutsiders(ctx, id, userIds);
  const leftOut = new Set(known.filter((user) => out.has(user.id)).map(({ email }) => email));
  return people.filter(({ email }) => !leftOut.has(email));
}

/** Who has a seat already needs none; of the others, the first ones get those that are left. */
async function withinLimit(
  ctx: Ctx,
  organization: Organization,
  people: readonly Provisioned[],
): Promise<readonly Provisioned[]> {
  const left = await seatsLeft(ctx, organization);
  if (left === undefined || left >= people.length) return people;
  const known = await store.listByEmails(
    ctx,
    organization.id,
    people.map(({ email }) => email),
  );
  const seated = new Set(known.filter(({ status }) => status === "ACTIVE").map(({ email }) => email));
  let free = Math.max(left, 0);
  return people.filter(({ email }) => seated.has(email) || free-- > 0);
}

/** Two people of one address are one user. */
function byEmail(people: readonly Provisioned[]): Map<string, Provisioned> {
  return new Map(people.map((person) => [person.email, person]));
}

function newPerson({ email, profile }: Provisioned): store.NewPerson {
  return { id: newId("usr"), email, ...profile };
}

/**
 * The organization vouches for the addresses. Whoever was here before an address was proven may have been somebody else,
 * who must not get in by the directory.
 */
async function prove(ctx: Ctx, users: readonly UpsertedUser[]): Promise<readonly UpsertedUser[]> {
  const unproven = users.filter((user) => !user.email_verified).map(({ id }) => id);
  if (unproven.length === 0) return users;
  await store.setProven(ctx, unproven);
  await store.removeIdentities(ctx, unproven);
  await ctx.emitAll(
    emailProven,
    unproven.map((user_id) => ({ user_id })),
  );
  return users.map((user) => ({ ...user, email_verified: true }));
}

function isKnown({ is_new }: UpsertedUser): boolean {
  return !is_new;
}

function userIdOf({ user_id }: FormerStanding): string {
  return user_id;
}
