/** Lists: the parameters of a query, by URL or `.search` (RFC 7644 sections 3.4.2 and 3.4.3, RFC 9865), and the envelope. */
import { parseAttributePath } from "./attribute-path.ts";
import { type Attribute, type AttributePath, findAttribute, type Scope, valueIn } from "./attributes.ts";
import { badRequest, quote } from "./errors.ts";
import { type Filter, parseFilter, withDecodedValues } from "./filter.ts";
import { checkJson, isObject, type Json } from "./json.ts";
import { DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE } from "./limits.ts";
import { type AttributeList, type Projection, readProjection } from "./projection.ts";

export const LIST_RESPONSE_URN = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/** The parameters as they arrive: texts in a URL, typed in a SearchRequest. */
export type ListParameters = {
  filter?: string | undefined;
  sortBy?: string | undefined;
  sortOrder?: string | undefined;
  startIndex?: string | number | undefined;
  count?: string | number | undefined;
  /** Empty asks for the first page. */
  cursor?: string | undefined;
  attributes?: AttributeList;
  excludedAttributes?: AttributeList;
};

/** Texts sort without case unless the definition is caseExact; a missing value is last, or first when descending. */
export type Sort = { path: AttributePath; definition: Attribute | undefined; descending: boolean };

export type Page =
  /** `startIndex` counts from 1; `count` may be 0, which asks for the total alone. */
  | { by: "index"; startIndex: number; count: number }
  /** `cursor` is empty for the first page; its content is the server's own, still to be checked. */
  | { by: "cursor"; cursor: string; count: number };

export type ListQuery = {
  filter: Filter | undefined;
  sort: Sort | undefined;
  page: Page;
  projection: Projection;
};

/**
 * Reads a query for resources of one type.
 *
 * @param parameters - of the URL or of `readSearchRequest`
 * @param scope - `USER_SCOPE` or `GROUP_SCOPE`
 * @throws {ScimError} `invalidFilter`, `invalidPath` for sortBy, `invalidValue`, `invalidCursor`, `invalidCount`
 */
export function readListQuery(parameters: ListParameters, scope: Scope): ListQuery {
  const { filter, attributes, excludedAttributes } = parameters;
  const isFiltered = filter !== undefined && filter.trim() !== "";
  return {
    filter: isFiltered ? withDecodedValues(parseFilter(filter, scope)) : undefined,
    sort: readSort(parameters, scope),
    page: readPage(parameters),
    projection: readProjection(attributes, excludedAttributes, scope),
  };
}

const ORDERS = new Map([
  ["ascending", false],
  ["descending", true],
]);

function readSort({ sortBy, sortOrder }: ListParameters, scope: Scope): Sort | undefined {
  if (sortBy === undefined || sortBy.trim() === "") return undefined;
  const descending = ORDERS.get((sortOrder || "ascending").toLowerCase());
  if (descending === undefined) {
    throw badRequest(
      "invalidValue",
      `sortOrder must be ascending or descending, not ${quote(sortOrder ?? "")}.`,
    );
  }
  const { path, definition } = sortTarget(sortBy.trim(), scope);
  if (definition?.type === "complex" || definition?.type === "binary") {
    throw badRequest("invalidPath", `Resources cannot be sorted by ${quote(sortBy)}; name a sub-attribute.`);
  }
  return { path, definition, descending };
}

/** RFC 7644 section 3.4.2.3: a plural attribute sorts by its `value`. */
function sortTarget(text: string, scope: Scope): Pick<Sort, "path" | "definition"> {
  const path = parseAttributePath(text, scope);
  const definition = findAttribute(path, scope);
  const value = definition?.subAttributes?.find(({ name }) => name === "value");
  return value === undefined
    ? { path, definition }
    : { path: { ...path, subAttribute: value.name }, definition: value };
}

