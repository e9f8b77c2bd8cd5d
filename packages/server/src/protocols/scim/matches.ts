/** Evaluates a filter on a resource in memory: for the brackets of PATCH, and to check what SQL finds. */
import {
  type Attribute,
  type AttributePath,
  elementScope,
  findAttribute,
  keyIn,
  type Scope,
} from "./attributes.ts";
import type { Filter } from "./filter.ts";
import { type Comparison, type FilterValue, instantOf } from "./filter-values.ts";

/**
 * Whether a resource satisfies a filter.
 *
 * A plural attribute satisfies a comparison when one of its values does. `ne` is the exact opposite of `eq`: no value
 * is equal, which holds for a missing attribute too. `eq null` means that the attribute is missing. Text is compared
 * without case unless the schema says caseExact, and ordered by code points; attributes that no schema knows are text
 * without case.
 *
 * @param filter - as `parseFilter` returns it
 * @param resource - a document, or an element of a plural attribute
 * @param scope - the one that the filter was parsed in
 */
export function matches(filter: Filter, resource: unknown, scope: Scope): boolean {
  switch (filter.kind) {
    case "and":
      return filter.filters.every((part) => matches(part, resource, scope));
    case "or":
      return filter.filters.some((part) => matches(part, resource, scope));
    case "not":
      return !matches(filter.filter, resource, scope);
    case "present":
      return valuesAt(resource, filter.path).some(isPresent);
    case "compare":
      return satisfies(valuesAt(resource, filter.path), filter, findAttribute(filter.path, scope));
    case "values": {
      const inside = elementScope(findAttribute(filter.path, scope));
      return valuesAt(resource, filter.path).some((element) => matches(filter.filter, element, inside));
    }
  }
}

/**
 * The values that a path leads to: several for a plural attribute, none for a missing one.
 *
 * @param resource - a document, or an element of a plural attribute
 * @param path - names in any case
 */
export function valuesAt(resource: unknown, path: AttributePath): unknown[] {
  const holders = path.schema === undefined ? [resource] : member(resource, path.schema);
  const values = holders.flatMap((holder) => member(holder, path.attribute));
  const { subAttribute } = path;
  return subAttribute === undefined ? values : values.flatMap((value) => member(value, subAttribute));
}

function member(holder: unknown, name: string): unknown[] {
  if (typeof holder !== "object" || holder === null || Array.isArray(holder)) return [];
  const key = keyIn(holder, name);
  const value = key === undefined ? undefined : (holder as Record<string, unknown>)[key];
  return [value].flat().filter((item) => item !== undefined && item !== null);
}

/** RFC 7644 table 3: a value that is not empty, or a complex one with such a part. */
function isPresent(value: unknown): boolean {
  if (typeof value !== "object" || value === null)
    return value !== "" && value !== null && value !== undefined;
  return Object.values(value).some(isPresent);
}

function satisfies(values: unknown[], { operator, value }: Comparison, attribute?: Attribute): boolean {
  if (operator === "ne") return !satisfies(values, { operator: "eq", value }, attribute);
  if (value === null) return operator === "eq" && !values.some(isPresent);
  return values.some((found) => {
    const pair = comparable(found, value, attribute);
    return pair !== undefined && COMPARE[operator](...pair);
  });
}

type Pair = [found: string, wanted: string] | [found: number, wanted: number];

/** Both sides in a form that compares as the schema says; undefined for values of different types. */
function comparable(found: unknown, wanted: FilterValue, attribute?: Attribute): Pair | undefined {
  if (typeof found === "boolean" && typeof wanted === "boolean") return [Number(found), Number(wanted)];
  if (typeof found === "number" && typeof wanted === "number") return [found, wanted];
  if (typeof found !== "string" || typeof wanted !== "string") return undefined;
  if (attribute?.type === "dateTime") return [instantOf(found), instantOf(wanted)];
  return attribute?.caseExact ? [found, wanted] : [found.toLowerCase(), wanted.toLowerCase()];
}

const COMPARE: Record<Exclude<Comparison["operator"], "ne">, (...pair: Pair) => boolean> = {
  eq: (found, wanted) => found === wanted,
  co: (found, wanted) => String(found).includes(String(wanted)),
  sw: (found, wanted) => String(found).startsWith(String(wanted)),
  ew: (found, wanted) => String(found).endsWith(String(wanted)),
  gt: (...pair) => order(...pair) > 0,
  ge: (...pair) => order(...pair) >= 0,
  lt: (...pair) => order(...pair) < 0,
  le: (...pair) => order(...pair) <= 0,
};

/** Texts by their UTF-8 bytes, as PostgreSQL's collation "C" does, which is by code points. */
function order(...[found, wanted]: Pair): number {
  if (typeof found === "number") return found - Number(wanted);
  return Buffer.compare(Buffer.from(found), Buffer.from(String(wanted)));
}
