/** What a redirect makes of a request to a customer's address: the next request, or nothing. Pure. */
import { OutboundError } from "./outbound-error.ts";

export type OutboundBody =
  | ArrayBuffer
  | ReadableStream
  | string
  | Uint8Array
  | URLSearchParams
  | null
  | undefined;

export interface OutboundRequest {
  url: URL;
  method: string;
  headers: Headers;
  body: OutboundBody;
}

// Any other header may carry a credential: to another origin goes only what says how to answer.
const HARMLESS_HEADERS = ["accept", "accept-language", "user-agent"];
const BODY_HEADERS = [
  "content-type",
  "content-length",
  "content-encoding",
  "content-language",
  "content-location",
];

/**
 * Follows the rules of the Fetch standard (HTTP-redirect fetch), and is stricter across origins: no body, no
 * credential and no unsafe method leaves the origin that they were meant for.
 * @returns undefined when the answer is no redirect
 * @throws OutboundError when the target cannot be read, would give up TLS, or the body cannot be sent twice
 */
export function redirectedRequest(
  request: OutboundRequest,
  answer: { status: number; location: string | null },
): OutboundRequest | undefined {
  if (![301, 302, 303, 307, 308].includes(answer.status) || answer.location === null) return undefined;
  const url = URL.parse(answer.location, request.url.href);
  const from = request.url.host;
  if (url === null) {
    throw new OutboundError("url_refused", from, `${from} redirects to an address that cannot be read.`);
  }
  if (request.url.protocol === "https:" && url.protocol !== "https:") {
    const message = `${from} redirects from https to ${url.protocol}//${url.host}: an answer that gives up TLS is not followed.`;
    throw new OutboundError("scheme_refused", from, message);
  }
  const sameOrigin = url.origin === request.url.origin;
  const next =
    sameOrigin && !becomesGet(request.method, answer.status) ? { ...request, url } : asGet(request, url);
  if (!sameOrigin) next.headers = only(next.headers, HARMLESS_HEADERS);
  if (next.body instanceof ReadableStream) {
    throw new OutboundError(
      "too_many_redirects",
      from,
      `${from} redirects a request whose body cannot be repeated.`,
    );
  }
  return next;
}

/** 303 always, 301 and 302 of a POST as browsers do it. */
function becomesGet(method: string, status: number): boolean {
  return status === 303 || ((status === 301 || status === 302) && method === "POST");
}

function asGet(request: OutboundRequest, url: URL): OutboundRequest {
  const headers = new Headers(request.headers);
  for (const name of BODY_HEADERS) headers.delete(name);
  return { url, method: request.method === "HEAD" ? "HEAD" : "GET", headers, body: undefined };
}

function only(headers: Headers, names: readonly string[]): Headers {
  return new Headers([...headers].filter(([name]) => names.includes(name)));
}
