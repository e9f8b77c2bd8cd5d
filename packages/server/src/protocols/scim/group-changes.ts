/**
 * What a PATCH of a group asks for, without reading its members: of a group with 50,000 only the named ones are
 * touched. The other attributes are left to `patchDocument`.
 */
import { badRequest, quote } from "./errors.ts";
import type { Filter } from "./filter.ts";
import { GROUP_SCOPE } from "./group-schema.ts";
import { isObject, type Json } from "./json.ts";
import { memberValues } from "./member-values.ts";
import type { PatchOperation } from "./patch-request.ts";
import { type PatchPath, parsePatchPath } from "./path.ts";

/** One set operation on the members; `replace` sets exactly these. Values are user ids, each once. */
export type MemberChange =
  | { op: "add" | "remove" | "replace"; values: string[] }
  | { op: "removeAll"; values: [] };

export type GroupChanges = {
  /** To be carried out in this order. */
  members: MemberChange[];
  /** The operations that touch other attributes, for `patchDocument` with `GROUP_SCOPE`. */
  rest: PatchOperation[];
};

/**
 * Splits the operations of a group's PATCH.
 *
 * @param operations - as `readPatchRequest` returns them
 * @throws {ScimError} `invalidPath`, `invalidFilter`, `invalidValue`; `mutability` for a part of a member; `noTarget`
 * for a filter that is not about the value
 */
export function groupChanges(operations: readonly PatchOperation[]): GroupChanges {
  const members: MemberChange[] = [];
  const rest: PatchOperation[] = [];
  for (const operation of operations) {
    const split = splitOperation(operation);
    if (split.members !== undefined) append(members, split.members);
    if (split.rest !== undefined) rest.push(split.rest);
  }
  return { members: members.map(withoutDoubles), rest };
}

function withoutDoubles(change: MemberChange): MemberChange {
  return change.op === "removeAll" ? change : { op: change.op, values: [...new Set(change.values)] };
}

type Split = { members?: MemberChange | undefined; rest?: PatchOperation };

function splitOperation(operation: PatchOperation): Split {
  if (operation.path === undefined) return splitValue(operation);
  const path = parsePatchPath(operation.path, GROUP_SCOPE);
  if (path.attribute === undefined && path.schema === undefined) return splitValue(operation);
  if (path.attribute !== "members" || path.schema !== undefined) return { rest: operation };
  return { members: memberChange(operation, path) };
}

/** Okta's push and JumpCloud's rename have no path: `{members: […]}`, `{id, displayName}`. */
function splitValue(operation: PatchOperation): Split {
  const { value, op } = operation;
  if (!isObject(value) || op === "remove") return { rest: operation };
  const entries = Object.entries(value);
  const named = entries.filter(([key]) => isMembers(key));
  const others = entries.filter(([key]) => !isMembers(key));
  const rest = { ...operation, value: Object.fromEntries(others) };
  return {
    members: named.length > 0 ? listedChange(op, named.map(([, item]) => item)[0]) : undefined,
    ...(others.length > 0 || named.length === 0 ? { rest } : {}),
  };
}

function isMembers(key: string): boolean {
  return /^(urn:ietf:params:scim:schemas:core:2\.0:group:)?members$/i.test(key);
}

function memberChange(operation: PatchOperation, path: PatchPath): MemberChange | undefined {
  if (path.subAttribute !== undefined && path.subAttribute !== "value") {
    throw badRequest(
      "mutability",
      `${path.subAttribute} of a member follows its user and cannot be changed.`,
    );
  }
  if (path.filter === undefined) return listedChange(operation.op, operation.value);
  if (operation.op !== "remove") {
    throw badRequest(
      "mutability",
      `A member cannot be changed by ${quote(operation.path ?? "")}; add or remove it.`,
    );
  }
  const values = valuesOf(path.filter);
  if (values !== undefined) return { op: "remove", values };
  throw badRequest("noTarget", `Members are removed by value only, as in members[value eq "id"].`);
}

/** Entra ID's older dialect lists the members to remove as the value; without a value all are meant. */
function listedChange(op: PatchOperation["op"], value: Json | undefined): MemberChange | undefined {
  const values = memberValues(value ?? null);
  if (op === "remove" && (value === undefined || value === null)) return { op: "removeAll", values: [] };
  if (op !== "replace" && values.length === 0) return undefined;
  return { op, values };
}

/** The ids in `value eq "a" or value eq "b"`; a type beside them says nothing, since all members are users. */
function valuesOf(filter: Filter): string[] | undefined {
  if (filter.kind === "compare" && filter.operator === "eq" && filter.path.attribute === "value") {
    return typeof filter.value === "string" ? [filter.value] : undefined;
  }
  if (filter.kind === "or") {
    const parts = filter.filters.map(valuesOf);
    return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
  }
  if (filter.kind !== "and") return undefined;
  const [only, ...more] = filter.filters.filter((part) => !isUserType(part));
  return only !== undefined && more.length === 0 ? valuesOf(only) : undefined;
}

function isUserType(filter: Filter): boolean {
  return (
    filter.kind === "compare" &&
    filter.operator === "eq" &&
    filter.path.attribute === "type" &&
    String(filter.value).toLowerCase() === "user"
  );
}

/** Neighbours of one kind become one, so that 1,000 operations with a member each are one statement. */
function append(changes: MemberChange[], change: MemberChange): void {
  const last = changes.at(-1);
  if (change.op === "replace" || change.op === "removeAll") {
    // Whatever came before is overwritten.
    changes.splice(0, changes.length, change);
  } else if (last?.op === change.op) {
    last.values.push(...change.values);
  } else {
    changes.push(change);
  }
}
