/**
 * Writes packages/contract/openapi.json: the REST side of every method that is built, from the proto files with their
 * comments and rules. The server publishes it at /api/v1/openapi.json.
 */
import { realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { ErrorInfoSchema } from "@gatehouse/contract/scalekit/v1/errdetails/errdetails_pb";
import { services } from "../packages/server/src/app.ts";
import { type Binding, bindingsOf } from "../packages/server/src/transport/bindings.ts";
import { contract } from "../packages/server/src/transport/contract.ts";
import { compileMethods } from "../packages/server/src/transport/methods.ts";
import { readComments } from "./openapi/comments.ts";
import { operation, type Sides, tagOf } from "./openapi/operations.ts";
import { type Schema, Schemas } from "./openapi/schemas.ts";

const root = join(import.meta.dirname, "..");

/** The document, from the doors as they are now. */
export function openApiDocument(): Schema {
  const ours = services.map(({ service }) => service).filter((service) => !contract.includes(service));
  const methods = compileMethods([...contract, ...ours], services).filter(({ handler }) => handler);
  const comments = readComments(root);
  const answers = new Schemas(comments);
  // All of them before the first request: what a request's schema is called depends on them.
  for (const { desc } of methods) answers.message(desc.output);
  const sides = { requests: new Schemas(comments, answers), answers };
  const paths = pathsOf(bindingsOf(methods), sides);
  const tags = [...new Set(methods.map(({ desc }) => desc.parent))].map((service) => ({
    name: tagOf(service),
    description: answers.comment(service.typeName) ?? "",
  }));
  return {
    openapi: "3.1.0",
    info: {
      title: "Gatehouse",
      version: "1.0.0",
      description: introduction,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: "/", description: "This environment" }],
    security: [{ bearer: [] }],
    tags,
    paths,
    components: {
      securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } },
      responses: {
        Error: {
          description: "What was seen, what is expected and what to do, with a stable code",
          content: { "application/json": { schema: errorSchema(answers) } },
        },
      },
      schemas: { ...answers.components, ...sides.requests.components },
    },
  };
}

const introduction = `The management API of Gatehouse over REST. The same methods answer over gRPC, gRPC-Web and Connect on the same port.

Get a token with the client credentials grant at \`/oauth/token\` and send it as \`Authorization: Bearer\`. Members of
messages are in snake_case, 64-bit integers are strings, times are RFC 3339. Unknown members are ignored.`;

function pathsOf(bindings: readonly Binding[], sides: Sides): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  const seen = new Map<string, number>();
  for (const binding of bindings) {
    const index = seen.get(binding.method.path) ?? 0;
    seen.set(binding.method.path, index + 1);
    // OpenAPI knows no variable that spans segments; none of our own methods has one.
    if (binding.template.includes("**")) continue;
    paths[binding.template] ??= {};
    (paths[binding.template] as Record<string, Schema>)[binding.verb.toLowerCase()] = operation(
      binding,
      index,
      sides,
    );
  }
  return paths;
}

function errorSchema(schemas: Schemas): Schema {
  const info = schemas.message(ErrorInfoSchema);
  return {
    type: "object",
    required: ["code", "message", "details"],
    properties: {
      code: { type: "integer", description: "The gRPC status" },
      message: { type: "string" },
      details: { type: "array", items: { ...info, description: "One ErrorInfo" } },
    },
  };
}

export const openApiFile = join(root, "packages/contract/openapi.json");

export function openApiText(): string {
  return `${JSON.stringify(openApiDocument(), null, 1)}\n`;
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  writeFileSync(openApiFile, openApiText());
}
