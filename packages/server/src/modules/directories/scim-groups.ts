/**
 * What SCIM does to the groups of a directory. Members are rows that are changed by sets, so a change costs what it
 * changes, whatever the size of the group.
 */
import type { Ctx } from "../../context.ts";
import { brokenUniqueIndex, isMissingParent } from "../../db/scope.ts";
import { newId } from "../../lib/ids.ts";
import { readGroupDocument } from "../../protocols/scim/document.ts";
import { badRequest, ScimError } from "../../protocols/scim/errors.ts";
import { groupChanges, type MemberChange } from "../../protocols/scim/group-changes.ts";
import { GROUP_SCOPE } from "../../protocols/scim/group-schema.ts";
import { type JsonObject, sameJson } from "../../protocols/scim/json.ts";
import { patchDocument } from "../../protocols/scim/patch.ts";
import { readPatchRequest } from "../../protocols/scim/patch-request.ts";
import { follow } from "./consequences.ts";
import type { Directory } from "./directories.ts";
import type { DirectoryGroupRow } from "./groups.store.ts";
import { type Condition, requireCondition, requireShort, retrying, textOf } from "./scim-changes.ts";
import * as store from "./scim-groups.store.ts";
import * as members from "./scim-members.store.ts";

export type { DirectoryGroupRow };

/**
 * POST of a group.
 * @param body parsed JSON
 * @throws ScimError `uniqueness` when the directory has the displayName, whatever its case; `invalidValue` for a member
 * whom it does not have; those of `readGroupDocument`
 */
export async function create(ctx: Ctx, directory: Directory, body: unknown): Promise<DirectoryGroupRow> {
  const { document, members: named = [] } = readGroupDocument(body);
  const ids = named.filter(isPerson);
  return retrying(ctx, directory, async (ctx, directory) => {
    const values = valuesOf(document);
    const { id: directoryId, organizationId } = directory;
    const group = {
      ...values,
      id: newId("dirgroup"),
      organizationId,
      directoryId,
      members: ids,
      now: ctx.now(),
    };
    const row = await store.insert(ctx, group).catch(refuseTaken(values.displayName));
    requireKnown(ids, row.total_members);
    await follow(ctx, directory, { groupsCreated: [row.id], regrouped: ids });
    return row;
  });
}

/** @throws ScimError 404 */
export async function get(ctx: Ctx, directory: Directory, id: string): Promise<DirectoryGroupRow> {
  return (await store.find(ctx, directory.id, id)) ?? missing(id);
}

/**
 * PUT of a group; members that it does not name stay (some clients rename so). Nothing is written when nothing differs.
 * @throws ScimError 404, 412, `uniqueness`, `invalidValue`; those of `readGroupDocument`
 */
export async function replace(
  ctx: Ctx,
  directory: Directory,
  id: string,
  body: unknown,
  condition: Condition,
): Promise<DirectoryGroupRow> {
  const { document, members: ids } = readGroupDocument(body);
  const steps: MemberChange[] = ids === undefined ? [] : [{ op: "replace", values: ids.filter(isPerson) }];
  return changing(ctx, directory, { id, condition, steps, change: () => document });
}

/**
 * PATCH of a group, all of its operations or none. Nothing is written when nothing differs.
 * @throws ScimError 404, 412, `uniqueness`, `invalidValue`; those of `groupChanges` and `patchDocument`
 */
export async function patch(
  ctx: Ctx,
  directory: Directory,
  id: string,
  body: unknown,
  condition: Condition,
): Promise<DirectoryGroupRow> {
  const { members: steps, rest } = groupChanges(readPatchRequest(body));
  const change = (row: DirectoryGroupRow): JsonObject => {
    const document = row.document as JsonObject;
    return rest.length === 0 ? document : patchDocument(document, rest, { scope: GROUP_SCOPE, id }).document;
  };
  return changing(ctx, directory, { id, condition, steps, change });
}

