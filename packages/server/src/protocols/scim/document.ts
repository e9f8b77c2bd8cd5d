/**
 * What a client sends for a User or a Group, read once: names in the schema's case, values of the schema's type, nulls
 * and what only the server may say left out. Everything else stays as it was sent, since Entra ID reads it back.
 */
import { canonicalUrn } from "./attribute-path.ts";
import { readAttributeValue } from "./attribute-value.ts";
import { attributesOf, findByName, type Scope } from "./attributes.ts";
import { badRequest } from "./errors.ts";
import { GROUP_SCOPE } from "./group-schema.ts";
import { checkJson, isObject, isUnassigned, type Json, type JsonObject } from "./json.ts";
import { memberValues } from "./member-values.ts";
import { USER_SCOPE } from "./user-schema.ts";

/** A group without its members, which are rows of their own. */
export type GroupDocument = {
  document: JsonObject;
  /** Undefined when the client said nothing of members; null and [] both mean none. Without doubles, in order. */
  members: string[] | undefined;
};

/** The server's own, and `password`, which is never kept. */
const IGNORED = new Set(["id", "meta", "schemas", "groups", "password"]);

/** A group of 50,000 members, four values each. */
const MAX_GROUP_VALUES = 400_000;

/**
 * Reads the body of POST or PUT of a user.
 *
 * @param body - parsed JSON
 * @returns the document to keep: its `schemas` are those that it has data of, and `active` is true unless said
 * @throws {ScimError} `invalidSyntax` for no object, `invalidValue` naming the attribute
 */
export function readUserDocument(body: unknown): JsonObject {
  const document = readDocument(checkJson(body), USER_SCOPE);
  requireText(document, "userName");
  return document.active === undefined ? { ...document, active: true } : document;
}

/**
 * Reads the body of POST or PUT of a group.
 *
 * @param body - parsed JSON
 * @throws {ScimError} `invalidSyntax` for no object, `invalidValue` naming the attribute
 */
export function readGroupDocument(body: unknown): GroupDocument {
  const { members, ...document } = readMembersApart(checkJson(body, { maxValues: MAX_GROUP_VALUES }));
  const read = readDocument(document, GROUP_SCOPE);
  requireText(read, "displayName");
  return { document: read, members: members === undefined ? undefined : memberValues(members) };
}

function readMembersApart(body: Json): JsonObject {
  if (!isObject(body)) throw notAnObject();
  return Object.fromEntries(
    Object.entries(body).map(([key, value]) => [key.toLowerCase() === "members" ? "members" : key, value]),
  );
}

function readDocument(body: Json, scope: Scope): JsonObject {
  if (!isObject(body)) throw notAnObject();
  const document: JsonObject = {};
  for (const [key, value] of Object.entries(body)) {
    const urn = /^urn:/i.test(key) ? canonicalUrn(key, scope) : undefined;
    if (urn !== undefined) Object.assign(document, readExtension(urn, value, scope));
    else Object.assign(document, readMember(key, value, scope));
  }
  return withSchemas(document, scope);
}

/** Some clients wrap the core attributes in their schema's URN; they belong to the top. */
function readExtension(urn: string, value: Json, scope: Scope): JsonObject {
  if (urn === scope.schema) return isObject(value) ? readDocument(value, scope) : {};
  const attributes = attributesOf(urn, scope);
  if (attributes === undefined) return assigned(urn, readAttributeValue(undefined, value, urn));
  if (value === null) return {};
  if (!isObject(value)) throw badRequest("invalidValue", `${urn} must be an object.`);
  const extension: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const name = findByName(attributes, key)?.name ?? key;
    Object.assign(extension, assigned(name, readAttributeValue(findByName(attributes, key), item, name)));
  }
  return assigned(urn, extension);
}

function readMember(key: string, value: Json, scope: Scope): JsonObject {
  const attribute = findByName(scope.attributes, key);
  const name = attribute?.name ?? key;
  if (IGNORED.has(name) || name.toLowerCase() === "password") return {};
  return assigned(name, readAttributeValue(attribute, value, name));
}

function assigned(name: string, value: Json | undefined): JsonObject {
  return isUnassigned(value) ? {} : { [name]: value };
}

/**
 * Sets `schemas` to the core schema and every extension that the document has data of (RFC 7643 section 3).
 *
 * @param document - with names in the server's spelling
 * @param scope - of its resource type
 */
export function withSchemas(document: JsonObject, scope: Scope): JsonObject {
  const extensions = Object.keys(document).filter((key) => /^urn:/i.test(key) && isObject(document[key]));
  const { schemas: _, ...rest } = document;
  return { schemas: [scope.schema ?? "", ...extensions], ...rest };
}

/**
 * Refuses a document whose one required attribute is missing or blank.
 *
 * @param document - with names in the server's spelling
 * @param name - `userName` or `displayName`
 * @throws {ScimError} `invalidValue`
 */
export function requireText(document: JsonObject, name: "userName" | "displayName"): void {
  const value = document[name];
  if (typeof value === "string" && value.trim() !== "") return;
  throw badRequest("invalidValue", `${name} is required and must be a text that is not empty.`);
}

function notAnObject(): Error {
  return badRequest("invalidSyntax", "The body must be a JSON object.");
}