/** RFC 9865 section 2: a cursor, even an empty one, takes the place of startIndex. */
function readPage({ startIndex, count, cursor }: ListParameters): Page {
  if (cursor === undefined) {
    return {
      by: "index",
      startIndex: Math.max(1, readInteger("startIndex", startIndex) ?? 1),
      count: Math.min(MAX_PAGE_SIZE, Math.max(0, readInteger("count", count) ?? DEFAULT_PAGE_SIZE)),
    };
  }
  if (!/^[\w\-.~]{0,1024}$/.test(cursor)) {
    throw badRequest(
      "invalidCursor",
      "The cursor is not one that this server gave; leave it empty for the first page.",
    );
  }
  const wanted = readInteger("count", count) ?? DEFAULT_PAGE_SIZE;
  if (wanted < 1)
    throw badRequest("invalidCount", `count must be 1 to ${MAX_PAGE_SIZE} with a cursor, not ${wanted}.`);
  return { by: "cursor", cursor, count: Math.min(MAX_PAGE_SIZE, wanted) };
}

function readInteger(name: string, value: string | number | undefined): number | undefined {
  if (value === undefined || value === "") return undefined;
  const number =
    typeof value === "number" ? value : /^[+-]?\d{1,15}$/.test(value.trim()) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw badRequest("invalidValue", `${name} must be a whole number, not ${quote(String(value))}.`);
}

/**
 * Reads the body of `.search`. `schemas` may be missing.
 *
 * @param body - parsed JSON
 * @throws {ScimError} `invalidSyntax` for no object, `invalidValue` naming the member
 */
export function readSearchRequest(body: unknown): ListParameters {
  const request = checkJson(body);
  if (!isObject(request)) throw badRequest("invalidSyntax", "The body of .search must be a JSON object.");
  const of = (name: string) => valueIn(request, name) ?? undefined;
  return {
    filter: readText("filter", of("filter")),
    sortBy: readText("sortBy", of("sortBy")),
    sortOrder: readText("sortOrder", of("sortOrder")),
    startIndex: readNumber("startIndex", of("startIndex")),
    count: readNumber("count", of("count")),
    cursor: readText("cursor", of("cursor")),
    attributes: readTexts("attributes", of("attributes")),
    excludedAttributes: readTexts("excludedAttributes", of("excludedAttributes")),
  };
}

function readText(name: string, value: Json | undefined): string | undefined {
  if (value === undefined || typeof value === "string") return value;
  throw badRequest("invalidValue", `${name} must be a text.`);
}

function readNumber(name: string, value: Json | undefined): string | number | undefined {
  if (value === undefined || typeof value === "string" || typeof value === "number") return value;
  throw badRequest("invalidValue", `${name} must be a whole number.`);
}

function readTexts(name: string, value: Json | undefined): AttributeList {
  if (value === undefined || typeof value === "string") return value;
  const texts = Array.isArray(value) ? value.filter((item) => typeof item === "string") : undefined;
  if (texts !== undefined) return texts;
  throw badRequest("invalidValue", `${name} must be a list of texts.`);
}

/** What a list holds: the place of the page by index, or the cursors to its neighbours. */
export type ListResult<Resource> = {
  totalResults: number;
  resources: readonly Resource[];
  startIndex?: number;
  nextCursor?: string | undefined;
  previousCursor?: string | undefined;
};

/**
 * Writes a ListResponse. The counters are numbers and `Resources` is a list even when empty, which Okta and Entra ID
 * check.
 *
 * @param result - one page
 */
export function listResponse<Resource>({ totalResults, resources, ...place }: ListResult<Resource>) {
  const { startIndex, nextCursor, previousCursor } = place;
  return {
    schemas: [LIST_RESPONSE_URN],
    totalResults,
    ...(startIndex === undefined ? {} : { startIndex }),
    itemsPerPage: resources.length,
    ...(nextCursor === undefined ? {} : { nextCursor }),
    ...(previousCursor === undefined ? {} : { previousCursor }),
    Resources: resources,
  };
}
