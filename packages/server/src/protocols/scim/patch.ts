/**
 * PATCH of a document (RFC 7644 section 3.5.2) in every dialect that directories speak. The steps: an operation
 * becomes changes of one path each, a change finds its target, the target takes the value.
 */
import { canonicalUrn } from "./attribute-path.ts";
import { type Attribute, attributesOf, findByName, keyIn, type Scope, valueIn } from "./attributes.ts";
import { requireText, withSchemas } from "./document.ts";
import { badRequest, quote } from "./errors.ts";
import { GROUP_URN } from "./group-schema.ts";
import { checkJson, isObject, isUnassigned, type Json, type JsonObject, sameJson } from "./json.ts";
import { changeElements, changeSingle } from "./patch-elements.ts";
import type { PatchOperation } from "./patch-request.ts";
import { type PatchPath, parsePatchPath } from "./path.ts";

export type PatchTarget = {
  /** `USER_SCOPE` or `GROUP_SCOPE`. */
  scope: Scope;
  /** The resource's id: Okta sends it along when it renames a group. */
  id: string;
};

type Change = { op: PatchOperation["op"]; path: PatchPath; text: string; value: Json | undefined };

/** Only the server says these; a value that lists them with others is read past them, as in PUT. */
const SERVER_MANAGED = new Set(["meta", "schemas", "groups"]);

/**
 * Applies operations in order to a document, all or none.
 *
 * @param document - as `readUserDocument` or an earlier PATCH returned it; it is not changed
 * @param operations - as `readPatchRequest` returns them; for a group, what `groupChanges` leaves over
 * @param target - what the document is of
 * @returns the new document, and whether it differs from the old one
 * @throws {ScimError} `invalidPath`, `invalidFilter`, `invalidValue`, `noTarget`, `mutability`
 */
export function patchDocument(
  document: JsonObject,
  operations: readonly PatchOperation[],
  target: PatchTarget,
): { document: JsonObject; changed: boolean } {
  const patched = structuredClone(document);
  for (const operation of operations) applyOperation(patched, operation, target);
  const result = withSchemas(patched, target.scope);
  requireText(result, target.scope.schema === GROUP_URN ? "displayName" : "userName");
  checkJson(result);
  return sameJson(result, withSchemas(document, target.scope))
    ? { document, changed: false }
    : { document: result, changed: true };
}

function applyOperation(
  document: JsonObject,
  { op, path, value }: PatchOperation,
  target: PatchTarget,
): void {
  const parsed = path === undefined ? {} : parsePatchPath(path, target.scope);
  applyChange(document, { op, path: parsed, text: path ?? "", value }, target);
}

/** A value without path: each key is a path of its own (Okta), perhaps a dotted or qualified one (Entra ID). */
function mergeResource(
  document: JsonObject,
  op: PatchOperation["op"],
  value: Json | undefined,
  target: PatchTarget,
): void {
  if (!isObject(value))
    throw badRequest("invalidValue", `An ${op} without path needs an object as its value.`);
  for (const [key, item] of Object.entries(value)) {
    if (SERVER_MANAGED.has(key.toLowerCase())) continue;
    applyOperation(document, { op, path: key, value: item ?? undefined }, target);
  }
}

function applyChange(document: JsonObject, change: Change, target: PatchTarget): void {
  const { attribute, schema } = change.path;
  if (attribute !== undefined) applyToAttribute(document, { ...change, attribute }, target);
  else if (change.op === "remove") removeSchema(document, change);
  else if (schema === undefined) mergeResource(document, change.op, change.value, target);
  else mergeExtension(document, schema, change, target);
}

function removeSchema(document: JsonObject, { path, text }: Change): void {
  if (path.schema === undefined) throw badRequest("noTarget", `${quote(text)} names all of the resource.`);
  delete document[keyIn(document, path.schema) ?? path.schema];
}

/** The members of an extension change one by one, as those of any complex attribute (RFC 7644 section 3.5.2.3). */
function mergeExtension(document: JsonObject, schema: string, change: Change, target: PatchTarget): void {
  if (change.value === undefined) return;
  if (!isObject(change.value)) throw badRequest("invalidValue", `${schema} needs an object as its value.`);
  for (const [key, value] of Object.entries(change.value)) {
    const text = `${schema}:${key}`;
    const attribute = findByName(attributesOf(schema, target.scope) ?? [], key)?.name ?? key;
    const path = { schema, attribute };
    applyChange(document, { op: change.op, path, text, value: value ?? undefined }, target);
  }
}

type NamedChange = Change & { attribute: string };

function applyToAttribute(document: JsonObject, change: NamedChange, target: PatchTarget): void {
  if (isIgnored(change, target)) return;
  const { path, attribute } = change;
  const definition = findByName(attributesOf(path.schema, target.scope) ?? [], attribute);
  if (definition) checkMutability(definition, change.op);
  const holder = holderOf(document, path, target.scope);
  const name = keyIn(holder, attribute) ?? attribute;
  const current = valueIn(holder, name);
  const isPlural = path.filter !== undefined || definition?.multiValued || Array.isArray(current);
  const next = (isPlural ? changeElements : changeSingle)(current, { ...change, name, definition });
  if (isUnassigned(next)) delete holder[name];
  else holder[name] = next;
  if (path.schema !== undefined && isUnassigned(holder)) delete document[keyIn(document, path.schema) ?? ""];
}

function checkMutability({ name, mutability, required }: Attribute, op: PatchOperation["op"]): void {
  if (mutability === "readOnly") {
    throw badRequest("mutability", `${name} is read-only and cannot be changed by PATCH.`);
  }
  if (required && op === "remove") {
    throw badRequest("mutability", `${name} is required and cannot be removed.`);
  }
}

/** Accepted and without effect: the resource's own id, `schemas`, and a password, which is never kept. */
function isIgnored({ attribute, path, value }: NamedChange, { id }: PatchTarget): boolean {
  if (path.schema !== undefined) return false;
  const name = attribute.toLowerCase();
  return (
    name === "schemas" || name === "password" || (name === "id" && (value === id || value === undefined))
  );
}

/** The object that holds the attribute: the document, or the extension, made when missing. */
function holderOf(document: JsonObject, path: PatchPath, scope: Scope): JsonObject {
  if (path.schema === undefined) return document;
  const key = keyIn(document, path.schema) ?? canonicalUrn(path.schema, scope);
  const held = valueIn(document, key);
  if (isObject(held)) return held;
  const made: JsonObject = {};
  document[key] = made;
  return made;
}
