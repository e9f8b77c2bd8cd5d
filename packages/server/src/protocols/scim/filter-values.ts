/** The right side of a comparison in a filter: its operator, its JSON value, and whether the attribute allows both. */
import type { Attribute } from "./attributes.ts";
import { badRequest, quote } from "./errors.ts";

const OPERATORS = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"] as const;

/** Lower case; `pr` has no value and is a kind of its own. */
export type CompareOperator = (typeof OPERATORS)[number];
export type FilterValue = string | number | boolean | null;
export type Comparison = { operator: CompareOperator; value: FilterValue };

/** A value as it stood in the text; `source` lets a number be read as text where the attribute is text. */
export type LiteralToken = { value: FilterValue; source: string; end: number };

/**
 * Whether a word is an operator that takes a value.
 *
 * @param word - in lower case
 */
export function isOperator(word: string): word is CompareOperator {
  return (OPERATORS as readonly string[]).includes(word);
}

/** The bare words that a vendor's page shows instead of a quoted text. */
const BARE = /[\w.@+-]+/y;
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]?\d+)?$/i;
const WORDS = new Map<string, FilterValue>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

/**
 * Reads the value of a comparison.
 *
 * @param text - the whole filter
 * @param at - where the value begins
 * @returns undefined when none is there
 */
export function readLiteral(text: string, at: number): LiteralToken | undefined {
  return text[at] === '"' ? readString(text, at) : readBare(text, at);
}

function readString(text: string, at: number): LiteralToken | undefined {
  const string = /"(?:[^"\\]|\\.)*"/sy;
  string.lastIndex = at;
  const source = string.exec(text)?.[0];
  if (source === undefined) return undefined;
  try {
    const value = JSON.parse(source) as string;
    // PostgreSQL keeps no NUL in text, so nothing can have such a value.
    return value.includes("\0") ? undefined : { value, source: value, end: at + source.length };
  } catch {
    return undefined;
  }
}

function readBare(text: string, at: number): LiteralToken | undefined {
  BARE.lastIndex = at;
  const source = BARE.exec(text)?.[0];
  if (source === undefined) return undefined;
  const end = at + source.length;
  const word = WORDS.get(source.toLowerCase());
  if (word !== undefined) return { value: word, source, end };
  return { value: numberOf(source) ?? source, source, end };
}

/** Adding zero makes -0 an ordinary one, which prints as it compares. */
function numberOf(source: string): number | undefined {
  const number = NUMBER.test(source) ? Number(source) + 0 : Number.NaN;
  return Number.isFinite(number) ? number : undefined;
}

const ORDERING: readonly CompareOperator[] = ["gt", "ge", "lt", "le"];
const SEARCHING: readonly CompareOperator[] = ["co", "sw", "ew"];

/**
 * Gives the value the type of the attribute and refuses what cannot be compared (RFC 7644 table 3).
 *
 * @param attribute - undefined when no schema knows it: anything goes
 * @param operator - of the comparison
 * @param literal - the value as written
 * @param place - ` (at character n)`, for the message
 * @throws {ScimError} `invalidFilter`
 */
export function checkComparison(
  attribute: Attribute | undefined,
  operator: CompareOperator,
  literal: LiteralToken,
  place: string,
): Comparison {
  if (attribute === undefined) return { operator, value: literal.value };
  const unordered = attribute.type === "boolean" || attribute.type === "binary";
  const refused = attribute.type === "complex" || !allows(attribute, operator, unordered);
  if (refused) {
    const why =
      attribute.type === "complex" ? "needs a sub-attribute" : `cannot be compared with ${operator}`;
    throw badRequest("invalidFilter", `${attribute.name} ${why}${place}.`);
  }
  return { operator, value: typedValue(attribute, literal, place) };
}

function allows({ type }: Attribute, operator: CompareOperator, unordered: boolean): boolean {
  if (ORDERING.includes(operator)) return !unordered;
  if (SEARCHING.includes(operator)) return type === "string" || type === "reference";
  return true;
}

function typedValue(attribute: Attribute, { value, source }: LiteralToken, place: string): FilterValue {
  if (value === null) return null;
  switch (attribute.type) {
    case "boolean":
      // Entra writes primary eq "True".
      return booleanOf(source) ?? refuse(attribute, source, "true or false", place);
    case "integer":
    case "decimal":
      return numberOf(source) ?? refuse(attribute, source, "a number", place);
    case "dateTime":
      return isDateTime(source)
        ? new Date(instantOf(source)).toISOString()
        : refuse(attribute, source, "a date and time", place);
    default:
      return typeof value === "string" ? value : source;
  }
}

function refuse(attribute: Attribute, source: string, wanted: string, place: string): never {
  throw badRequest("invalidFilter", `${attribute.name} takes ${wanted}, not ${quote(source)}${place}.`);
}

/**
 * Reads a boolean that a directory wrote as text, in any case.
 *
 * @param text - `True`, `false`, …
 * @returns undefined for another text
 */
export function booleanOf(text: string): boolean | undefined {
  const value = WORDS.get(text.toLowerCase());
  return typeof value === "boolean" ? value : undefined;
}

/** Years begin at 1000, so that PostgreSQL can read each one. */
const DATE_TIME = /^[1-9]\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)?$/i;

const LAST_INSTANT = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/**
 * Whether a text is an xsd:dateTime (RFC 7643 section 2.3.5). One without a zone is taken as UTC. Its zone may lift it
 * out of the years that have four digits, which PostgreSQL would not read either.
 *
 * @param text - any
 */
export function isDateTime(text: string): boolean {
  return DATE_TIME.test(text) && instantOf(text) <= LAST_INSTANT;
}

/**
 * The instant of a dateTime.
 *
 * @param text - as `isDateTime` accepts it
 * @returns milliseconds since 1970; NaN when it is no date
 */
export function instantOf(text: string): number {
  return Date.parse(/(?:z|[+-]\d\d:\d\d)$/i.test(text) ? text.toUpperCase() : `${text}Z`);
}
