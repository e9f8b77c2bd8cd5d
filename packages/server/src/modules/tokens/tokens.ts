/**
 * API tokens: opaque keys that an app gives to its customers, and asks us about at each call. A token speaks for an
 * organization, or for one active member of it; its value is shown once and kept as a hash.
 */
import { type Ctx, inTransaction } from "../../context.ts";
import { isMissingParent } from "../../db/scope.ts";
import { invalidArgument } from "../../errors.ts";
import { newId } from "../../lib/ids.ts";
import { hashSecret, newSecret, secretSuffix } from "../../lib/secrets.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as organizations from "../organizations/organizations.ts";
import * as users from "../users/users.ts";
import { tokenErrors as errors } from "./errors.ts";
import type { ApiToken } from "./tokens.store.ts";
import * as store from "./tokens.store.ts";

export type { ApiToken };

export interface NewApiToken {
  organizationId: string;
  /** "" = the token speaks for the organization. */
  userId: string;
  customClaims: Record<string, string>;
  /** undefined = never expires. */
  expiresAt: Date | undefined;
  description: string;
}

export interface ApiTokenPatch {
  /** An empty map changes nothing, any other one replaces the former claims. */
  customClaims: Record<string, string>;
  /** "" clears it, undefined leaves it. */
  description: string | undefined;
}

/** Past this many tokens nobody counts on. */
const mostCounted = 1_000;
/** RFC 3339 and the contract's timestamps end with the year 9999. */
const latest = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * Issues a token. Its value is in the answer and nowhere else.
 * @throws INVALID_ARGUMENT also for a user who is no active member; ORGANIZATION_NOT_FOUND
 */
export async function create(ctx: Ctx, input: NewApiToken): Promise<{ plain: string; token: ApiToken }> {
  check(ctx, input);
  const plain = newSecret();
  const id = newId("apit");
  await inTransaction(ctx, async (ctx) => {
    await organizations.get(ctx, { id: input.organizationId });
    await requireMember(ctx, input);
    await store.insert(ctx, rowOf(ctx, id, plain, input));
  }).catch(async (error: unknown) => {
    if (!isMissingParent(error)) throw error;
    // The organization or the member was there when we looked, and went meanwhile: now it is said so.
    await organizations.get(ctx, { id: input.organizationId });
    throw notMember();
  });
  return { plain, token: await get(ctx, { id }) };
}

/** What a token stands for, at this moment. @throws API_TOKEN_NOT_FOUND */
export async function validate(ctx: Ctx, token: string): Promise<ApiToken> {
  return get(ctx, refOf(token));
}

/** Ends a token at once. One that has ended already is no error. @throws API_TOKEN_NOT_FOUND when it never was */
export async function invalidate(ctx: Ctx, token: string): Promise<void> {
  if (!(await store.setInvalidated(ctx, refOf(token), ctx.now()))) throw errors.API_TOKEN_NOT_FOUND();
}

/**
 * One page of the tokens that work, newest first; `totalSize` is exact up to 1,000 and stays there.
 * @param request.userId only those of one user
 * @throws ORGANIZATION_NOT_FOUND, INVALID_ARGUMENT, PAGE_TOKEN_INVALID
 */
export async function list(
  ctx: Ctx,
  request: PageRequest & { organizationId: string; userId?: string | undefined },
): Promise<Page<ApiToken>> {
  const { organizationId, userId } = request;
  checkId("organization_id", organizationId, "org_");
  if (userId !== undefined) checkId("user_id", userId, "usr_");
  await organizations.get(ctx, { id: organizationId });
  const page = openPage(request, `api_tokens:${organizationId}:${userId ?? ""}`);
  const now = ctx.now();
  const rows = await store.listLive(ctx, { organizationId, userId }, now, page.range);
  return page.close(rows, await store.countLive(ctx, { organizationId, userId }, now, mostCounted));
}

/** @throws API_TOKEN_NOT_FOUND */
export async function update(ctx: Ctx, token: string, patch: ApiTokenPatch): Promise<ApiToken> {
  const ref = refOf(token);
  return inTransaction(ctx, async (ctx) => {
    const found = await get(ctx, ref);
    const changed = await store.setLive(ctx, ref, ctx.now(), {
      updated_at: ctx.now(),
      ...(patch.description !== undefined && { description: patch.description }),
      ...(Object.keys(patch.customClaims).length > 0 && {
        custom_claims: JSON.stringify(patch.customClaims),
      }),
    });
    if (!changed) throw errors.API_TOKEN_NOT_FOUND();
    return get(ctx, { id: found.id });
  });
}

async function get(ctx: Ctx, ref: store.ApiTokenRef): Promise<ApiToken> {
  const token = await store.findLive(ctx, ref, ctx.now());
  if (!token) throw errors.API_TOKEN_NOT_FOUND();
  return token;
}

/** A value has 43 characters and an id 23 or 24, so that neither can be taken for the other. */
function refOf(token: string): store.ApiTokenRef {
  if (token === "") throw invalidArgument("token", "string.min_len", "value is required");
  return /^apit_[0-9]{18,19}$/.test(token) ? { id: token } : { hash: hashSecret(token) };
}

function check(ctx: Ctx, { organizationId, userId, expiresAt }: NewApiToken): void {
  checkId("token.organization_id", organizationId, "org_");
  if (userId !== "") checkId("token.user_id", userId, "usr_");
  if (expiresAt === undefined) return;
  // Also refuses what is no time at all, since no comparison with it holds.
  if (expiresAt > ctx.now() && expiresAt.getTime() <= latest) return;
  throw invalidArgument(
    "token.expiry",
    "timestamp.gt_now",
    "value must lie in the future, before the year 10000",
  );
}

function checkId(field: string, id: string, prefix: string): void {
  if (id.startsWith(prefix) && id.length <= 32) return;
  throw invalidArgument(field, "string.prefix", `value must be an id that begins with ${prefix}`);
}

async function requireMember(ctx: Ctx, { organizationId, userId }: NewApiToken): Promise<void> {
  if (userId === "") return;
  if (!(await users.activeMember(ctx, organizationId, userId))) throw notMember();
}

function notMember() {
  const problem = "the user is no active member of the organization";
  return invalidArgument("token.user_id", "token.user_id.member", problem);
}

function rowOf(ctx: Ctx, id: string, plain: string, input: NewApiToken) {
  const now = ctx.now();
  return {
    id,
    environment_id: ctx.environmentId,
    organization_id: input.organizationId,
    user_id: input.userId || null,
    hash: hashSecret(plain),
    suffix: secretSuffix(plain),
    description: input.description,
    custom_claims: JSON.stringify(input.customClaims),
    created_at: now,
    updated_at: now,
    expires_at: input.expiresAt ?? null,
  };
}
