/** The commands, one for each method that the server's API document lists: groups, names, positionals and flags. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

export interface Flag {
  /** Without dashes: `display-name`, `organization.display-name`. */
  name: string;
  /** Where the value goes: the path of members in the body, or the name of a query parameter. */
  path: readonly string[];
  in: "query" | "body";
  kind: "text" | "number" | "boolean" | "json" | "map";
  isList: boolean;
  isRequired: boolean;
  about: string;
  choices: readonly string[];
}

export interface Command {
  group: string;
  name: string;
  summary: string;
  description: string;
  verb: string;
  /** `/api/v1/organizations/{id}` */
  path: string;
  /** The names of the path's variables, in their order. */
  positionals: readonly string[];
  flags: readonly Flag[];
  hasBody: boolean;
}

interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  readOnly?: boolean;
  enum?: string[];
  items?: Schema;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
}

interface Operation {
  "x-command": [string, string];
  summary: string;
  description: string;
  parameters: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: { "application/json": { schema: Schema } } };
}

interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** All commands, in the order of the document; of several addresses of one method the first counts. */
export function loadCommands(): Command[] {
  const file = createRequire(import.meta.url).resolve("@gatehouse/contract/openapi.json");
  const document = JSON.parse(readFileSync(file, "utf8")) as Document;
  const commands = new Map<string, Command>();
  for (const [path, verbs] of Object.entries(document.paths)) {
    for (const [verb, operation] of Object.entries(verbs)) {
      const key = operation["x-command"].join(" ");
      if (!commands.has(key)) commands.set(key, toCommand(path, verb, operation, document));
    }
  }
  return [...commands.values()];
}

function toCommand(path: string, verb: string, operation: Operation, document: Document): Command {
  const [group, name] = operation["x-command"];
  const body = operation.requestBody?.content["application/json"].schema;
  const query = operation.parameters.filter((parameter) => parameter.in === "query");
  return {
    group,
    name,
    summary: operation.summary,
    description: operation.description,
    verb: verb.toUpperCase(),
    path,
    positionals: [...path.matchAll(/\{(\w+)\}/g)].map(([, variable = ""]) => variable),
    hasBody: body !== undefined,
    flags: [
      ...query.map((parameter) => queryFlag(parameter, document)),
      ...(body ? bodyFlags(body, [], document) : []),
    ],
  };
}

function queryFlag(parameter: Operation["parameters"][number], document: Document): Flag {
  const { name, required = false, description, schema } = parameter;
  return flagOf(
    { ...schema, ...(description !== undefined && { description }) },
    [name],
    "query",
    required,
    document,
  );
}

/** A flag for each member that text can fill; members of members are joined by a dot. */
function bodyFlags(schema: Schema, path: readonly string[], document: Document): Flag[] {
  const { properties = {}, required = [] } = resolve(schema, document);
  return Object.entries(properties).flatMap(([name, member]) => {
    const at = [...path, name];
    const inner = resolve(member, document);
    if (inner.readOnly || member.readOnly) return [];
    const isMessage = inner.properties !== undefined && Object.keys(inner.properties).length > 0;
    // Deeper messages are given as JSON: nobody remembers flags of four words.
    if (isMessage && path.length < 2) return bodyFlags(inner, at, document);
    return [
      flagOf({ ...inner, ...member }, at, "body", required.includes(name) && path.length === 0, document),
    ];
  });
}

function flagOf(
  schema: Schema,
  path: readonly string[],
  where: Flag["in"],
  isRequired: boolean,
  document: Document,
): Flag {
  const isList = schema.type === "array";
  const value = resolve(isList ? (schema.items ?? {}) : schema, document);
  return {
    name: path.map((part) => part.replaceAll("_", "-")).join("."),
    path,
    in: where,
    kind: kindOf(value),
    isList,
    isRequired,
    about: schema.description ?? value.description ?? "",
    choices: value.enum ?? [],
  };
}

function kindOf(schema: Schema): Flag["kind"] {
  if (schema.type === "boolean") return "boolean";
  if (schema.type === "integer" || schema.type === "number") return "number";
  if (schema.type === "string") return "text";
  const values = schema.additionalProperties;
  return typeof values === "object" && values.type === "string" ? "map" : "json";
}

function resolve(schema: Schema, document: Document): Schema {
  if (!schema.$ref) return schema;
  return document.components.schemas[schema.$ref.slice("#/components/schemas/".length)] ?? {};
}

/**
 * The flag that a name means: its whole name, or its last part where no other flag ends so.
 * @returns undefined for an unknown or ambiguous name
 */
export function findFlag(command: Command, name: string): Flag | undefined {
  const exact = command.flags.find((flag) => flag.name === name);
  if (exact) return exact;
  const ending = command.flags.filter((flag) => flag.name.split(".").at(-1) === name);
  return ending.length === 1 ? ending[0] : undefined;
}

/** The shortest name that means a flag, for help and completion. */
export function shortName(command: Command, flag: Flag): string {
  const last = flag.name.split(".").at(-1) ?? flag.name;
  return findFlag(command, last) === flag ? last : flag.name;
}
