/** What all doors of a directory's SCIM server share: the caller, the body, and answers in SCIM's media type. */
import type { Ctx } from "../../context.ts";
import type { Scope } from "../../protocols/scim/attributes.ts";
import { badRequest, ScimError } from "../../protocols/scim/errors.ts";
import { formatEtag, isNotModified } from "../../protocols/scim/etag.ts";
import type { JsonObject } from "../../protocols/scim/json.ts";
import type { ListParameters } from "../../protocols/scim/lists.ts";
import { type Projection, project, readProjection } from "../../protocols/scim/projection.ts";
import { bearerOf } from "../../transport/callers.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "../../transport/http.ts";
import { readJson } from "../../transport/json-body.ts";
import { SCIM_MEDIA_TYPE } from "../../transport/render.ts";
import * as environments from "../environments/environments.ts";
import type { Directory } from "./directories.ts";
import { admit } from "./scim-admission.ts";

export const root = "/directory/:directoryId/scim/v2";

/** A request of an identity provider that was let in. */
export interface Call {
  ctx: Ctx;
  directory: Directory;
  /** The address of the SCIM server, without a slash at the end. */
  base: string;
  request: HttpRequest;
}

export type Verb = Exclude<HttpRoute["method"], "OPTIONS">;

/** A route whose caller comes with a token of the directory. @param bodyLimit in bytes; 1 MiB if it is not said */
export function door(
  method: Verb,
  path: string,
  serve: (call: Call) => Promise<HttpReply>,
  bodyLimit?: number,
): HttpRoute {
  return openDoor(method, path, bodyLimit, async (ctx, request) => {
    const { directoryId = "" } = request.params;
    const directory = await admit(ctx, directoryId, tokenOf(request));
    return serve({ ctx, directory, base: await baseOf(ctx, directoryId), request });
  });
}

/** A route for everybody. */
export function openDoor(
  method: Verb,
  path: string,
  bodyLimit: number | undefined,
  handle: HttpRoute["handle"],
): HttpRoute {
  const limit = bodyLimit === undefined ? {} : { bodyLimit };
  return {
    method,
    path: root + path,
    errors: "scim",
    body: "json",
    limit: "apiPerAddress",
    ...limit,
    handle,
  };
}

/** The address that the identity provider was given, never the one that it called. */
export async function baseOf(ctx: Ctx, directoryId: string): Promise<string> {
  const { publicUrl } = await environments.current(ctx);
  return `${publicUrl}/directory/${directoryId}/scim/v2`;
}

function tokenOf({ headers: { authorization } }: HttpRequest): string | undefined {
  return typeof authorization === "string" ? bearerOf(authorization) : undefined;
}

/** @throws AppError for no JSON, ScimError for no body */
export function bodyOf({ request }: Call): unknown {
  if (request.body) return readJson(request.body);
  throw badRequest("invalidSyntax", "The request needs a body, a JSON object.");
}

/** The id in the path. @throws ScimError 404 where none is behind the slash */
export function idOf({ request }: Call): string {
  const { id = "" } = request.params;
  if (id === "") throw nothingHere();
  return id;
}

export function nothingHere(): ScimError {
  return new ScimError(404, "Nothing is served at this path.");
}

/** One header as text. */
export function headerOf({ request }: Call, name: "if-match" | "if-none-match"): string | undefined {
  const value = request.headers[name];
  return typeof value === "string" ? value : undefined;
}

/** The parameters of a list; others, such as Entra's `aadOptscim062020`, mean nothing here. */
export function parametersOf({ request: { query } }: Call): ListParameters {
  const of = (name: string) => query.get(name) ?? undefined;
  return {
    filter: of("filter"),
    sortBy: of("sortBy"),
    sortOrder: of("sortOrder"),
    startIndex: of("startIndex"),
    count: of("count"),
    cursor: of("cursor"),
    attributes: of("attributes"),
    excludedAttributes: of("excludedAttributes"),
  };
}

/** What of one resource the request asks for. */
export function projectionOf({ request: { query } }: Call, scope: Scope): Projection {
  return readProjection(
    query.get("attributes") ?? undefined,
    query.get("excludedAttributes") ?? undefined,
    scope,
  );
}

/** An answer in SCIM's media type. @param body a value, or JSON text in parts */
export function scim(
  body: object | string | AsyncIterable<string>,
  status = 200,
  headers: Record<string, string> = {},
): HttpReply {
  const isText = typeof body === "string" || Symbol.asyncIterator in body;
  return {
    status,
    headers: { "content-type": SCIM_MEDIA_TYPE, "cache-control": "no-store", ...headers },
    body: isText ? body : JSON.stringify(body),
  };
}

export const done: HttpReply = { status: 204 };

/** The headers of an answer that holds one resource; of a new one its address too (RFC 7644 section 3.3). */
export function headersOf(
  resource: JsonObject,
  row: { version: number },
  status: number,
): Record<string, string> {
  const { location } = resource.meta as { location: string };
  return { etag: formatEtag(row.version), ...(status === 201 && { location }) };
}

/** The answer to a GET whose sender has this version already; undefined when it has not. */
export function notModified(call: Call, row: { version: number }): HttpReply | undefined {
  const etag = formatEtag(row.version);
  return isNotModified(headerOf(call, "if-none-match"), etag)
    ? { status: 304, headers: { etag } }
    : undefined;
}

/** The answer that holds one resource, as far as it was asked for. */
export function one(
  call: Call,
  resource: JsonObject,
  row: { version: number },
  { scope, status = 200 }: { scope: Scope; status?: 200 | 201 },
): HttpReply {
  const shown = project(resource, projectionOf(call, scope), scope);
  return scim(shown, status, headersOf(resource, row, status));
}
