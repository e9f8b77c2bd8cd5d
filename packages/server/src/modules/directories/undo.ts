/** The way back from a mistake at the provider: members get back what a directory took from them in a window of time. */
import { type Ctx, inRepeatedTransaction } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import * as directoryRoles from "../roles/directory-roles.ts";
import { outsiders } from "../users/one-organization.ts";
import * as provisioning from "../users/provisioning.ts";
import type { Loss } from "./changes.store.ts";
import * as store from "./changes.store.ts";
import { keep } from "./changes.ts";
import type { Directory } from "./directories.ts";
import * as directories from "./directories.ts";

export interface RestoreRequest {
  organizationId: string;
  directoryId: string;
  /** Included. */
  from: Date;
  /** Excluded; undefined = up to now. */
  to: Date | undefined;
  dryRun: boolean;
}

export interface Restored {
  memberships: number;
  roles: number;
}

/** So many members are given back what they lost in one transaction. */
const atOnce = 1_000;

/**
 * Gives members back the status and the roles that they had before the directory's first change of these in the window.
 * What is given back stays until the directory sends another change of it; what the API gave or took since stays, too.
 * Where users belong to one organization, who belongs to another one now is passed by.
 * @returns how many members it concerned; with `dryRun`, how many it would concern
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, USER_LIMIT_REACHED, INVALID_ARGUMENT for a window that ends
 * before it begins
 */
export async function restore(ctx: Ctx, request: RestoreRequest): Promise<Restored> {
  const directory = await directories.get(ctx, request.organizationId, request.directoryId);
  // Whatever happens while this runs is later than the window.
  const to = request.to ?? new Date(ctx.now().getTime() + 1);
  if (to <= request.from) {
    throw invalidArgument("end_time", "timestamp.gt", "value must be later than start_time");
  }
  const window = { from: request.from, to };
  const total: Restored = { memberships: 0, roles: 0 };
  for (let after = ""; ; ) {
    const { losses, restored } = await inRepeatedTransaction(ctx, async (ctx) => {
      const losses = await store.listLosses(ctx, directory.id, window, { after, limit: atOnce });
      const judge = request.dryRun ? outsiders : provisioning.lockOutsiders;
      const able = await whoMayReturn(ctx, directory, losses, judge);
      const restored = request.dryRun ? expected(able) : await giveBack(ctx, directory, window, able);
      return { losses, restored };
    });
    total.memberships += restored.memberships;
    total.roles += restored.roles;
    const last = losses.at(-1);
    if (last === undefined || losses.length < atOnce) return total;
    after = last.user_id;
  }
}

async function whoMayReturn(
  ctx: Ctx,
  { organizationId }: Directory,
  losses: readonly Loss[],
  judge: typeof outsiders,
): Promise<readonly Loss[]> {
  const back = losses.flatMap(formerStatus).filter(({ status }) => status === "ACTIVE");
  const userIds = back.map(({ userId }) => userId);
  const out = await judge(ctx, organizationId, userIds);
  return losses.filter(({ user_id }) => !out.has(user_id));
}

async function giveBack(
  ctx: Ctx,
  directory: Directory,
  window: { from: Date; to: Date },
  losses: readonly Loss[],
): Promise<Restored> {
  const { organizationId } = directory;
  const present = losses.filter(isMember);
  const statuses = await provisioning.restoreStatuses(ctx, organizationId, present.flatMap(formerStatus));
  const roles = await directoryRoles.restore(
    ctx,
    organizationId,
    present.flatMap(({ user_id, roles_before }) =>
      roles_before === null ? [] : [{ userId: user_id, roleIds: roles_before }],
    ),
  );
  const changed = new Set([...statuses, ...roles.map(({ user_id }) => user_id)]);
  await provisioning.announce(ctx, organizationId, { updated: [...changed] });
  const kept = present.filter(({ user_id }) => changed.has(user_id));
  await keep(
    ctx,
    directory,
    kept.map(({ user_id, status_now, roles_now }) => ({
      userId: user_id,
      kind: "restored",
      statusBefore: status_now,
      rolesBefore: roles_now,
    })),
  );
  const ids = losses.map(({ user_id }) => user_id);
  await store.setRestored(ctx, directory.id, window, ids, ctx.now());
  return { memberships: statuses.length, roles: roles.length };
}

function expected(losses: readonly Loss[]): Restored {
  const present = losses.filter(isMember);
  return {
    memberships: present.flatMap(formerStatus).length,
    roles: present.filter(hasOtherRoles).length,
  };
}

/** Of the roles now, those that came another way stay. */
function hasOtherRoles({ roles_before, roles_now, given_now }: Loss): boolean {
  if (roles_before === null) return false;
  const byHand = roles_now.filter((id) => !given_now.includes(id));
  return !isSame([...new Set([...roles_before, ...byHand])], roles_now);
}

/** Only somebody whom the directory deactivated, and who still is inactive, gets a status back. */
function formerStatus({ user_id, status_before, status_now }: Loss) {
  const isLost = status_now === "INACTIVE" && status_before !== null;
  return isLost && status_before !== "INACTIVE" ? [{ userId: user_id, status: status_before }] : [];
}

/** The API may have removed the membership meanwhile, and made another: that is not the directory's to undo. */
function isMember({ status_now }: Loss): boolean {
  return status_now !== null;
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((each) => other.includes(each));
}
