/** Filters (RFC 7644 section 3.4.2.2): from text to a tree and back. `matches.ts` evaluates a tree. */
import { parseAttributePath, printAttributePath } from "./attribute-path.ts";
import { type Attribute, type AttributePath, elementScope, findAttribute, type Scope } from "./attributes.ts";
import { badRequest, quote, type ScimError } from "./errors.ts";
import {
  type Comparison,
  checkComparison,
  type FilterValue,
  isOperator,
  readLiteral,
} from "./filter-values.ts";

/**
 * A filter. Paths are in the schema's spelling; a plural attribute without sub-attribute stands for its `value`;
 * the value has the attribute's type.
 */
export type Filter =
  | { kind: "and" | "or"; filters: readonly Filter[] }
  | { kind: "not"; filter: Filter }
  | { kind: "present"; path: AttributePath }
  | ({ kind: "compare"; path: AttributePath } & Comparison)
  /** One and the same element of `path` satisfies all of `filter`, whose paths are relative to the element. */
  | { kind: "values"; path: AttributePath; filter: Filter };

/** In characters; every filter that an identity provider sends is far below. */
export const MAX_FILTER_LENGTH = 8192;
const MAX_DEPTH = 20;
const MAX_TERMS = 200;

type Parser = { text: string; at: number; depth: number; terms: number; scope: Scope };

/**
 * Reads a filter.
 *
 * @param text - at most 8192 characters, 20 levels and 200 terms
 * @param scope - `USER_SCOPE`, `GROUP_SCOPE`, or `elementScope` for what stands in brackets
 * @throws {ScimError} `invalidFilter`, naming the position, counted from 1
 */
export function parseFilter(text: string, scope: Scope): Filter {
  if (text.length > MAX_FILTER_LENGTH) {
    throw badRequest("invalidFilter", `The filter has more than ${MAX_FILTER_LENGTH} characters.`);
  }
  const parser: Parser = { text, at: 0, depth: 0, terms: 0, scope };
  const filter = parseChain(parser, "or");
  skipSpaces(parser);
  if (parser.at < text.length) throw unexpected(parser, `"and", "or" or the end`);
  return filter;
}

/**
 * Writes a filter. Parsing what it returns gives the same tree.
 *
 * @param filter - as `parseFilter` returns it
 */
export function printFilter(filter: Filter): string {
  switch (filter.kind) {
    case "and":
    case "or":
      return filter.filters.map(printPart).join(` ${filter.kind} `);
    case "not":
      return `not (${printFilter(filter.filter)})`;
    case "present":
      return `${printAttributePath(filter.path)} pr`;
    case "compare":
      return `${printAttributePath(filter.path)} ${filter.operator} ${JSON.stringify(filter.value)}`;
    case "values":
      return `${printAttributePath(filter.path)}[${printFilter(filter.filter)}]`;
  }
}

function printPart(filter: Filter): string {
  return filter.kind === "and" || filter.kind === "or" ? `(${printFilter(filter)})` : printFilter(filter);
}

/**
 * Adds the decoded form of values that were percent-encoded twice, which Microsoft's SCIM validator does inside of the
 * quotes. What was really stored with a percent sign is still found.
 *
 * @param filter - as `parseFilter` returns it
 * @returns the same filter when no compared value decodes to another one
 */
export function withDecodedValues(filter: Filter): Filter {
  switch (filter.kind) {
    case "and":
    case "or":
      return { ...filter, filters: filter.filters.map(withDecodedValues) };
    case "not":
    case "values":
      return { ...filter, filter: withDecodedValues(filter.filter) };
    case "present":
      return filter;
    case "compare": {
      const decoded = decodePercent(filter.value);
      if (filter.operator !== "eq" || decoded === undefined) return filter;
      return { kind: "or", filters: [filter, { ...filter, value: decoded }] };
    }
  }
}

function decodePercent(value: FilterValue): string | undefined {
  if (typeof value !== "string" || !/%[0-9a-f]{2}/i.test(value)) return undefined;
  try {
    const decoded = decodeURIComponent(value);
    return decoded.includes("\0") ? undefined : decoded;
  } catch {
    return undefined;
  }
}

/** `or` binds weaker than `and`, so a chain of the one consists of chains of the other. */
function parseChain(parser: Parser, word: "or" | "and"): Filter {
  const parse = () => (word === "or" ? parseChain(parser, "and") : parseTerm(parser));
  const first = parse();
  if (!takeWord(parser, word)) return first;
  const filters = [first];
  do filters.push(parse());
  while (takeWord(parser, word));
  return { kind: word, filters };
}

