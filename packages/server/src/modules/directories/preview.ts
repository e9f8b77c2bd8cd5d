/** What enabling a directory would do, before it does it. Nothing is changed. */
import type { Ctx } from "../../context.ts";
import { readCount } from "../../db/counters.ts";
import { openPage, type Page, type PageRequest } from "../../paging.ts";
import * as organizations from "../organizations/organizations.ts";
import { outsiders } from "../users/one-organization.ts";
import * as provisioning from "../users/provisioning.ts";
import { seatsLeft } from "../users/seats.ts";
import { keepsUsers } from "./consequences-for-members.ts";
import type { Directory } from "./directories.ts";
import * as directories from "./directories.ts";
import { eligibilityOf } from "./eligibility.ts";
import type { Candidate } from "./preview.store.ts";
import * as store from "./preview.store.ts";

const effects = [
  "UNCHANGED",
  "USER_CREATED",
  "MEMBERSHIP_ADDED",
  "MEMBERSHIP_ACTIVATED",
  "MEMBERSHIP_DEACTIVATED",
  "ROLES_CHANGED",
  "LEFT_OUT_FOREIGN_DOMAIN",
  "LEFT_OUT_NO_ADDRESS",
  "LEFT_OUT_OTHER_ORGANIZATION",
] as const;

export type Effect = (typeof effects)[number];

export interface Previewed extends Candidate {
  effect: Effect;
  userId: string;
}

export interface Preview extends Page<Previewed> {
  counts: Record<Effect, number>;
  /** What would end the attempt. */
  problem: string | undefined;
}

const atOnce = 1_000;

/**
 * Judges everybody in the directory, and shows one page of them.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, PAGE_TOKEN_INVALID
 */
export async function preview(
  ctx: Ctx,
  organizationId: string,
  directoryId: string,
  request: PageRequest,
): Promise<Preview> {
  const directory = await directories.get(ctx, organizationId, directoryId);
  const page = openPage(request, `directory_preview:${directoryId}`);
  const judge = await judgeOf(ctx, directory);
  const shown = await judge(await store.listCandidates(ctx, directoryId, page.range));
  const counts = await countAll(ctx, directory, judge);
  const total = await readCount(ctx, "directory_users", directoryId);
  return { ...page.close(shown, total), counts, problem: await problemOf(ctx, organizationId, counts) };
}

type Judge = (candidates: readonly Candidate[]) => Promise<Previewed[]>;

async function judgeOf(ctx: Ctx, directory: Directory): Promise<Judge> {
  if (!(await keepsUsers(ctx))) {
    return async (candidates) => candidates.map((each) => ({ ...each, effect: "UNCHANGED", userId: "" }));
  }
  const eligibility = await eligibilityOf(ctx, directory);
  return async (candidates) => {
    const judged = candidates.map((candidate) => ({ candidate, ...eligibility.judge(candidate.email) }));
    const emails = judged.flatMap((each) => ("email" in each ? [each.email] : []));
    const known = await provisioning.ofEmails(ctx, directory.organizationId, emails);
    const users = new Map(known.map((user) => [user.email, user]));
    const userIds = known.map(({ id }) => id);
    const out = await outsiders(ctx, directory.organizationId, userIds);
    return judged.map((each) => {
      if ("leftOut" in each) {
        const effect = each.leftOut === "no_address" ? "LEFT_OUT_NO_ADDRESS" : "LEFT_OUT_FOREIGN_DOMAIN";
        return { ...each.candidate, effect, userId: "" };
      }
      const user = users.get(each.email);
      if (each.candidate.active && user && out.has(user.id))
        return { ...each.candidate, effect: "LEFT_OUT_OTHER_ORGANIZATION", userId: user.id };
      return { ...each.candidate, effect: effectOn(each.candidate, user), userId: user?.id ?? "" };
    });
  };
}

function effectOn(
  { active, role_ids }: Candidate,
  user: provisioning.KnownAddress | undefined,
): Exclude<Effect, `LEFT_OUT_${string}`> {
  const status = user?.status ?? null;
  if (!active) return status === null || status === "INACTIVE" ? "UNCHANGED" : "MEMBERSHIP_DEACTIVATED";
  if (!user) return "USER_CREATED";
  if (status === null) return "MEMBERSHIP_ADDED";
  if (status !== "ACTIVE") return "MEMBERSHIP_ACTIVATED";
  return role_ids.every((id) => user.role_ids.includes(id)) ? "UNCHANGED" : "ROLES_CHANGED";
}

async function countAll(ctx: Ctx, directory: Directory, judge: Judge): Promise<Record<Effect, number>> {
  const counts = Object.fromEntries(effects.map((effect) => [effect, 0])) as Record<Effect, number>;
  for (let after: string | undefined; ; ) {
    const range = { limit: atOnce, ...(after !== undefined && { after }) };
    const judged = await judge(await store.listCandidates(ctx, directory.id, range));
    for (const { effect } of judged) counts[effect] += 1;
    after = judged.at(-1)?.id;
    if (judged.length < atOnce) return counts;
  }
}

async function problemOf(
  ctx: Ctx,
  organizationId: string,
  counts: Record<Effect, number>,
): Promise<string | undefined> {
  const left = await seatsLeft(ctx, await organizations.get(ctx, { id: organizationId }));
  const wanted = counts.USER_CREATED + counts.MEMBERSHIP_ADDED + counts.MEMBERSHIP_ACTIVATED;
  if (left === undefined || wanted <= left + counts.MEMBERSHIP_DEACTIVATED) return undefined;
  return `${wanted} people need a seat and ${Math.max(left, 0)} are left: raise max_allowed_users of the organization first`;
}
