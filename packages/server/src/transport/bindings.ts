/** The HTTP bindings of the contract: which verb and path reach which method, and what fills its message. */
import { type DescMethod, getOption, hasOption } from "@bufbuild/protobuf";
import { http } from "@gatehouse/contract/google/api/annotations_pb";
import type { HttpRule } from "@gatehouse/contract/google/api/http_pb";
import type { Method } from "./methods.ts";

export interface Binding {
  method: Method;
  verb: string;
  /** As the contract writes it: `/api/v1/organizations/{id}:enable`. */
  template: string;
  /** The template in Fastify's syntax, with its variables named p0, p1, … */
  route: string;
  /** The fields that the variables fill, in their order. */
  variables: readonly string[];
  /** The field that the JSON body fills; `*` = the whole message, empty = the query does. */
  body: string;
}

/** Paths that clients use and the contract does not list. */
const aliases = [
  {
    path: "/scalekit.v1.connections.ConnectionService/ListConnections",
    verb: "GET",
    template: "/api/v1/organizations/{organization_id}/connections",
    body: "",
  },
] as const;

/** Every binding of the methods, the additional ones and our aliases included. */
export function bindingsOf(methods: readonly Method[]): Binding[] {
  const declared = methods.flatMap((method) =>
    rulesOf(method.desc).map((rule) => binding(method, verbOf(rule), templateOf(rule), rule.body)),
  );
  const extra = aliases.flatMap(({ path, verb, template, body }) => {
    const method = methods.find((candidate) => candidate.path === path);
    return method === undefined ? [] : [binding(method, verb, template, body)];
  });
  return [...declared, ...extra];
}

function rulesOf(desc: DescMethod): HttpRule[] {
  if (!hasOption(desc, http)) return [];
  const rule = getOption(desc, http);
  return [rule, ...rule.additionalBindings];
}

function verbOf(rule: HttpRule): string {
  if (rule.pattern.case === "custom") return rule.pattern.value.kind;
  return (rule.pattern.case ?? "").toUpperCase();
}

function templateOf(rule: HttpRule): string {
  return rule.pattern.case === "custom" ? rule.pattern.value.path : (rule.pattern.value ?? "");
}

function binding(method: Method, verb: string, template: string, body: string): Binding {
  return { method, verb, template, body, ...compileTemplate(template) };
}

/**
 * Writes a template in Fastify's syntax. A colon is doubled, since a single one opens a variable; a variable before a
 * verb (`{id}:enable`) is bounded by a pattern, since the router would otherwise take `x:enable` for an id.
 * @throws Error for syntax that the contract does not use, such as `{name=things/*}`
 */
export function compileTemplate(template: string): { route: string; variables: string[] } {
  const variables: string[] = [];
  // Splitting at a capturing pattern gives literals and variable names in turn.
  const parts = template.split(/\{([a-z0-9_.]+)\}/);
  const route = parts.map((part, index) => {
    if (index % 2 === 0) return literal(part, template);
    const bound = parts[index + 1]?.startsWith(":") ? "(^[^:]+)" : "";
    return `:p${variables.push(part) - 1}${bound}`;
  });
  return { route: route.join(""), variables };
}

function literal(part: string, template: string): string {
  // `**` at the end stands for the rest of the path, which fills no field.
  const text = part.replace(/\/\*\*$/, "/");
  if (/[{}*]/.test(text)) throw new Error(`Unknown syntax in the path ${template}`);
  return text.replaceAll(":", "::") + (text === part ? "" : "*");
}
