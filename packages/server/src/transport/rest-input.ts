/** Reads a request message from path variables, query and JSON body, by its descriptor. */
import {
  type DescEnum,
  type DescField,
  type DescMessage,
  fromJson,
  type JsonObject,
  type JsonValue,
  type Message,
  ScalarType,
} from "@bufbuild/protobuf";
import { type AppError, invalidArgument } from "../errors.ts";
import type { Binding } from "./bindings.ts";
import { refusals } from "./refusals.ts";

export interface RestParts {
  /** Decoded once, in the order of the binding's variables. */
  variables: readonly string[];
  /** The part of the URL after `?`. */
  query: string;
  /** The text of the JSON body. */
  body: string;
}

/**
 * Builds the request message of a binding. What the path names wins over the body. Members and parameters that the
 * message does not have are ignored, so that clients newer than this server keep working.
 * @throws AppError INVALID_ARGUMENT for broken JSON and for values of the wrong type
 */
export function readMessage(binding: Binding, parts: RestParts): Message {
  const { input } = binding.method.desc;
  const members = binding.body === "" ? {} : bodyMembers(binding, parts.body);
  if (binding.body !== "*" && parts.query !== "") addQuery(input, members, parts.query, binding);
  binding.variables.forEach((name, index) => {
    const field = fieldOf(input, name);
    if (field === undefined) throw new Error(`${binding.template} names no field of ${input.typeName}`);
    delete members[field.jsonName];
    members[field.name] = scalarJson(field, parts.variables[index] ?? "");
  });
  try {
    return fromJson(input, members);
  } catch (error) {
    throw refusals.badRequest(plain(error));
  }
}

function bodyMembers(binding: Binding, text: string): JsonObject {
  const { input } = binding.method.desc;
  if (binding.body === "*") {
    const value = text.trim() === "" ? {} : prune(input, parse(text), 0);
    if (!isObject(value)) throw notAnObject();
    return value;
  }
  const field = fieldOf(input, binding.body);
  if (field === undefined) throw new Error(`${binding.template} has no field ${binding.body}`);
  if (text.trim() === "") return field.fieldKind === "message" ? { [field.name]: {} } : {};
  const value = parse(text);
  if (field.fieldKind === "message" && value !== null && !isObject(value)) throw notAnObject();
  return { [field.name]: pruneField(field, value, 0) };
}

function notAnObject(): AppError {
  return refusals.badRequest("The body must be a JSON object");
}

function parse(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    throw refusals.badRequest("The body is not valid JSON");
  }
}

// A message type may contain itself; the decoder has the same limit for the types of Google's that do.
const MAX_DEPTH = 100;

/**
 * Drops unknown members. The decoder could ignore them itself, but would then ignore unknown enum names too, and a
 * misspelt status must not silently become another one.
 */
function prune(schema: DescMessage, value: JsonValue, depth: number): JsonValue {
  // Older documents of the contract write the roles of a member as plain names.
  if (typeof value === "string" && schema.typeName === "scalekit.v1.commons.Role") return { name: value };
  if (!isObject(value) || schema.typeName.startsWith("google.protobuf.")) return value;
  if (depth > MAX_DEPTH) throw refusals.badRequest("The body is nested too deeply");
  const kept: JsonObject = {};
  for (const [name, member] of Object.entries(value)) {
    const field = fieldOf(schema, name);
    if (field !== undefined) kept[name] = pruneField(field, member, depth);
  }
  return kept;
}

function pruneField(field: DescField, value: JsonValue, depth: number): JsonValue {
  const { message } = field;
  if (field.enum !== undefined) requireEnumNames(field, field.enum, value);
  if (message === undefined) return value;
  requireReadable(field, message, value);
  if (field.fieldKind === "list" && Array.isArray(value))
    return value.map((item) => prune(message, item, depth + 1));
  if (field.fieldKind === "message") return prune(message, value, depth + 1);
  if (field.fieldKind !== "map" || !isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, prune(message, item, depth + 1)]),
  );
}

