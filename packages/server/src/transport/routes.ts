/** Mounts the routes of our own (OAuth, SSO, pages) on Fastify: plain values in, plain values out. */
import type { ServerResponse } from "node:http";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { AppError } from "../errors.ts";
import { readCookies } from "../lib/cookies.ts";
import type { Answer } from "./answer.ts";
import { type Arrival, arrivalOf, pathOf } from "./arrival.ts";
import type { ErrorStyle, HttpRequest, HttpRoute } from "./http.ts";
import { textOfJson } from "./json-body.ts";
import { pageAssets } from "./page.ts";
import type { Pipeline } from "./pipeline.ts";
import { fastifyRefusal, refusals } from "./refusals.ts";
import { routeError } from "./render.ts";

export interface RoutesOptions {
  pipeline: Pipeline;
  answer: Answer;
  /** Makes anything thrown an error that may be read, see `settle` in `render.ts`. */
  settle(thrown: unknown, arrival: Arrival): AppError;
}

const FORM = "application/x-www-form-urlencoded";
const mostFields = 200;
/** Shared by all requests that carry none; nobody writes to what a request carries. */
const noParameters = new URLSearchParams();

/** Registers the routes and the files that pages link to; Fastify adds HEAD to each GET. */
export function registerRoutes(
  app: FastifyInstance,
  routes: readonly HttpRoute[],
  options: RoutesOptions,
): void {
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // URLSearchParams keeps a parameter that is given twice, which OAuth must refuse (RFC 6749 section 3.1).
    scope.addContentTypeParser(FORM, { parseAs: "string" }, (_request, body, done) => {
      if (isCrowded(String(body))) done(refusals.badRequest(`The form has more than ${mostFields} fields`));
      else done(null, new URLSearchParams(String(body)));
    });
    scope.addContentTypeParser("*", { parseAs: "string" }, (_request, _body, done) => done(null, undefined));
    for (const route of routes) if (route.body !== "json") mount(scope, route, options);
    for (const { path, reply: file } of pageAssets) {
      scope.get(path, (request, reply) => {
        reply.hijack();
        const arrival = arrivalOf(request.raw);
        arrival.route = path;
        options.answer(reply.raw, arrival, file);
      });
    }
  });
  app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (request, body, done) => {
      try {
        done(null, textOfJson(body as Buffer, request.headers["content-type"]));
      } catch (error) {
        done(error as Error);
      }
    });
    for (const route of routes) if (route.body === "json") mount(scope, route, options);
  });
}

function mount(scope: FastifyInstance, route: HttpRoute, options: RoutesOptions): void {
  const { limit, bodyLimit } = route;
  scope.route({
    method: route.method,
    url: route.path,
    ...(bodyLimit !== undefined && { bodyLimit }),
    // Only where there is something to count: a hook costs as much as a small answer.
    ...(limit !== undefined && {
      onRequest: (request, _reply, done) => {
        options.pipeline.count(limit, arrivalAt(route, request));
        done();
      },
    }),
    errorHandler: (error, request, reply) => {
      reply.hijack();
      fail(route.errors, fastifyRefusal(error, bodyLimit), arrivalAt(route, request), reply.raw, options);
    },
    handler: (request, reply) => {
      reply.hijack();
      arrivalAt(route, request);
      void serve(route, request, reply.raw, options);
    },
  });
}

/** The arrival of a request, which now knows its route, for the log and the metrics. */
function arrivalAt(route: HttpRoute, request: FastifyRequest): Arrival {
  const arrival = arrivalOf(request.raw);
  arrival.route = route.path;
  return arrival;
}

/** Parsing half a million fields takes seconds, in which nobody else is served: they are counted first. */
function isCrowded(form: string): boolean {
  let end = -1;
  for (let count = 0; count < mostFields; count++) {
    end = form.indexOf("&", end + 1);
    if (end === -1) return false;
  }
  return true;
}

async function serve(
  route: HttpRoute,
  request: FastifyRequest,
  response: ServerResponse,
  options: RoutesOptions,
): Promise<void> {
  const arrival = arrivalOf(request.raw);
  try {
    const ctx = await options.pipeline.open(arrival);
    options.answer(response, arrival, await route.handle(ctx, readRequest(request)));
  } catch (error) {
    fail(route.errors, error, arrival, response, options);
  }
}

function fail(
  style: ErrorStyle,
  error: unknown,
  arrival: Arrival,
  response: ServerResponse,
  options: RoutesOptions,
): void {
  options.answer(response, arrival, routeError(style, options.settle(error, arrival), arrival.id));
}

function readRequest(request: FastifyRequest): HttpRequest {
  const { raw } = request;
  const url = raw.url ?? "";
  const path = pathOf(url);
  const sent = request.body as URLSearchParams | string | undefined;
  const form = typeof sent === "object" ? sent : noParameters;
  const query = url.length === path.length ? noParameters : new URLSearchParams(url.slice(path.length));
  const params = request.params as Record<string, string>;
  // PostgreSQL stores no U+0000; unchecked it would end as an error of ours.
  if (url.includes("%00") || holdsNul(form))
    throw refusals.badRequest("The request holds the character U+0000");
  return {
    method: raw.method ?? "",
    path,
    params,
    query,
    rawQuery: url.slice(path.length + 1),
    form,
    ...(typeof sent === "string" && { body: sent }),
    headers: raw.headers,
    cookies: readCookies(raw.headers.cookie),
  };
}

function holdsNul(form: URLSearchParams): boolean {
  for (const [name, value] of form) if (name.includes("\0") || value.includes("\0")) return true;
  return false;
}
