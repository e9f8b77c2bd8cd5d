/**
 * Members: the people who may use the dashboard. They belong to the install's one workspace and not to an
 * environment, so of the applications only those of the first environment may manage them.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { brokenUniqueIndex } from "../../db/scope.ts";
import { invalidArgument, requireAtMost } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as environments from "../environments/environments.ts";
import { memberErrors as errors } from "./errors.ts";
import { type MemberPayload, memberCreated, memberDeleted, memberUpdated } from "./events.ts";
import type { Member } from "./members.store.ts";
import * as store from "./members.store.ts";

export type { Member };
/** An ADMIN manages members; both may do all else. */
export type MemberRole = "ADMIN" | "USER";

/** What a member says of themselves beyond their name. */
export type Profile = Partial<
  Record<"name" | "locale" | "phone_number" | "preferred_username" | "picture" | "gender", string>
> & { metadata?: Record<string, string> };

export interface NewMember {
  email: string;
  role: MemberRole;
  firstName?: string;
  lastName?: string;
  metadata?: Record<string, string>;
}

/** What an update may change; an absent field stays as it is. */
export interface MemberPatch extends Partial<Omit<NewMember, "email" | "role">> {
  profile?: Profile;
}

const longestEmail = 254;
/** The contract limits the other fields. */
const longest = { name: 512, locale: 64, phone_number: 64, gender: 64 } as const;
/** The contract's rule says more; this one is for those who come by a command. */
const addressShape = /^[^\s@]+@[^\s@]+$/;
const mostCounted = 1_000;

/**
 * Makes a person a member. They get in by a link, see `invitations.ts`.
 * @throws MEMBER_EXISTS, INVALID_ARGUMENT, MEMBER_NOT_ADMIN, MEMBER_WRONG_ENVIRONMENT
 */
export async function create(ctx: Ctx, input: NewMember): Promise<Member> {
  const email = input.email.trim().toLowerCase();
  if (!addressShape.test(email) || email.length > longestEmail)
    throw invalidArgument("member.email", "string.email", "value must be a valid email address");
  return inTransaction(ctx, async (ctx) => {
    await requireAdmin(ctx);
    const now = ctx.now();
    const row = {
      id: newId("mem"),
      email,
      role: input.role,
      first_name: input.firstName ?? "",
      last_name: input.lastName ?? "",
      metadata: JSON.stringify(input.metadata ?? {}),
      created_at: now,
      updated_at: now,
    };
    const member = await store.insert(ctx.db, row).catch((error: unknown) => {
      throw brokenUniqueIndex(error) === "members_email_key" ? errors.MEMBER_EXISTS(email) : error;
    });
    await ctx.emit(memberCreated, payloadOf(member));
    return member;
  });
}

/** @throws MEMBER_NOT_FOUND, MEMBER_WRONG_ENVIRONMENT */
export async function get(ctx: Ctx, id: string): Promise<Member> {
  await requireWorkspace(ctx);
  const member = await store.find(ctx.db, { id });
  if (!member) throw errors.MEMBER_NOT_FOUND(id);
  return member;
}

/** The calling member. @throws MEMBER_IS_CALLER for an application, MEMBER_WRONG_ENVIRONMENT */
export async function current(ctx: Ctx): Promise<Member> {
  return get(ctx, await ownId(ctx));
}

/** One page, newest first. @throws PAGE_TOKEN_INVALID, MEMBER_WRONG_ENVIRONMENT */
export async function list(ctx: Ctx, request: PageRequest): Promise<Page<Member>> {
  await requireWorkspace(ctx);
  const page = openPage(request, "members");
  return page.close(await store.list(ctx.db, page.range), await store.count(ctx.db, mostCounted));
}

/**
 * Changes what a member is called; members may change themselves, administrators everybody.
 * @throws MEMBER_NOT_FOUND, MEMBER_NOT_ADMIN, MEMBER_WRONG_ENVIRONMENT, INVALID_ARGUMENT
 */
export async function update(ctx: Ctx, id: string, patch: MemberPatch): Promise<Member> {
  for (const [field, most] of Object.entries(longest))
    requireAtMost(`member.user_profile.${field}`, patch.profile?.[field as keyof typeof longest], most);
  return inTransaction(ctx, async (ctx) => {
    const isSelf = ctx.caller.kind === "WORKSPACE" && ctx.caller.memberId === id;
    if (!isSelf) await requireAdmin(ctx);
    const former = await get(ctx, id);
    const member = await store.set(ctx.db, id, changeOf(ctx, patch, former));
    if (!member) throw errors.MEMBER_NOT_FOUND(id);
    await ctx.emit(memberUpdated, payloadOf(member));
    return member;
  });
}

/** The same for the caller. @throws MEMBER_IS_CALLER for an application */
export async function updateCurrent(ctx: Ctx, patch: MemberPatch): Promise<Member> {
  return update(ctx, await ownId(ctx), patch);
}

/**
 * Takes a person out of the workspace; their sessions and links end.
 * @throws MEMBER_NOT_FOUND, MEMBER_LAST_ADMIN, MEMBER_NOT_ADMIN, MEMBER_WRONG_ENVIRONMENT
 */
async function remove(ctx: Ctx, id: string): Promise<void> {
  await inTransaction(ctx, async (ctx) => {
    await requireAdmin(ctx);
    const admins = await store.lockAdmins(ctx.db);
    if (admins.length === 1 && admins[0] === id) throw errors.MEMBER_LAST_ADMIN();
    const member = await store.remove(ctx.db, id);
    if (!member) throw errors.MEMBER_NOT_FOUND(id);
    await ctx.emit(memberDeleted, payloadOf(member));
  });
}

export { remove as delete };

/** What events tell of a member. */
export function payloadOf({ id, email, role }: Member): MemberPayload {
  return { id, email, role };
}

/** The id of the one workspace of the install: that of its first environment under another prefix. */
export async function workspaceId(ctx: Ctx): Promise<string> {
  return (await environments.firstId(ctx.app)).replace("env_", "wsp_");
}

async function ownId(ctx: Ctx): Promise<string> {
  await requireWorkspace(ctx);
  if (ctx.caller.kind !== "WORKSPACE") throw errors.MEMBER_IS_CALLER();
  return ctx.caller.memberId;
}

async function requireWorkspace(ctx: Ctx): Promise<void> {
  if (ctx.caller.kind === "WORKSPACE") return;
  if (ctx.environmentId !== (await environments.firstId(ctx.app))) throw errors.MEMBER_WRONG_ENVIRONMENT();
}

async function requireAdmin(ctx: Ctx): Promise<void> {
  await requireWorkspace(ctx);
  if (ctx.caller.kind !== "WORKSPACE" || ctx.caller.memberId === systemId) return;
  const caller = await store.find(ctx.db, { id: ctx.caller.memberId });
  if (caller?.role !== "ADMIN") throw errors.MEMBER_NOT_ADMIN();
}

/** Who acts where no request does. */
const systemId = "system";

function changeOf(ctx: Ctx, patch: MemberPatch, former: Member): store.MemberChange {
  const { firstName, lastName, metadata, profile } = patch;
  return {
    updated_at: ctx.now(),
    ...(firstName !== undefined && { first_name: firstName }),
    ...(lastName !== undefined && { last_name: lastName }),
    ...(metadata && Object.keys(metadata).length > 0 && { metadata: JSON.stringify(metadata) }),
    ...(profile && { profile: JSON.stringify({ ...(former.profile as Profile), ...profile }) }),
  };
}