/** The decoder would refuse a wrong name too, without saying which field holds it or which names there are. */
function requireEnumNames(field: DescField, names: DescEnum, value: JsonValue): void {
  for (const name of Array.isArray(value) ? value : [value]) {
    if (typeof name !== "string" || names.values.some((known) => known.name === name)) continue;
    const known = names.values.map((each) => each.name).join(", ");
    throw invalidArgument(field.name, "enum.defined_only", `value must be one of ${known}`);
  }
}

const spelling: Readonly<Record<string, string>> = {
  "google.protobuf.Timestamp": "value must be a time such as 2026-02-03T04:05:06Z",
  "google.protobuf.Duration": "value must be seconds such as 300s",
};

/** Times and spans: the decoder would refuse them, too, by the name of the type and not of the field. */
function requireReadable(field: DescField, message: DescMessage, value: JsonValue): void {
  const problem = spelling[message.typeName];
  if (problem === undefined || field.fieldKind !== "message" || value === null) return;
  try {
    fromJson(message, value);
  } catch {
    throw invalidArgument(field.name, "json.type", problem);
  }
}

function addQuery(input: DescMessage, members: JsonObject, query: string, binding: Binding): void {
  for (const [name, value] of new URLSearchParams(query)) {
    const path = resolve(input, name.split("."));
    const field = path?.at(-1);
    // What the body fills, a parameter cannot change.
    if (path === undefined || field === undefined || path[0]?.name === binding.body) continue;
    const target = path.slice(0, -1).reduce(descend, members);
    if (field.fieldKind === "list") {
      target[field.name] ??= [];
      (target[field.name] as JsonValue[]).push(scalarJson(field, value));
    } else {
      if (Object.hasOwn(target, field.name))
        throw refusals.badRequest(`The parameter ${name} is given twice`);
      target[field.name] = scalarJson(field, value);
    }
  }
}

function descend(members: JsonObject, field: DescField): JsonObject {
  members[field.name] ??= {};
  return members[field.name] as JsonObject;
}

/** The fields along a parameter's name (`filter.status`); undefined when it names nothing that text can fill. */
function resolve(schema: DescMessage, names: readonly string[]): DescField[] | undefined {
  const [first = "", ...rest] = names;
  const field = fieldOf(schema, first);
  if (field === undefined || field.fieldKind === "map") return undefined;
  if (rest.length === 0) return isLeaf(field) ? [field] : undefined;
  if (field.fieldKind !== "message" || isLeaf(field)) return undefined;
  const below = resolve(field.message, rest);
  return below && [field, ...below];
}

function isLeaf(field: DescField): boolean {
  return (
    field.message === undefined ||
    /^google\.protobuf\.(\w+Value|Timestamp|Duration|FieldMask)$/.test(field.message.typeName)
  );
}

/** The text of a parameter as the JSON that the decoder reads; numbers and times are JSON strings already. */
function scalarJson(field: DescField, text: string): JsonValue {
  const isBool = field.scalar === ScalarType.BOOL || field.message?.typeName === "google.protobuf.BoolValue";
  if (isBool) return booleans.get(text.toLowerCase()) ?? text;
  if (field.message !== undefined) requireReadable(field, field.message, text);
  if (field.enum === undefined) return text;
  if (/^-?\d{1,10}$/.test(text)) return Number(text);
  requireEnumNames(field, field.enum, text);
  return text;
}

const booleans: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["1", true],
  ["false", false],
  ["0", false],
]);

const fieldTables = new WeakMap<DescMessage, Map<string, DescField>>();

/** A field by its proto name or its lowerCamelCase name. */
function fieldOf(schema: DescMessage, name: string): DescField | undefined {
  let table = fieldTables.get(schema);
  if (table === undefined) {
    table = new Map(
      schema.fields.flatMap((field) => [[field.jsonName, field] as const, [field.name, field] as const]),
    );
    fieldTables.set(schema, table);
  }
  return table.get(name);
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The decoder's message without the type names of our protocol, which a REST client does not know. */
function plain(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^cannot decode (field|oneof|message) (?:\w+\.)*(\w+) from JSON/, "$2");
}
