/**
 * What a change in a directory does to users, memberships and roles, in environments that keep users. What gives
 * somebody access requires that the organization may speak for their address; what takes it away does not.
 */
import type { Ctx } from "../../context.ts";
import * as environments from "../environments/environments.ts";
import * as directoryRoles from "../roles/directory-roles.ts";
import * as provisioning from "../users/provisioning.ts";
import { readerOf } from "./attribute-reader.ts";
import { type Kept, keep } from "./changes.ts";
import type { Directory } from "./directories.ts";
import { type Eligibility, eligibilityOf } from "./eligibility.ts";
import type { Link, Placed, Unlinked } from "./people.store.ts";
import * as people from "./people.store.ts";
import { type Document, extrasOf } from "./person.ts";

/** People as they are now, by what happened to them. */
export interface Moves {
  /** Made or activated: they get in, or the change is refused when no seat is left. */
  arrived?: readonly Placed[];
  /** Those whom no membership follows yet get in when there is a seat. */
  changed?: readonly Placed[];
  regrouped?: readonly Placed[];
  /** The users of people who were deactivated or deleted. */
  left?: readonly string[];
}

/** Whether the environment keeps users at all. */
export async function keepsUsers(ctx: Ctx): Promise<boolean> {
  return (await environments.current(ctx)).mode === "FULL_STACK_AUTH";
}

/**
 * @param note writes down who is which user; always called, by default for people who are there already
 * @throws USER_LIMIT_REACHED
 */
export async function followMembers(
  ctx: Ctx,
  directory: Directory,
  moves: Moves,
  note: (links: readonly (Link | Unlinked)[]) => Promise<void> = (links) => people.setUsers(ctx, links),
): Promise<void> {
  const { arrived = [], changed = [], regrouped = [], left = [] } = moves;
  const eligibility = await eligibilityOf(ctx, directory);
  const coming = arrived.filter(({ active }) => active);
  const waiting = [...changed, ...regrouped].filter(({ active, user_id }) => active && user_id === null);
  const admitted = await admit(ctx, directory, eligibility, coming, "refuse");
  const joined = await admit(ctx, directory, eligibility, waiting, "leave out");
  const inactive = arrived.filter(({ active }) => !active);
  const withdrawn = await linksOfInactive(ctx, directory, eligibility, inactive);
  await note([...admitted.links, ...admitted.unlinked, ...joined.links, ...withdrawn]);
  await syncProfiles(ctx, directory, eligibility, changed.filter(isFollowed));
  const settling = [...changed, ...regrouped].filter(isFollowed).map(({ user_id }) => user_id ?? "");
  await settle(ctx, directory, {
    userIds: [...[...admitted.links, ...joined.links].map(userOf), ...settling],
    newcomers: new Set([...admitted.newcomers, ...joined.newcomers]),
    standing: [...admitted.changed, ...joined.changed],
    atHand: { ...joined.atHand, ...admitted.atHand },
  });
  await withdraw(ctx, directory, [...left, ...withdrawn.map(userOf)]);
}

interface Admitted {
  links: Link[];
  /** Who came back and was left out: they wait anew. */
  unlinked: Unlinked[];
  /** Users who were just made and are in no group: they have the role that members begin with. */
  newcomers: string[];
  changed: provisioning.FormerStanding[];
  atHand: provisioning.AtHand;
}

/** Makes people members. */
async function admit(
  ctx: Ctx,
  directory: Directory,
  eligibility: Eligibility,
  rows: readonly Placed[],
  whenFull: "refuse" | "leave out",
): Promise<Admitted> {
  const found = rows.flatMap((row) => {
    // The user's own address counts, once there is one: what the provider sends may have changed.
    const judged = eligibility.judge(row.login_email ?? row.email);
    return "email" in judged ? [{ row, email: judged.email }] : [];
  });
  if (found.length === 0) return { links: [], unlinked: [], newcomers: [], changed: [], atHand: {} };
  const profileOf = await profiles(ctx, directory);
  const wanted = found.map(({ row, email }) => ({ email, profile: profileOf(row) }));
  const { organizationId } = directory;
  const provisioned = await provisioning.provision(ctx, organizationId, wanted, whenFull);
  const { idOf, changed, atHand } = provisioned;
  const links = found.flatMap(({ row, email }) => linkOf(row, idOf.get(email)));
  const leftOut = found.filter(({ row, email }) => row.user_id !== null && !idOf.has(email));
  const unlinked = leftOut.map(({ row }) => ({ id: row.id, userId: null }));
  const grouped = new Set(found.flatMap(({ row, email }) => (row.groups.length > 0 ? idOf.get(email) : [])));
  const newcomers = provisioned.newcomers.filter((userId) => !grouped.has(userId));
  return { links, unlinked, newcomers, changed, atHand };
}

function linkOf({ id }: Placed, userId: string | undefined): Link[] {
  return userId === undefined ? [] : [{ id, userId }];
}

interface Settling {
  userIds: readonly string[];
  newcomers: ReadonlySet<string>;
  standing: readonly provisioning.FormerStanding[];
  atHand?: provisioning.AtHand;
}

