/** Paths of PATCH operations (RFC 7644 section 3.5.2): an attribute path, perhaps with a filter in brackets. */
import { parseAttributePath, splitSchema } from "./attribute-path.ts";
import { elementScope, findAttribute, type Scope } from "./attributes.ts";
import { badRequest, quote } from "./errors.ts";
import { type Filter, MAX_FILTER_LENGTH, parseFilter } from "./filter.ts";

/** Without attribute it means the whole extension `schema`, or without that the resource itself. */
export type PatchPath = {
  schema?: string;
  attribute?: string;
  /** Which elements of the plural attribute; its paths are relative to an element. */
  filter?: Filter;
  subAttribute?: string;
};

/**
 * Reads the path of a PATCH operation.
 *
 * @param text - such as `emails[type eq "work"].value` or `urn:…:enterprise:2.0:User`
 * @param scope - `USER_SCOPE` or `GROUP_SCOPE`
 * @throws {ScimError} `invalidPath`; `invalidFilter` for what stands in brackets
 */
export function parsePatchPath(text: string, scope: Scope): PatchPath {
  const path = text.trim();
  if (path.length > MAX_FILTER_LENGTH) {
    throw badRequest("invalidPath", `A path has more than ${MAX_FILTER_LENGTH} characters.`);
  }
  const open = path.indexOf("[");
  if (open >= 0) return parseValuePath(path, open, scope);
  const { schema, rest } = splitSchema(path, scope);
  if (rest === "" && path !== "" && !path.endsWith(":")) return schema === undefined ? {} : { schema };
  return parseAttributePath(path, scope);
}

function parseValuePath(text: string, open: number, scope: Scope): PatchPath {
  const close = text.lastIndexOf("]");
  const after = text.slice(close + 1);
  if (close < open || (after !== "" && !after.startsWith("."))) {
    throw badRequest("invalidPath", `${quote(text)} has no closing bracket that ends it or a dot follows.`);
  }
  const target = parseAttributePath(text.slice(0, open), scope);
  const definition = findAttribute(target, scope);
  if (target.subAttribute !== undefined || (definition !== undefined && definition.type !== "complex")) {
    throw badRequest("invalidPath", `In ${quote(text)} the brackets follow no complex attribute.`);
  }
  const inside = elementScope(definition);
  const filter = parseFilter(text.slice(open + 1, close), inside);
  if (after === "") return { ...target, filter };
  const { attribute: subAttribute, ...more } = parseAttributePath(after.slice(1), inside);
  if (more.subAttribute !== undefined) {
    throw badRequest("invalidPath", `${quote(text)} has more than one name after its brackets.`);
  }
  return { ...target, filter, subAttribute };
}