/** DELETE of a group. @throws ScimError 404, 412 */
async function remove(ctx: Ctx, directory: Directory, id: string, condition: Condition): Promise<void> {
  await retrying(ctx, directory, async (ctx, directory) => {
    const row = (await store.findForChange(ctx, directory.id, id)) ?? missing(id);
    requireCondition(condition, row);
    const regrouped = await store.remove(ctx, directory.id, id);
    const { display_name: displayName, external_id: externalId } = row;
    await follow(ctx, directory, { groupsDeleted: [{ id, displayName, externalId }], regrouped });
  });
}

export { remove as delete };

type Change = {
  id: string;
  condition: Condition;
  /** In this order. */
  steps: readonly MemberChange[];
  /** The new document; members are no part of it. */
  change(row: DirectoryGroupRow): JsonObject;
};

async function changing(
  ctx: Ctx,
  directory: Directory,
  { id, condition, steps, change }: Change,
): Promise<DirectoryGroupRow> {
  return retrying(ctx, directory, async (ctx, directory) => {
    const row = (await store.findForChange(ctx, directory.id, id)) ?? missing(id);
    requireCondition(condition, row);
    const document = change(row);
    const moved = await moveMembers(ctx, directory.id, id, steps);
    const regrouped = [...moved.added, ...moved.removed];
    if (regrouped.length === 0 && sameJson(document, row.document as JsonObject)) return row;
    const growth = moved.added.size - moved.removed.size;
    const values = { ...valuesOf(document), growth, now: ctx.now() };
    const changed = await store.set(ctx, directory.id, id, values).catch(refuseTaken(values.displayName));
    await follow(ctx, directory, { groupsUpdated: [id], regrouped });
    return changed;
  });
}

type Moved = { added: Set<string>; removed: Set<string> };

/** Carries out the steps. Whoever comes and goes within them was not moved. */
async function moveMembers(
  ctx: Ctx,
  directoryId: string,
  groupId: string,
  steps: readonly MemberChange[],
): Promise<Moved> {
  const moved: Moved = { added: new Set(), removed: new Set() };
  for (const { op, values } of steps) {
    if (op === "remove")
      note(await members.remove(ctx, directoryId, groupId, values), moved.added, moved.removed);
    if (op === "replace" || op === "removeAll")
      note(await members.removeOthers(ctx, directoryId, groupId, values), moved.added, moved.removed);
    if ((op !== "add" && op !== "replace") || values.length === 0) continue;
    const people = values.filter(isPerson);
    const { added, known } = await members.add(ctx, directoryId, groupId, people).catch(refuseGone);
    requireKnown(people, known);
    note(added, moved.removed, moved.added);
  }
  return moved;
}

function note(ids: readonly string[], undone: Set<string>, done: Set<string>): void {
  for (const id of ids) if (!undone.delete(id)) done.add(id);
}

/** Nested groups, and what the provider names by ids of its own, are no people here: they are passed over. */
function isPerson(id: string): boolean {
  return id.startsWith("diruser_");
}

/** A member of another directory is as unknown here as one that never was. */
function requireKnown(ids: readonly string[], known: number): void {
  if (ids.length === known) return;
  throw badRequest(
    "invalidValue",
    `Of ${ids.length} members ${ids.length - known} are no users of this directory.`,
  );
}

function valuesOf(document: JsonObject): {
  displayName: string;
  externalId: string | null;
  document: string;
} {
  const { displayName, externalId } = document;
  requireShort({ displayName: [displayName], externalId: [externalId] });
  return {
    displayName: String(displayName),
    externalId: typeof externalId === "string" && externalId !== "" ? externalId : null,
    document: textOf(document),
  };
}

function refuseTaken(displayName: string) {
  return (error: unknown): never => {
    if (brokenUniqueIndex(error) === "directory_groups_by_name")
      throw new ScimError(
        409,
        `The directory has a group with the displayName "${displayName}" already.`,
        "uniqueness",
      );
    return refuseGone(error);
  };
}

/** A member, or the directory itself, was deleted after it was looked up. */
function refuseGone(error: unknown): never {
  if (isMissingParent(error))
    throw badRequest("invalidValue", "A member of the group was deleted meanwhile.");
  throw error;
}

function missing(id: string): never {
  throw new ScimError(404, `There is no group ${id} in this directory.`);
}
