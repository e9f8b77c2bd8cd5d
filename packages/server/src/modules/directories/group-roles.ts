/** Which group of a directory gives which role to its members. */
import { type Ctx, inRepeatedTransaction } from "../../context.ts";
import { isMissingParent } from "../../db/scope.ts";
import { invalidArgument } from "../../errors.ts";
import * as directoryRoles from "../roles/directory-roles.ts";
import type { ReplacementPayload } from "../roles/events.ts";
import * as roles from "../roles/roles.ts";
import { refresh } from "./consequences.ts";
import * as directoryStore from "./directories.store.ts";
import { hold } from "./directories.ts";
import { directoryData, directoryUpdated } from "./events.ts";
import type { GroupRole } from "./group-roles.store.ts";
import * as store from "./group-roles.store.ts";

export type { GroupRole };

/** A role is named by its name; where that is "", by its id. */
export interface Assignment {
  groupId: string;
  roleName: string;
  roleId: string;
}

const mostAssignments = 1_000;
const field = "role_assignments.assignments";

/**
 * Makes these the only assignments of a directory. The roles of everybody whose groups give others now are worked out
 * again.
 * @throws ORGANIZATION_NOT_FOUND, DIRECTORY_NOT_FOUND, INVALID_ARGUMENT for a group or role that is not there
 */
export async function assign(
  ctx: Ctx,
  organizationId: string,
  directoryId: string,
  assignments: readonly Assignment[],
): Promise<GroupRole[]> {
  if (assignments.length > mostAssignments)
    throw invalidArgument(field, "repeated.max_items", `at most ${mostAssignments} assignments are kept`);
  return inRepeatedTransaction(ctx, async (ctx) => {
    const directory = await hold(ctx, organizationId, directoryId);
    await requireGroups(ctx, directoryId, assignments);
    const pairs = await resolve(ctx, organizationId, assignments);
    const before = await store.list(ctx, [directoryId]);
    await store.replace(ctx, directoryId, pairs).catch((error: unknown) => {
      // A group or role that was there a moment ago was deleted meanwhile.
      throw isMissingParent(error)
        ? invalidArgument(field, "role.exists", "a group or role was deleted meanwhile")
        : error;
    });
    const after = await store.list(ctx, [directoryId]);
    const row = await directoryStore.set(ctx, directoryId, { updated_at: ctx.now() });
    if (row) await ctx.emit(directoryUpdated, directoryData(row), organizationId);
    await refresh(ctx, directory, groupsThatDiffer(before, after));
    return after;
  });
}

/** The assignments of directories. */
export async function list(ctx: Ctx, directoryIds: readonly string[]): Promise<GroupRole[]> {
  return store.list(ctx, directoryIds);
}

/**
 * Puts another role in the place of one that is about to be deleted: in what groups give from now on, and in what members
 * were given, by a group or as the default.
 */
export async function replaceRole(ctx: Ctx, replacement: ReplacementPayload): Promise<void> {
  const { organization_id, from, to } = replacement;
  await store.move(ctx, from, to);
  await directoryRoles.moveGiven(ctx, organization_id, { from, to });
}

/** A group of another directory is not found either. */
async function requireGroups(ctx: Ctx, directoryId: string, assignments: readonly Assignment[]) {
  const unknown = await store.firstUnknown(
    ctx,
    directoryId,
    assignments.map(({ groupId }) => groupId),
  );
  if (unknown === undefined) return;
  const at = assignments.findIndex(({ groupId }) => groupId === unknown);
  throw invalidArgument(
    `${field}[${at}].group_id`,
    "group.exists",
    `there is no group ${unknown} in this directory`,
  );
}

async function resolve(ctx: Ctx, organizationId: string, assignments: readonly Assignment[]) {
  const byName = new Map<string, string>();
  const pairs: { groupId: string; roleId: string }[] = [];
  for (const [at, { groupId, roleName, roleId }] of assignments.entries()) {
    const ref = roleName === "" ? { id: roleId } : { name: roleName };
    const key = JSON.stringify(ref);
    const place = `${field}[${at}].${roleName === "" ? "role_id" : "role_name"}`;
    const found = byName.get(key) ?? (await roles.referred(ctx, organizationId, ref, place)).id;
    byName.set(key, found);
    pairs.push({ groupId, roleId: found });
  }
  return pairs;
}

function groupsThatDiffer(before: readonly GroupRole[], after: readonly GroupRole[]): string[] {
  const keyOf = ({ group_id, role_id }: GroupRole) => `${group_id} ${role_id}`;
  const had = new Set(before.map(keyOf));
  const has = new Set(after.map(keyOf));
  const differing = [
    ...before.filter((pair) => !has.has(keyOf(pair))),
    ...after.filter((pair) => !had.has(keyOf(pair))),
  ];
  return [...new Set(differing.map(({ group_id }) => group_id))];
}
