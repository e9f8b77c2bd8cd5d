/**
 * What a route of ours sees and answers: plain values, so that a door is tested without a socket and no rule
 * ever meets a framework.
 */
import type { AddressLimit } from "../config.ts";
import type { Ctx } from "../context.ts";

export interface HttpRequest {
  method: string;
  path: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The same as it was sent, without the "?": some signatures cover these very characters. */
  rawQuery: string;
  /** The body of a form post (`application/x-www-form-urlencoded`); empty for other bodies. */
  form: URLSearchParams;
  /** The text of the body where the route takes JSON, which `readJson` reads once the caller is known. */
  body?: string;
  headers: Readonly<Record<string, string | string[] | undefined>>;
  cookies: Readonly<Record<string, string>>;
}

export interface HttpReply {
  status: number;
  headers?: Record<string, string | string[]>;
  /** Parts are sent as they come, for what would be too large to be held as one text. */
  body?: string | Buffer | AsyncIterable<string>;
}

/** In which words a failed route answers: a page for browsers, RFC 6749 JSON, the API's error body, or SCIM's. */
export type ErrorStyle = "page" | "oauth" | "api" | "scim";

export interface HttpRoute {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "OPTIONS";
  /** Fastify's path syntax: `/sso/v1/saml/:connectionId/callback`. */
  path: string;
  errors: ErrorStyle;
  /** What a body is read as; a form if it is not said. */
  body?: "form" | "json";
  /** In bytes; 1 MiB if it is not said. */
  bodyLimit?: number;
  /** Counted by address before the body is read. For what strangers can ask for, and we pay for with rows or CPU. */
  limit?: AddressLimit;
  handle(ctx: Ctx, request: HttpRequest): Promise<HttpReply>;
}

/** A redirect; 303 after a POST so that the browser goes on with GET (RFC 9110 section 15.4.4). */
export function redirect(location: string, status: 302 | 303 = 302, cookies: string[] = []): HttpReply {
  return {
    status,
    headers: { location, "cache-control": "no-store", ...(cookies.length > 0 && { "set-cookie": cookies }) },
  };
}

/** A JSON answer, with the headers given. */
export function json(value: unknown, status = 200, headers: Record<string, string> = {}): HttpReply {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: JSON.stringify(value),
  };
}
