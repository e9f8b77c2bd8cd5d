/** The Fastify side: REST, our own routes, assets and health, and an answer for what none of them takes. */
import type { IncomingMessage } from "node:http";
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import type { AppError } from "../errors.ts";
import { allowedVerbs } from "./allow.ts";
import type { Answer } from "./answer.ts";
import { type Arrival, arrivalOf, pathOf } from "./arrival.ts";
import { bindingsOf } from "./bindings.ts";
import { type HealthOptions, registerHealth } from "./health.ts";
import type { HttpRoute } from "./http.ts";
import type { Method } from "./methods.ts";
import type { Pipeline } from "./pipeline.ts";
import { fastifyRefusal, MAX_BODY_BYTES, refusals, wrongVerb } from "./refusals.ts";
import { routeError } from "./render.ts";
import { registerRest } from "./rest.ts";
import { registerRoutes } from "./routes.ts";

export interface WebOptions extends HealthOptions {
  methods: readonly Method[];
  routes: readonly HttpRoute[];
  pipeline: Pipeline;
  answer: Answer;
  /** Makes anything thrown an error that may be read, see `settle` in `render.ts`. */
  settle(thrown: unknown, arrival: Arrival): AppError;
}

// External ids in paths may be long; Fastify's own limit of 100 would answer 414.
const MAX_VARIABLE_LENGTH = 2048;

/** Makes the Fastify instance. It never listens: its `routing` gets the requests of our listener. */
export function createWeb(options: WebOptions): FastifyInstance {
  const bindings = bindingsOf(options.methods);
  const app = Fastify({
    bodyLimit: MAX_BODY_BYTES,
    routerOptions: { maxParamLength: MAX_VARIABLE_LENGTH, querystringParser: () => ({}) },
    frameworkErrors: (error, request, reply) => refuse(error, request, reply, options),
  });
  // An unknown path is unknown whatever is sent to it: its body is not read.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", (_request, _payload, done) => done(null, undefined));
  registerHealth(app, options);
  registerRest(app, bindings, options);
  registerRoutes(app, options.routes, options);
  const verbsOf = allowedVerbs([
    ...bindings,
    ...options.routes.map(({ method, path }) => ({ verb: method, route: path })),
    ...options.methods.map(({ path }) => ({ verb: "POST", route: path })),
  ]);
  const unserved = ({ raw }: FastifyRequest) => {
    const verbs = verbsOf(pathOf(raw.url ?? ""));
    return verbs.length > 0 ? wrongVerb(verbs) : refusals.noRoute();
  };
  app.setNotFoundHandler((request, reply) => refuse(unserved(request), request, reply, options));
  // Fastify wants a QUERY to name its content type before it looks whether anything takes a QUERY (nothing does).
  app.setErrorHandler((error, request, reply) =>
    refuse(isUntypedQuery(error) ? unserved(request) : error, request, reply, options),
  );
  return app;
}

function refuse(error: unknown, request: FastifyRequest, reply: FastifyReply, options: WebOptions): void {
  reply.hijack();
  const arrival = arrivalOf(request.raw);
  const style = prefersPage(request.raw) ? "page" : "api";
  const shown = options.settle(fastifyRefusal(error), arrival);
  options.answer(reply.raw, arrival, routeError(style, shown, arrival.id));
}

function isUntypedQuery(error: unknown): boolean {
  return (error as { code?: unknown } | null)?.code === "FST_ERR_ROUTE_MISSING_CONTENT_TYPE";
}

/** Browsers ask for HTML before anything else; programs do not. */
function prefersPage(request: IncomingMessage): boolean {
  const accept = request.headers.accept ?? "";
  const html = accept.indexOf("text/html");
  const json = accept.indexOf("application/json");
  return html !== -1 && (json === -1 || html < json);
}
