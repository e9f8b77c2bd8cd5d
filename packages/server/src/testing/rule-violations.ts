/** One request for each rule of a message of the contract, which breaks that rule: read from the descriptors. */
import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
} from "@bufbuild/protobuf";
import { isReflectList, isReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import {
  type FieldRules,
  FieldRulesSchema,
  field as fieldOption,
  Ignore,
  message as messageOption,
} from "@gatehouse/contract/buf/validate/validate_pb";

export interface RuleViolation {
  /** As errors name the field: `organization.metadata["k"]`. */
  field: string;
  /** `string.max_len`, `required`, or the id of an expression. */
  rule: string;
  /** The request as JSON. */
  request: JsonObject;
}

type Make = (value: JsonValue) => JsonObject;

/** What breaks an expression of the contract, in the place that it judges: by its id, or by itself when it has none. */
type ByHand = Readonly<Record<string, JsonValue>>;

/** Every rule below a message, broken once. */
export function ruleViolations(input: DescMessage, byHand: ByHand): RuleViolation[] {
  return below(input, "", (value) => value as JsonObject, [], byHand);
}

function below(
  message: DescMessage,
  path: string,
  make: Make,
  above: readonly DescMessage[],
  byHand: ByHand,
): RuleViolation[] {
  if (above.includes(message) || message.typeName.startsWith("google.protobuf.")) return [];
  const expressions = hasOption(message, messageOption) ? getOption(message, messageOption).cel : [];
  const own = expressions.map((each) => ({
    field: path,
    rule: each.id,
    request: make(brokenBy(each, byHand)),
  }));
  return [
    ...own,
    ...message.fields.flatMap((field) => {
      const place = path === "" ? field.name : `${path}.${field.name}`;
      const put: Make = (value) => make(value === undefined ? {} : { [field.name]: value });
      return [
        ...ofField(field, place, put, byHand),
        ...inside(field, place, put, [...above, message], byHand),
      ];
    }),
  ];
}

/** The rules of the messages that a field holds, in the first item of a list and under one key of a map. */
function inside(
  field: DescField,
  place: string,
  put: Make,
  above: readonly DescMessage[],
  byHand: ByHand,
): RuleViolation[] {
  if (field.message === undefined) return [];
  if (field.fieldKind === "list")
    return below(field.message, `${place}[0]`, (value) => put([value]), above, byHand);
  if (field.fieldKind === "map")
    return below(field.message, `${place}["key"]`, (value) => put({ key: value }), above, byHand);
  return below(field.message, place, put, above, byHand);
}

function ofField(field: DescField, place: string, put: Make, byHand: ByHand): RuleViolation[] {
  const rules = hasOption(field, fieldOption) ? getOption(field, fieldOption) : undefined;
  if (rules === undefined || rules.ignore === Ignore.ALWAYS) return [];
  const required = rules.required
    ? [{ field: place, rule: "required", request: put(undefined as never) }]
    : [];
  const expressions = rules.cel.map((each) => ({
    field: place,
    rule: each.id,
    request: put(brokenBy(each, byHand)),
  }));
  return [...required, ...expressions, ...ofRules(rules, place, put)];
}

function brokenBy({ id, expression }: { id: string; expression: string }, byHand: ByHand): JsonValue {
  const value = byHand[id || expression];
  if (value === undefined) throw new Error(`say by hand what breaks ${id || expression}`);
  return value;
}

/** Breaks each rule of a value: `kind` is `string`, `uint32`, `enum`, `repeated`, `map` and so on. */
function ofRules(rules: FieldRules, place: string, put: Make): RuleViolation[] {
  const { case: kind, value } = rules.type;
  if (kind === undefined) return [];
  const held = reflect(FieldRulesSchema.field[kind as "string"].message as DescMessage, value as never);
  const set = held.fields.filter((rule) => held.isSet(rule));
  const limitOf: LimitOf = (name) => {
    const rule = set.find((each) => each.name === name);
    const limit = rule === undefined ? undefined : held.get(rule);
    if (isReflectMessage(limit)) return limit.message;
    return isReflectList(limit) ? [...limit] : limit;
  };
  return set.flatMap(({ name }) => {
    const nested = limitOf(name) as FieldRules;
    if (name === "items") return ofRules(nested, `${place}[0]`, (item) => put([item]));
    if (name === "values") return ofRules(nested, `${place}["key"]`, (item) => put({ key: item }));
    if (name === "keys") return ofKeys(nested, place, put);
    return breakers(kind, name, limitOf).map((bad) => ({
      field: place,
      rule: `${kind}.${name}`,
      request: put(bad),
    }));
  });
}

function ofKeys(rules: FieldRules, place: string, put: Make): RuleViolation[] {
  return ofRules(rules, place, (key) => put({ [String(key)]: "value" })).map((each) => {
    const [key = ""] = Object.keys(mapIn(each.request, place));
    return { ...each, field: `${place}[${JSON.stringify(key)}]` };
  });
}

function mapIn(request: JsonObject, place: string): JsonObject {
  return place.split(".").reduce<JsonValue | undefined>((at, name) => {
    const [, plain = name, index] = /^(.*?)(?:\[0\])?$/.exec(name) ?? [];
    const next = (at as JsonObject)[plain];
    return index === undefined && Array.isArray(next) ? next[0] : next;
  }, request) as JsonObject;
}

type LimitOf = (name: string) => unknown;

/** A value that breaks one rule; none where the type itself leaves no such value. */
function breakers(kind: string, name: string, limitOf: LimitOf): JsonValue[] {
  if (kind === "duration") return [ofDuration(name, limitOf(name) as { seconds: bigint })];
  const limit = Number(limitOf(name));
  switch (
    `${kind === "string" || kind === "repeated" || kind === "map" || kind === "enum" ? kind : "number"}.${name}`
  ) {
    case "string.min_len":
      return limit === 0 ? [] : [text(limit - 1)];
    case "string.max_len":
      return [text(limit + 1)];
    case "string.len":
      return [text(limit + 1)];
    case "string.pattern":
      return ["~ no pattern has this ~"];
    case "string.prefix":
    case "string.email":
    case "string.uri":
    case "string.in":
      return ["~ none of them ~"];
    case "enum.defined_only":
      return [99];
    case "enum.not_in":
      return [(limitOf(name) as number[])[0] ?? 0];
    case "enum.in":
      return [otherThan(limitOf(name) as number[])];
    case "repeated.min_items":
      return limit === 0 ? [] : [Array.from({ length: limit - 1 }, () => "item")];
    case "repeated.max_items":
      return [Array.from({ length: limit + 1 }, (_, index) => `item${index}`)];
    case "repeated.unique":
      return [["twice", "twice"]];
    case "map.min_pairs":
      return limit === 0 ? [] : [{}];
    case "map.max_pairs":
      return [Object.fromEntries(Array.from({ length: limit + 1 }, (_, index) => [`key${index}`, "value"]))];
    case "number.gte":
      return limit === 0 && kind.startsWith("uint") ? [] : [limit - 1];
    case "number.gt":
      return [limit];
    case "number.lte":
      return [limit + 1];
    case "number.lt":
      return [limit];
    default:
      throw new Error(`nobody has said what breaks ${kind}.${name}`);
  }
}

function ofDuration(name: string, { seconds }: { seconds: bigint }): string {
  return `${name === "gte" ? seconds - 1n : seconds + 1n}s`;
}

function text(length: number): string {
  return "a".repeat(length);
}

function otherThan(allowed: readonly number[]): number {
  return Array.from({ length: 99 }, (_, index) => index + 1).find((each) => !allowed.includes(each)) ?? 99;
}
