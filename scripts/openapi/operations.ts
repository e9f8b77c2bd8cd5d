/** From http bindings to the operations of an OpenAPI document. */
import type { DescField, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { Binding } from "../../packages/server/src/transport/bindings.ts";
import { successOf } from "../../packages/server/src/transport/rest.ts";
import { callerNames } from "./callers.ts";
import { isRequired, type Json, type Schema, type Schemas } from "./schemas.ts";

/** The schemas of both sides of the document. */
export interface Sides {
  requests: Schemas;
  answers: Schemas;
}

/** One operation; `index` tells apart the bindings of one method. */
export function operation(binding: Binding, index: number, { requests, answers }: Sides): Schema {
  const { desc, isPublic } = binding.method;
  const about = requests.comment(`${desc.parent.typeName}.${desc.name}`);
  const callers = callerNames(binding.method);
  const body = bodySchema(binding, requests);
  const description = [about, `Callers: ${callers}.`].filter(Boolean).join("\n\n");
  return {
    operationId: `${tagOf(desc.parent)}_${desc.name}${index === 0 ? "" : `_${index + 1}`}`,
    summary: sentence(about) ?? desc.name,
    description,
    tags: [tagOf(desc.parent)],
    "x-command": commandOf(desc),
    parameters: [...pathParameters(binding, requests), ...queryParameters(binding, requests)],
    ...(body && {
      requestBody: { required: true, content: { "application/json": { schema: body } } },
    }),
    responses: {
      [String(successOf(binding))]: {
        description: "Success",
        content: { "application/json": { schema: answers.message(desc.output) } },
      },
      ...refusals(binding),
    },
    ...(isPublic && { security: [] }),
  };
}

/** The service by its name alone, unless it is an addition to the contract. */
export function tagOf(service: DescService): string {
  return service.typeName.startsWith("gatehouse.") ? `Gatehouse${service.name}` : service.name;
}

/**
 * What the command line calls a method: the last word of its package, and the method without the noun that the group
 * says already: `CreateOrganization` is `organizations create`.
 */
export function commandOf({ parent, name }: DescMethod): string[] {
  const group = parent.typeName.split(".").at(-2)?.replaceAll("_", "-") ?? "";
  const words = kebab(name).split("-");
  const nouns = kebab(parent.name.replace(/Service$/, "")).split("-");
  const own = group.replace(/ies$/, "y").replace(/s$/, "").split("-");
  const rest = [nouns, own].reduce(withoutRun, words);
  return [group, (rest.length === 0 ? words : rest).join("-").replace(/-(to|of|for)$/, "")];
}

/** The words without the first run of these ones, in singular or plural. */
function withoutRun(words: string[], run: string[]): string[] {
  const singular = (word: string) => word.replace(/ies$/, "y").replace(/s$/, "");
  const at = words.findIndex((_, start) =>
    run.every((word, index) => singular(words[start + index] ?? "") === singular(word)),
  );
  return at < 1 ? words : [...words.slice(0, at), ...words.slice(at + run.length)];
}

function kebab(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, "$1-$2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1-$2")
    .toLowerCase();
}

/** Whatever a rule refuses: the statuses that the error table gives. */
function refusals({ method: { isPublic }, template }: Binding): Schema {
  // With a colon in the id before a verb, the path is another one, which may have other verbs.
  const other = template.includes("}:") ? ["405"] : [];
  const statuses = ["400", ...(isPublic ? [] : ["401", "403"]), "404", ...other, "409", "413", "415", "429"];
  return Object.fromEntries(
    [...statuses, "500", "503"].map((status) => [status, { $ref: "#/components/responses/Error" }]),
  );
}

function sentence(text: string | undefined): string | undefined {
  return text === undefined ? undefined : (/^.*?[.!?](?=\s|$)/.exec(text)?.[0] ?? text);
}

function pathParameters(binding: Binding, schemas: Schemas): Json[] {
  return binding.variables.map((name) => {
    const field = binding.method.desc.input.fields.find((each) => each.name === name);
    const { description, ...schema } = field ? schemas.field(field) : { type: "string" };
    return {
      name,
      in: "path",
      required: true,
      ...(typeof description === "string" && { description }),
      // An empty variable is another path.
      schema: { ...schema, minLength: Math.max(1, Number(schema.minLength ?? 0)) },
    };
  });
}

function queryParameters(binding: Binding, schemas: Schemas): Json[] {
  if (binding.body === "*") return [];
  const taken = new Set([...binding.variables, binding.body]);
  const fields = binding.method.desc.input.fields.filter((field) => !taken.has(field.name));
  return fields.flatMap((field) => parametersOf(field, field.name, schemas));
}

/** A parameter for each value that text can fill, with dots into messages. */
function parametersOf(field: DescField, name: string, schemas: Schemas): Json[] {
  if (field.fieldKind === "map") return [];
  const below =
    field.message && !/^google\.protobuf\./.test(field.message.typeName) ? field.message : undefined;
  if (below) return field.fieldKind === "list" ? [] : nested(below, name, schemas);
  const { description, ...schema } = schemas.field(field);
  if (schema.$ref !== undefined || schema.type === "object" || schema.type === undefined) return [];
  return [
    {
      name,
      in: "query",
      ...(isRequired(field) && { required: true }),
      ...(typeof description === "string" && { description }),
      schema,
    },
  ];
}

function nested(message: DescMessage, name: string, schemas: Schemas): Json[] {
  return message.fields.flatMap((field) =>
    // One level is what clients use; a message that contains itself has no end.
    field.message && !/^google\.protobuf\./.test(field.message.typeName)
      ? []
      : parametersOf(field, `${name}.${field.name}`, schemas),
  );
}

function bodySchema(binding: Binding, schemas: Schemas): Schema | undefined {
  const { input } = binding.method.desc;
  if (binding.body === "") return undefined;
  if (binding.body === "*") return schemas.object(input, (field) => !binding.variables.includes(field.name));
  const field = input.fields.find((each) => each.name === binding.body);
  return field && schemas.field(field);
}
