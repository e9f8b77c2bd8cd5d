/** The published description of the API: the OpenAPI document, and the same as a page to read. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type HttpReply, type HttpRoute, json } from "./http.ts";
import { type Html, html, page } from "./page.ts";

interface Operation {
  operationId: string;
  summary: string;
  description: string;
  tags: string[];
  parameters: { name: string; in: string; required?: boolean; description?: string; schema: Schema }[];
  requestBody?: { content: { "application/json": { schema: Schema } } };
  responses: Record<string, { content?: { "application/json": { schema: Schema } } }>;
}

interface Schema {
  $ref?: string;
  type?: string;
  description?: string;
  enum?: string[];
  items?: Schema;
  additionalProperties?: Schema | boolean;
  properties?: Record<string, Schema>;
  required?: string[];
}

interface Document {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, Schema> };
}

/** Made once, at the first request. */
let text: string | undefined;
let reply: HttpReply | undefined;

function documentText(): string {
  text ??= readFileSync(createRequire(import.meta.url).resolve("@gatehouse/contract/openapi.json"), "utf8");
  return text;
}

export const referenceRoutes: HttpRoute[] = [
  {
    method: "GET",
    path: "/api/v1/openapi.json",
    errors: "api",
    async handle() {
      // A page of any origin may show it: it holds nothing of this install.
      return { ...json(undefined), headers: openApiHeaders, body: documentText() };
    },
  },
  {
    method: "GET",
    path: "/api/v1/reference",
    errors: "page",
    async handle() {
      reply ??= referencePage(JSON.parse(documentText()) as Document);
      return reply;
    },
  },
];

const openApiHeaders = {
  "content-type": "application/json; charset=utf-8",
  "cache-control": "no-cache",
  "access-control-allow-origin": "*",
};

function referencePage(document: Document): HttpReply {
  const operations = Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({ path, verb: verb.toUpperCase(), operation })),
  );
  const ofTag = (name: string) => operations.filter(({ operation }) => operation.tags[0] === name);
  const { schemas } = document.components;
  return page({
    title: "API reference",
    wide: true,
    body: html`<h1>API reference</h1>
<p>Get a token at <code>/oauth/token</code> with the client credentials grant, and send it as <code>Authorization: Bearer</code>. The same as a document for tools: <a href="/api/v1/openapi.json"><code>openapi.json</code></a>.</p>
<nav class="index">${document.tags.map(({ name }) => html`<a href="#${name}">${name}</a> `)}</nav>
${document.tags.map(
  ({ name, description }) => html`<h2 id="${name}">${name}</h2>
<p>${description}</p>
${ofTag(name).map(({ path, verb, operation }) => operationItem(path, verb, operation, schemas))}`,
)}`,
  });
}

function operationItem(
  path: string,
  verb: string,
  operation: Operation,
  schemas: Record<string, Schema>,
): Html {
  const [status = "200", success] =
    Object.entries(operation.responses).find(([code]) => code.startsWith("2")) ?? [];
  const body = operation.requestBody?.content["application/json"].schema;
  const answer = success?.content?.["application/json"].schema;
  return html`<details class="operation" id="${operation.operationId}">
<summary><code class="verb">${verb}</code> <code>${path}</code> <span>${operation.summary}</span></summary>
${operation.description.split("\n\n").map((text) => html`<p>${text}</p>`)}
${operation.parameters.length > 0 ? html`<h3>Parameters</h3><dl>${operation.parameters.map(parameterRow)}</dl>` : html``}
${body ? html`<h3>Body</h3>${schemaRows(body, schemas)}` : html``}
${answer ? html`<h3>Answer (${status})</h3>${schemaRows(answer, schemas)}` : html``}
</details>`;
}

function parameterRow(parameter: Operation["parameters"][number]): Html {
  const where = parameter.in === "path" ? "in the path" : parameter.required ? "required" : "optional";
  return html`<div><dt><code>${parameter.name}</code></dt><dd>${typeOf(parameter.schema)}, ${where}${
    parameter.description ? `. ${parameter.description}` : ""
  }</dd></div>`;
}

/** The members of an object; what they contain is one link away in the document. */
function schemaRows(schema: Schema, schemas: Record<string, Schema>): Html {
  const named = schema.$ref?.slice("#/components/schemas/".length);
  const { properties = {}, required = [] } = (named === undefined ? schema : schemas[named]) ?? {};
  const rows = Object.entries(properties);
  if (rows.length === 0) return html`<p>An empty object.</p>`;
  return html`<dl>${rows.map(
    ([name, member]) =>
      html`<div><dt><code>${name}</code></dt><dd>${typeOf(member)}${
        required.includes(name) ? ", required" : ""
      }${member.description ? `. ${member.description}` : ""}</dd></div>`,
  )}</dl>`;
}

function typeOf(schema: Schema): string {
  if (schema.$ref) return schema.$ref.slice("#/components/schemas/".length);
  if (schema.enum) return schema.enum.join(" | ");
  if (schema.items) return `list of ${typeOf(schema.items)}`;
  if (typeof schema.additionalProperties === "object") return `map of ${typeOf(schema.additionalProperties)}`;
  return schema.type ?? "any value";
}
