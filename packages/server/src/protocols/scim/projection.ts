/** Which attributes an answer has: `attributes`, `excludedAttributes` (RFC 7644 section 3.9) and `returned` of the schema. */
import { parseAttributePath, splitSchema } from "./attribute-path.ts";
import { type Attribute, attributesOf, findByName, type Scope } from "./attributes.ts";
import { ScimError } from "./errors.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** Names in lower case, one level deep a map; `true` means all below it. */
type Names = Map<string, Names | true>;

/** As read once from a request. */
export type Projection = { included: Names | undefined; excluded: Names };

/** No parameter at all. */
export const WHOLE: Projection = { included: undefined, excluded: new Map() };

/** A comma-separated list, or the list of a SearchRequest. */
export type AttributeList = string | readonly string[] | undefined;

/**
 * Reads the two parameters. Names in any case, dotted and qualified with a URN; what is no name is passed over. When a
 * client sends both, what is excluded is taken from what is included.
 *
 * @param attributes - only these, and what is always returned
 * @param excludedAttributes - all but these
 * @param scope - of the resource type
 */
export function readProjection(
  attributes: AttributeList,
  excludedAttributes: AttributeList,
  scope: Scope,
): Projection {
  const included = readNames(attributes, scope);
  return {
    included: included.size > 0 ? included : undefined,
    excluded: readNames(excludedAttributes, scope),
  };
}

function readNames(list: AttributeList, scope: Scope): Names {
  const texts = (typeof list === "string" ? list.split(",") : (list ?? [])).map((text) => text.trim());
  const names: Names = new Map();
  for (const text of texts) if (text !== "") addName(names, namesOf(text, scope));
  return names;
}

function namesOf(text: string, scope: Scope): string[] {
  const { schema: urn, rest } = splitSchema(text, scope);
  if (rest === "") return urn === undefined ? [] : [urn.toLowerCase()];
  try {
    const { schema, attribute, subAttribute } = parseAttributePath(text, scope);
    return [schema, attribute, subAttribute].flatMap((name) => name?.toLowerCase() ?? []);
  } catch (error) {
    if (error instanceof ScimError) return [];
    throw error;
  }
}

function addName(names: Names, [first, ...rest]: string[]): void {
  if (first === undefined || names.get(first) === true) return;
  if (rest.length === 0) {
    names.set(first, true);
    return;
  }
  const below = names.get(first) ?? new Map();
  names.set(first, below);
  if (below !== true) addName(below, rest);
}

/**
 * Whether an answer will have an attribute, so that what is not wanted need not be read.
 *
 * @param projection - of the request
 * @param path - `members`, `groups`, or `members.display`, which must be asked for by name
 * @param scope - of the resource type
 */
export function wants(projection: Projection, path: string, scope: Scope): boolean {
  const [name = "", sub] = namesOf(path, scope);
  if (projection.excluded.get(name) === true) return false;
  const included = projection.included?.get(name);
  if (sub === undefined) return projection.included === undefined || included !== undefined;
  const definition = findByName(findByName(scope.attributes, name)?.subAttributes ?? [], sub);
  if (isNamed(projection.excluded.get(name), sub)) return false;
  if (isNamed(included, sub)) return true;
  return definition?.returned !== "request" && (projection.included === undefined || included === true);
}

function isNamed(names: Names | true | undefined, sub: string): boolean {
  return names instanceof Map && names.has(sub);
}

/**
 * Leaves in a resource what the request asks for.
 *
 * @param resource - complete
 * @param projection - of the request
 * @param scope - of the resource type
 * @returns a new object; `id` and `schemas` are always in it
 */
export function project(resource: JsonObject, projection: Projection, scope: Scope): JsonObject {
  const { included, excluded } = projection;
  const result: JsonObject = {};
  for (const [key, value] of Object.entries(resource)) {
    const definition = findByName(scope.attributes, key);
    const attributes = definition?.subAttributes ?? attributesOf(key, scope);
    const kept =
      definition?.returned === "always"
        ? value
        : projectValue(value, attributes, chosen(included, key), excluded.get(key.toLowerCase()));
    if (kept !== undefined) result[key] = kept;
  }
  return result;
}

/** What is asked for below a name: undefined means that everything is, by default. */
function chosen(included: Names | undefined, key: string): Names | boolean | undefined {
  return included === undefined ? undefined : (included.get(key.toLowerCase()) ?? false);
}

function projectValue(
  value: Json,
  attributes: readonly Attribute[] | undefined,
  included: Names | boolean | undefined,
  excluded: Names | true | undefined,
): Json | undefined {
  if (included === false || excluded === true) return undefined;
  if (Array.isArray(value)) {
    return value.flatMap((item) => projectValue(item, attributes, included, excluded) ?? []);
  }
  if (!isObject(value)) return included instanceof Map ? undefined : value;
  const names = included instanceof Map ? included : undefined;
  const result: JsonObject = {};
  for (const [key, item] of Object.entries(value)) {
    const definition = findByName(attributes ?? [], key);
    if (definition?.returned === "request" && !names?.has(key.toLowerCase())) continue;
    const below = projectValue(
      item,
      definition?.subAttributes,
      chosen(names, key),
      excluded?.get(key.toLowerCase()),
    );
    if (below !== undefined) result[key] = below;
  }
  return Object.keys(result).length > 0 ? result : undefined;
}