function parseTerm(parser: Parser): Filter {
  skipSpaces(parser);
  parser.terms += 1;
  if (parser.terms > MAX_TERMS) throw badRequest("invalidFilter", `The filter has over ${MAX_TERMS} terms.`);
  const not = /not\s*(?=\()/iy;
  not.lastIndex = parser.at;
  const negation = not.exec(parser.text);
  if (negation) {
    parser.at += negation[0].length;
    return { kind: "not", filter: parseGroup(parser, ")") };
  }
  return parser.text[parser.at] === "(" ? parseGroup(parser, ")") : parseAttributeTerm(parser);
}

/** Reads from the opening parenthesis or bracket to the closing one. */
function parseGroup(parser: Parser, end: ")" | "]", scope = parser.scope): Filter {
  parser.depth += 1;
  if (parser.depth > MAX_DEPTH)
    throw badRequest("invalidFilter", `The filter is over ${MAX_DEPTH} levels deep.`);
  const outside = parser.scope;
  parser.scope = scope;
  parser.at += 1;
  const filter = parseChain(parser, "or");
  skipSpaces(parser);
  if (parser.text[parser.at] !== end) throw unexpected(parser, `"${end}"`);
  parser.at += 1;
  parser.depth -= 1;
  parser.scope = outside;
  return filter;
}

function parseAttributeTerm(parser: Parser): Filter {
  const start = parser.at;
  const text = takeToken(parser);
  if (text === "") throw unexpected(parser, "an attribute");
  const refusal = { scimType: "invalidFilter", at: ` (at character ${start + 1})` } as const;
  const path = parseAttributePath(text, parser.scope, refusal);
  const definition = findAttribute(path, parser.scope);
  if (parser.text[parser.at] === "[") return parseValuePath(parser, path, definition, start);
  return parseOperation(parser, path, definition);
}

/** `emails[…]`, and Entra's `emails[…].value eq "x"`, which the RFC's grammar does not have. */
function parseValuePath(
  parser: Parser,
  path: AttributePath,
  definition: Attribute | undefined,
  start: number,
): Filter {
  if (path.subAttribute !== undefined || parser.scope.schema === undefined || isSimple(definition)) {
    throw badRequest("invalidFilter", `Only a complex attribute takes brackets (at character ${start + 1}).`);
  }
  const scope = elementScope(definition);
  const filter = parseGroup(parser, "]", scope);
  if (parser.text[parser.at] !== ".") return { kind: "values", path, filter };
  parser.at += 1;
  const outside = parser.scope;
  parser.scope = scope;
  const rest = parseAttributeTerm(parser);
  parser.scope = outside;
  return { kind: "values", path, filter: { kind: "and", filters: [filter, rest] } };
}

function parseOperation(parser: Parser, path: AttributePath, definition: Attribute | undefined): Filter {
  skipSpaces(parser);
  const start = parser.at;
  const operator = takeToken(parser).toLowerCase();
  if (operator === "pr") return { kind: "present", path };
  if (!isOperator(operator)) {
    parser.at = start;
    throw unexpected(parser, "one of eq, ne, co, sw, ew, gt, ge, lt, le, pr");
  }
  skipSpaces(parser);
  const place = ` (at character ${parser.at + 1})`;
  const literal = readLiteral(parser.text, parser.at);
  if (literal === undefined) throw unexpected(parser, "a value as in JSON");
  parser.at = literal.end;
  const [target, leaf] = withDefaultSubAttribute(path, definition);
  const comparison = checkComparison(leaf, operator, literal, place);
  return { kind: "compare", path: target, ...comparison };
}

/** RFC 7644 section 3.4.2.2 compares `emails co "x"` with the values of `emails`. */
function withDefaultSubAttribute(
  path: AttributePath,
  definition: Attribute | undefined,
): [AttributePath, Attribute | undefined] {
  const value = definition?.subAttributes?.find(({ name }) => name === "value");
  return value === undefined ? [path, definition] : [{ ...path, subAttribute: value.name }, value];
}

function isSimple(definition: Attribute | undefined): boolean {
  return definition !== undefined && definition.type !== "complex";
}

/** What reaches to the next space, bracket or parenthesis. */
function takeToken(parser: Parser): string {
  const token = /[^\s()[\]"]*/y;
  token.lastIndex = parser.at;
  const [text = ""] = token.exec(parser.text) ?? [];
  parser.at += text.length;
  return text;
}

function takeWord(parser: Parser, word: string): boolean {
  const start = parser.at;
  skipSpaces(parser);
  if (takeToken(parser).toLowerCase() === word) return true;
  parser.at = start;
  return false;
}

function skipSpaces(parser: Parser): void {
  const spaces = /\s*/y;
  spaces.lastIndex = parser.at;
  parser.at += spaces.exec(parser.text)?.[0].length ?? 0;
}

function unexpected(parser: Parser, wanted: string): ScimError {
  const rest = parser.text.slice(parser.at);
  const seen = rest === "" ? "the end" : quote(/^\S+/.exec(rest)?.[0] ?? rest);
  return badRequest("invalidFilter", `Expected ${wanted} at character ${parser.at + 1}, but saw ${seen}.`);
}
