/** What SCIM does to the people of a directory: one row each, every change of one in a transaction with its events. */
import type { Ctx } from "../../context.ts";
import { brokenUniqueIndex } from "../../db/scope.ts";
import { joinChanges } from "../../joined-changes.ts";
import { newId } from "../../lib/ids.ts";
import { readUserDocument } from "../../protocols/scim/document.ts";
import { ScimError } from "../../protocols/scim/errors.ts";
import { type JsonObject, sameJson } from "../../protocols/scim/json.ts";
import { patchDocument } from "../../protocols/scim/patch.ts";
import { readPatchRequest } from "../../protocols/scim/patch-request.ts";
import { USER_SCOPE } from "../../protocols/scim/user-schema.ts";
import { arrive, follow } from "./consequences.ts";
import type { Directory } from "./directories.ts";
import type { DirectoryUserRow } from "./people.store.ts";
import { columnsOf } from "./person.ts";
import { hold } from "./scim-admission.ts";
import { type Condition, requireCondition, requireShort, retrying, textOf } from "./scim-changes.ts";
import * as groups from "./scim-groups.store.ts";
import type { UserShown, UserValues } from "./scim-users.store.ts";
import * as store from "./scim-users.store.ts";

/**
 * POST of a user.
 * @param body parsed JSON
 * @throws ScimError `uniqueness` when the directory has the userName, whatever its case; those of `readUserDocument`
 */
export async function create(ctx: Ctx, directory: Directory, body: unknown): Promise<UserShown> {
  const document = readUserDocument(body);
  return createJoined(ctx, { directory, document, values: valuesOf(ctx, document) });
}

interface Arrival {
  directory: Directory;
  document: JsonObject;
  values: UserValues;
}

const createJoined = joinChanges<Arrival, UserShown>({
  together: async (ctx, arrivals) => {
    const [first] = arrivals;
    return first === undefined ? [] : createAll(ctx, await hold(ctx, first.directory), arrivals);
  },
  alone: (ctx, arrival) =>
    retrying(ctx, arrival.directory, async (ctx, directory) => {
      const [made] = await createAll(ctx, directory, [arrival]).catch(refuseTaken(arrival.values));
      if (!made) throw new Error("one arrival made no person");
      return made;
    }),
  keyOf: ({ directory }) => directory.id,
});

async function createAll(ctx: Ctx, directory: Directory, arrivals: readonly Arrival[]): Promise<UserShown[]> {
  const rows = arrivals.map(({ document, values }) => newRow(ctx, directory, document, values));
  await arrive(ctx, directory, rows, (rows) => store.insertAll(ctx, directory.id, rows));
  return rows.map((row) => ({ ...row, groups: [] }));
}

function newRow(
  ctx: Ctx,
  directory: Directory,
  document: JsonObject,
  { now, ...values }: UserValues,
): DirectoryUserRow {
  return {
    ...values,
    id: newId("diruser"),
    environment_id: ctx.environmentId,
    organization_id: directory.organizationId,
    directory_id: directory.id,
    document,
    version: 1,
    user_id: null,
    created_at: now,
    updated_at: now,
  };
}

/** @throws ScimError 404 */
export async function get(ctx: Ctx, directory: Directory, id: string): Promise<UserShown> {
  return (await store.find(ctx, directory.id, id)) ?? missing(id);
}

/**
 * PUT of a user. Nothing is written when nothing differs.
 * @throws ScimError 404, 412, `uniqueness`; those of `readUserDocument`
 */
export async function replace(
  ctx: Ctx,
  directory: Directory,
  id: string,
  body: unknown,
  condition: Condition,
): Promise<UserShown> {
  const document = readUserDocument(body);
  return changing(ctx, directory, id, condition, () => document);
}

/**
 * PATCH of a user, all of its operations or none. Nothing is written when nothing differs.
 * @throws ScimError 404, 412, `uniqueness`; those of `patchDocument`
 */
export async function patch(
  ctx: Ctx,
  directory: Directory,
  id: string,
  body: unknown,
  condition: Condition,
): Promise<UserShown> {
  const operations = readPatchRequest(body);
  return changing(ctx, directory, id, condition, (row) => {
    const target = { scope: USER_SCOPE, id };
    return patchDocument(row.document as JsonObject, operations, target).document;
  });
}

/** DELETE of a user, who leaves all groups. @throws ScimError 404, 412 */
async function remove(ctx: Ctx, directory: Directory, id: string, condition: Condition): Promise<void> {
  await retrying(ctx, directory, async (ctx, directory) => {
    await groups.holdGroupsOf(ctx, directory.id, id);
    const row = (await store.findForChange(ctx, directory.id, id)) ?? missing(id);
    requireCondition(condition, row);
    const left = await store.remove(ctx, directory.id, id, ctx.now());
    const { email, external_id: externalId, user_id: userId, active: wasActive } = row;
    const deleted = [{ id, email, externalId, userId, wasActive }];
    await follow(ctx, directory, { deleted, groupsUpdated: left });
  });
}

export { remove as delete };

async function changing(
  ctx: Ctx,
  directory: Directory,
  id: string,
  condition: Condition,
  change: (row: DirectoryUserRow) => JsonObject,
): Promise<UserShown> {
  return retrying(ctx, directory, async (ctx, directory) => {
    const row = (await store.findForChange(ctx, directory.id, id)) ?? missing(id);
    requireCondition(condition, row);
    const document = change(row);
    if (sameJson(document, row.document as JsonObject)) return get(ctx, directory, id);
    const values = valuesOf(ctx, document);
    const changed = await store.set(ctx, directory.id, id, values).catch(refuseTaken(values));
    if (changed === undefined) return missing(id);
    await follow(ctx, directory, { [whatHappened(row, changed)]: [id] });
    return changed;
  });
}

function whatHappened(before: { active: boolean }, after: { active: boolean }) {
  if (before.active === after.active) return "updated";
  return after.active ? "activated" : "deactivated";
}

function valuesOf(ctx: Ctx, document: JsonObject): UserValues {
  const columns = columnsOf(document);
  const { user_name: userName, external_id: externalId, emails } = columns;
  requireShort({ userName: [userName], externalId: [externalId], emails });
  return { ...columns, document: textOf(document), now: ctx.now() };
}

function refuseTaken({ user_name: userName }: UserValues) {
  return (error: unknown): never => {
    if (brokenUniqueIndex(error) === "directory_users_by_name")
      throw new ScimError(
        409,
        `The directory has a user with the userName "${userName}" already.`,
        "uniqueness",
      );
    throw error;
  };
}

function missing(id: string): never {
  throw new ScimError(404, `There is no user ${id} in this directory.`);
}
