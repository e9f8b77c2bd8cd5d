/** REST for every method of the contract, from its http annotations: one transcoder, no route written by hand. */
import type { ServerResponse } from "node:http";
import { type Message, toJson } from "@bufbuild/protobuf";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AppError } from "../errors.ts";
import type { Answer } from "./answer.ts";
import { type Arrival, arrivalOf } from "./arrival.ts";
import type { Binding } from "./bindings.ts";
import { type HttpReply, json } from "./http.ts";
import type { Pipeline } from "./pipeline.ts";
import { fastifyRefusal, refusals, wrongType } from "./refusals.ts";
import { restError } from "./render.ts";
import { readMessage } from "./rest-input.ts";

/** The methods whose success is 201; all others answer 200. */
const answerCreated = new Set([
  "OrganizationService/CreateOrganization",
  "UserService/CreateUserAndMembership",
  "UserService/CreateMembership",
  "RolesService/CreateRole",
  "RolesService/CreateOrganizationRole",
  "RolesService/CreatePermission",
  "ClientService/CreateOrganizationClient",
  "ClientService/CreateOrganizationClientSecret",
  "ClientService/CreateClientSecret",
  "ClientService/CreateResource",
  "ClientService/CreateResourceClient",
  "ClientService/RegisterClient",
  "ClientService/CreateScope",
  "ConnectionService/CreateConnection",
  "ConnectionService/CreateEnvironmentConnection",
  "ApiTokenService/CreateToken",
  "ConnectedAccountService/CreateConnectedAccount",
  "ProviderService/CreateCustomProvider",
  "McpService/CreateMcpConfig",
]);

/** The status of a success. */
export function successOf({ method: { desc } }: Binding): 200 | 201 {
  return answerCreated.has(`${desc.parent.name}/${desc.name}`) ? 201 : 200;
}

export interface RestOptions {
  pipeline: Pipeline;
  answer: Answer;
  /** Makes anything thrown an error that may be read, see `settle` in `render.ts`. */
  settle(thrown: unknown, arrival: Arrival): AppError;
}

/** Registers the routes of all bindings. */
export function registerRest(app: FastifyInstance, bindings: readonly Binding[], options: RestOptions): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // The body stays text until the caller is known, so that a stranger's JSON is never parsed.
    for (const type of ["application/json", /^application\/[\w.-]+\+json/]) {
      scope.addContentTypeParser(type, { parseAs: "string" }, (_request, body, done) => done(null, body));
    }
    scope.addContentTypeParser("*", { parseAs: "string" }, (request, body, done) => {
      const untyped = request.headers["content-type"] === undefined;
      if (untyped || body === "") done(null, body);
      else done(wrongType("application/json"));
    });
    scope.setErrorHandler((error, request, reply) => {
      reply.hijack();
      const arrival = arrivalOf(request.raw);
      const shown = options.settle(fastifyRefusal(error), arrival);
      options.answer(reply.raw, arrival, restError(shown, arrival.id));
    });
    for (const binding of bindings) {
      scope.route({
        method: binding.verb,
        url: binding.route,
        handler: (request, reply) => {
          reply.hijack();
          void serve(binding, request, reply.raw, options);
        },
      });
    }
  });
}

async function serve(
  binding: Binding,
  request: FastifyRequest,
  response: ServerResponse,
  options: RestOptions,
): Promise<void> {
  const arrival = arrivalOf(request.raw);
  arrival.route = binding.template;
  try {
    const variables = variablesOf(binding, request);
    const ctx = await options.pipeline.admit(binding.method, arrival);
    const message = readRequest(binding, variables, request);
    const result = await options.pipeline.call(binding.method, ctx, message);
    options.answer(response, arrival, written(binding, result));
  } catch (error) {
    options.answer(response, arrival, restError(options.settle(error, arrival), arrival.id));
  }
}

function variablesOf(binding: Binding, request: FastifyRequest): string[] {
  const params = request.params as Record<string, string>;
  const variables = binding.variables.map((_, index) => params[`p${index}`] ?? "");
  // `//` in a path: the router takes the gap for an empty variable, a resource it is not.
  if (variables.includes("")) throw refusals.noRoute();
  return variables;
}

function readRequest(binding: Binding, variables: readonly string[], request: FastifyRequest): Message {
  const url = request.raw.url ?? "";
  const mark = url.indexOf("?");
  return readMessage(binding, {
    variables,
    query: mark === -1 ? "" : url.slice(mark + 1),
    body: (request.body as string | undefined) ?? "",
  });
}

function written(binding: Binding, result: Message): HttpReply {
  const value = toJson(binding.method.desc.output, result, {
    useProtoFieldName: true,
    alwaysEmitImplicit: true,
  });
  return json(value, successOf(binding), { "cache-control": "no-store" });
}
