/** JSON values: what may come in, how two compare, and what counts as empty. */
import { badRequest, quote } from "./errors.ts";

export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

const MAX_DEPTH = 10;
/** In values, not bytes: the door bounds the bytes. */
const MAX_VALUES = 20_000;

/**
 * Refuses what could not be stored or would be a danger: too deep, too many values, NUL and lone surrogates (which
 * PostgreSQL's jsonb cannot hold), `__proto__` as a name.
 *
 * @param value - parsed JSON
 * @param limits - how many values in all, default 20,000, and levels, default 10
 * @returns the same value, typed
 * @throws {ScimError} `invalidValue`, or `invalidSyntax` for depth and number
 */
export function checkJson(value: unknown, limits: { maxValues?: number; maxDepth?: number } = {}): Json {
  checkValue(value, 0, { left: limits.maxValues ?? MAX_VALUES, depth: limits.maxDepth ?? MAX_DEPTH });
  return value as Json;
}

type Budget = { left: number; depth: number };

function checkValue(value: unknown, depth: number, budget: Budget): void {
  budget.left -= 1;
  if (budget.left < 0) throw badRequest("invalidSyntax", "The document has too many values.");
  if (typeof value === "string") checkText(value);
  if (typeof value !== "object" || value === null) return;
  if (depth >= budget.depth) {
    throw badRequest("invalidSyntax", `The document is over ${budget.depth} levels deep.`);
  }
  if (Array.isArray(value)) {
    for (const item of value) checkValue(item, depth + 1, budget);
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (key === "__proto__")
      throw badRequest("invalidValue", "__proto__ is not allowed as an attribute name.");
    checkText(key);
    checkValue(item, depth + 1, budget);
  }
}

function checkText(text: string): void {
  if (text.includes("\0")) throw badRequest("invalidValue", `${quote(text)} holds a NUL character.`);
  if (!text.isWellFormed()) throw badRequest("invalidValue", `${quote(text)} holds half of a character.`);
}

/**
 * Whether a value is an object, not an array and not null.
 *
 * @param value - any
 */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Whether two values are the same, whatever the order of their members.
 *
 * @param one - a JSON value
 * @param other - a JSON value
 */
export function sameJson(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) return true;
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((item, at) => sameJson(item, other[at]));
  }
  if (!isObject(one) || !isObject(other)) return false;
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && sameJson(one[key], other[key]))
  );
}

/**
 * Whether a value leaves its attribute unassigned (RFC 7643 section 2.5).
 *
 * @param value - null, undefined, an empty array or an empty object are
 */
export function isUnassigned(value: Json | undefined): value is undefined | null {
  if (value === undefined || value === null) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
