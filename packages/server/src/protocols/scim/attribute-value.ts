/** One attribute's value as a client sent it: brought to the type that the schema says, or refused. */
import { type Attribute, findByName } from "./attributes.ts";
import { badRequest, quote } from "./errors.ts";
import { booleanOf } from "./filter-values.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/**
 * Reads a value of an attribute. Tolerated, since directories send it: booleans and numbers as text, numbers where text
 * belongs, one value instead of a list, a list of one instead of a value, a text instead of `{value}`.
 *
 * @param attribute - undefined when no schema knows it: the value stays, without nulls
 * @param value - parsed JSON
 * @param path - how to name it in a message
 * @returns undefined when the attribute is left unassigned
 * @throws {ScimError} `invalidValue`, naming the attribute
 */
export function readAttributeValue(
  attribute: Attribute | undefined,
  value: Json | undefined,
  path: string,
): Json | undefined {
  if (value === null || value === undefined) return undefined;
  if (attribute === undefined) return withoutNulls(value);
  if (!attribute.multiValued) return readSingle(attribute, onlyValue(attribute, value), path);
  const items = (Array.isArray(value) ? value : [value]).flatMap(
    (item) => readSingle(attribute, item, path) ?? [],
  );
  checkPrimary(items, path);
  return items.length > 0 ? items : undefined;
}

/**
 * Refuses a list in which two elements say that they are the primary one (RFC 7643 section 2.4).
 *
 * @param items - the elements of a plural attribute
 * @param path - its name, for the message
 * @throws {ScimError} `invalidValue`
 */
export function checkPrimary(items: readonly Json[], path: string): void {
  if (items.filter((item) => isObject(item) && item.primary === true).length < 2) return;
  throw badRequest("invalidValue", `${path} has two values that are primary; one at most may be.`);
}

/** Older Entra dialects wrap a single value: `[{"value": x}]`, which for a simple attribute means x. */
function onlyValue(attribute: Attribute, value: Json): Json | undefined {
  if (!Array.isArray(value) || value.length > 1) return value;
  const [only] = value;
  return attribute.type !== "complex" && isObject(only) ? only.value : only;
}

function readSingle(attribute: Attribute, value: Json | undefined, path: string): Json | undefined {
  if (value === null || value === undefined) return undefined;
  switch (attribute.type) {
    case "complex":
      return readComplex(attribute, value, path);
    case "boolean":
      return readBoolean(value) ?? refuse(path, "true or false", value);
    case "integer":
    case "decimal":
      return readNumber(value) ?? refuse(path, "a number", value);
    default:
      return readText(value) ?? refuse(path, "a text", value);
  }
}

function readBoolean(value: Json): boolean | undefined {
  return typeof value === "string" ? booleanOf(value) : typeof value === "boolean" ? value : undefined;
}

function readNumber(value: Json): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

function readText(value: Json): string | undefined {
  if (typeof value === "number") return String(value);
  return typeof value === "string" ? value : undefined;
}

function readComplex(attribute: Attribute, value: Json, path: string): JsonObject | undefined {
  const known = attribute.subAttributes ?? [];
  if (typeof value === "string" && findByName(known, "value")) return value === "" ? undefined : { value };
  if (!isObject(value)) return refuse(path, "an object", value);
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const sub = findByName(known, key);
    const read = readAttributeValue(sub, item, `${path}.${sub?.name ?? key}`);
    if (read !== undefined) result[sub?.name ?? key] = read;
  }
  if (attribute.name === "manager") keepManagerId(result);
  return Object.keys(result).length > 0 ? result : undefined;
}

/** OneLogin's usual template names the manager's id `managerId`. */
function keepManagerId(manager: JsonObject): void {
  if (manager.value === undefined && typeof manager.managerId === "string") manager.value = manager.managerId;
}

/** Nulls mean unassigned at every level (RFC 7643 section 2.5). */
function withoutNulls(value: Json): Json {
  if (Array.isArray(value)) return value.filter((item) => item !== null).map(withoutNulls);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(([, item]) => item !== null);
  return Object.fromEntries(kept.map(([key, item]) => [key, withoutNulls(item)]));
}

function refuse(path: string, wanted: string, value: Json): never {
  const seen = typeof value === "string" ? quote(value) : Array.isArray(value) ? "a list" : typeof value;
  throw badRequest(
    "invalidValue",
    `${path} must be ${wanted}, but is ${seen === "object" ? "an object" : seen}.`,
  );
}