/** Roles last, so that one event tells of all that happened to a membership. */
async function settle(
  ctx: Ctx,
  directory: Directory,
  { userIds, newcomers, standing, atHand }: Settling,
): Promise<void> {
  const { organizationId } = directory;
  const each = [...new Set(userIds)];
  if (each.length === 0) return;
  const others = each.filter((userId) => !newcomers.has(userId));
  const wanted = await people.rolesOf(ctx, organizationId, others);
  const changed = await directoryRoles.settle(ctx, organizationId, wanted);
  const created = standing.filter(({ status_before }) => status_before !== "INACTIVE").map(userIdOf);
  const back = standing.filter(({ status_before }) => status_before === "INACTIVE").map(userIdOf);
  const known = new Set([...created, ...back]);
  const regraded = changed.filter(({ user_id }) => !known.has(user_id));
  const told = { created, updated: [...back, ...regraded.map(userIdOf)] };
  await provisioning.announce(ctx, organizationId, told, atHand);
  await keep(ctx, directory, [
    ...standing.map((former) =>
      keptOf(former, former.status_before === "INACTIVE" ? "reactivated" : "joined"),
    ),
    ...regraded.map(({ user_id, roles_before }) =>
      keptOf({ user_id, roles_before, status_before: "ACTIVE" }, "roles"),
    ),
  ]);
}

/** Takes access away from users whom no directory of the organization holds active any more. */
async function withdraw(ctx: Ctx, directory: Directory, userIds: readonly string[]): Promise<void> {
  if (userIds.length === 0) return;
  const { organizationId } = directory;
  const held = new Set(await people.heldActive(ctx, organizationId, userIds));
  const leaving = userIds.filter((id) => !held.has(id));
  const staying = userIds.filter((id) => held.has(id));
  const changed = await provisioning.deactivate(ctx, organizationId, leaving);
  await keep(
    ctx,
    directory,
    changed.map((former) => keptOf(former, "deactivated")),
  );
  // Another directory goes on to hold them, with the roles of its own groups.
  await settle(ctx, directory, { userIds: staying, newcomers: new Set(), standing: [] });
}

/** The members whom a directory names as inactive from the beginning. No user is made for such a person. */
async function linksOfInactive(
  ctx: Ctx,
  directory: Directory,
  eligibility: Eligibility,
  rows: readonly Placed[],
): Promise<Link[]> {
  const addresses = rows.map(({ email }) => email);
  const members = await membersOf(ctx, directory, addresses, eligibility);
  return rows.flatMap((row) => linkOf(row, members.get(row.email)));
}

/** The ids of the members who have these addresses, as far as the directory may speak for them. */
export async function membersOf(
  ctx: Ctx,
  directory: Directory,
  addresses: readonly string[],
  eligibility?: Eligibility,
): Promise<Map<string, string>> {
  if (addresses.length === 0) return new Map();
  const { judge } = eligibility ?? (await eligibilityOf(ctx, directory));
  const found = addresses.flatMap((address) => {
    const judged = judge(address);
    return "email" in judged ? [{ address, email: judged.email }] : [];
  });
  const emails = found.map(({ email }) => email);
  const known = await provisioning.ofEmails(ctx, directory.organizationId, emails);
  const idOf = new Map(known.filter(({ status }) => status !== null).map(({ email, id }) => [email, id]));
  const members = new Map<string, string>();
  for (const { address, email } of found) {
    const id = idOf.get(email);
    if (id !== undefined) members.set(address, id);
  }
  return members;
}

async function syncProfiles(
  ctx: Ctx,
  directory: Directory,
  eligibility: Eligibility,
  rows: readonly Placed[],
): Promise<void> {
  if (rows.length === 0) return;
  const profileOf = await profiles(ctx, directory);
  const known = new Map(
    rows.map((row) => [row.user_id ?? "", { userId: row.user_id ?? "", profile: profileOf(row) }]),
  );
  await provisioning.setProfiles(ctx, [...known.values()], eligibility.domains);
  for (const row of rows) {
    const judged = eligibility.judge(row.email);
    if ("email" in judged && judged.email === row.login_email) continue;
    const { id: directoryUserId, user_id: userId } = row;
    ctx.log.info(
      { directoryId: directory.id, directoryUserId, userId },
      "a directory has another address for a user, whose login address stays",
    );
  }
}

/** The longest values that users may have; what is longer is left out. */
const longest = 512;

async function profiles(
  ctx: Ctx,
  directory: Directory,
): Promise<(row: Placed) => provisioning.PersonColumns> {
  const read = await readerOf(ctx, directory);
  return (row) => {
    const document = row.document as Document;
    const { locale, phone_number, picture } = extrasOf(document);
    return {
      given_name: fitting(row.given_name, longest),
      family_name: fitting(row.family_name, longest),
      name: fitting(row.display_name, longest),
      preferred_username: fitting(row.user_name, longest),
      phone_number: fitting(phone_number, 64),
      picture: fitting(picture, 2048),
      locale: fitting(locale, 64),
      custom_attributes: Object.fromEntries(
        Object.entries(read(document)).map(([key, value]) => [
          key,
          typeof value === "string" ? value : JSON.stringify(value),
        ]),
      ),
    };
  };
}

function fitting(value: string, most: number): string {
  return value.length <= most ? value : "";
}

/** Active, and followed by a membership. */
function isFollowed({ active, user_id }: Placed): boolean {
  return active && user_id !== null;
}

function userOf({ userId }: Link): string {
  return userId;
}

function userIdOf({ user_id }: { user_id: string }): string {
  return user_id;
}

function keptOf(
  { user_id, status_before, roles_before }: provisioning.FormerStanding,
  kind: Kept["kind"],
): Kept {
  return { userId: user_id, kind, statusBefore: status_before, rolesBefore: roles_before };
}
