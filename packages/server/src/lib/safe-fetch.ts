/**
 * The one way out: every request to an address that a customer gave goes through here. Each address is judged at the
 * moment of the connection, so that a name which resolves anew in between (DNS rebinding) gains nothing; redirects
 * are followed by us and judged afresh; time and size are limited over the whole exchange.
 */
import { lookup } from "node:dns/promises";
import { Agent, fetch as undiciFetch } from "undici";
import { guardedConnector, type Resolve, targetOf } from "./outbound-connector.ts";
import { OutboundError, schemeRefused } from "./outbound-error.ts";
import { type Deadline, limitedBody, startDeadline } from "./outbound-limits.ts";
import { createOutboundPolicy, type OutboundPolicy } from "./outbound-policy.ts";
import { type OutboundBody, type OutboundRequest, redirectedRequest } from "./outbound-redirect.ts";

export interface SafeFetchInit {
  method?: string | undefined;
  headers?: Headers | Record<string, string> | undefined;
  body?: OutboundBody;
  signal?: AbortSignal | undefined;
  /** For the whole exchange: names, redirects, headers and body. Default 10,000. */
  timeoutMs?: number | undefined;
  /** Of the body as the caller reads it, after decompression. Default 5 MiB. */
  maxBytes?: number | undefined;
  /**
   * `follow` (the default) goes through up to three redirects, `error` refuses the first, `manual` returns it to the
   * caller.
   */
  redirect?: "follow" | "error" | "manual" | undefined;
}

/**
 * As `fetch`, with a guard; fits as `customFetch` of openid-client and jose.
 * @throws OutboundError, also from the body of the answer while it is read; the reason of `signal` when that aborts
 */
export type SafeFetch = (url: string | URL, init?: SafeFetchInit) => Promise<Response>;

export interface SafeFetchOptions {
  /** Entries of GATEHOUSE_OUTBOUND_ALLOW. */
  allow: readonly string[];
  /** http to public addresses too, not only to those in `allow`. */
  allowHttp: boolean;
  /** Default: the system's resolver. */
  resolve?: Resolve;
}

const MAX_REDIRECTS = 3;
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_MAX_BYTES = 5 * 1024 * 1024;

/** @throws TypeError when an entry of `allow` cannot be read */
export function createSafeFetch(options: SafeFetchOptions): SafeFetch {
  const policy = createOutboundPolicy(options);
  const resolve = options.resolve ?? ((hostname) => lookup(hostname, { all: true, order: "verbatim" }));
  // An agent of our own is not steered by HTTP_PROXY: behind a proxy no address could be judged.
  const agent = new Agent({ connect: guardedConnector(policy, resolve), allowH2: false });
  return async (url, init = {}) => {
    const first = firstRequest(url, init);
    const deadline = startDeadline(init.timeoutMs ?? DEFAULT_TIMEOUT_MS, init.signal);
    try {
      return await exchange(first, init, deadline, (request) => {
        deadline.host = request.url.host;
        refuseAtSight(policy, request.url);
        return send(agent, request, deadline.signal);
      });
    } catch (error) {
      const failure = deadline.failure(error);
      deadline.abandon();
      throw failure;
    }
  };
}

/** Asks, follows redirects as far as they may be followed, and hands over the last answer. */
async function exchange(
  first: OutboundRequest,
  init: SafeFetchInit,
  deadline: Deadline,
  ask: (request: OutboundRequest) => Promise<Answer>,
): Promise<Response> {
  const most = init.redirect === "error" ? 0 : MAX_REDIRECTS;
  let request = first;
  for (let followed = 0; ; followed++) {
    const answer = await ask(request);
    const next = init.redirect === "manual" ? undefined : redirectOf(request, answer);
    if (next === undefined) return deliver(answer, request.url, init.maxBytes ?? DEFAULT_MAX_BYTES, deadline);
    await answer.body?.cancel();
    if (followed === most) throw tooManyRedirects(request.url.host, most);
    request = next;
  }
}

type Answer = Awaited<ReturnType<typeof undiciFetch>>;

function firstRequest(url: string | URL, init: SafeFetchInit): OutboundRequest {
  const parsed = URL.parse(String(url));
  if (parsed === null) throw new OutboundError("url_refused", "", `"${url}" is not a URL.`);
  const headers = new Headers(init.headers);
  if (!headers.has("user-agent")) headers.set("user-agent", "Gatehouse");
  return { url: parsed, method: (init.method ?? "GET").toUpperCase(), headers, body: init.body };
}

/** What needs no resolver to be refused. */
function refuseAtSight(policy: OutboundPolicy, url: URL): void {
  if (!policy.mayUseScheme(targetOf(url))) throw schemeRefused(url.host, url.protocol);
  if (url.username !== "" || url.password !== "") {
    const message = `The URL of ${url.host} carries a user name or password.`;
    throw new OutboundError("url_refused", url.host, message);
  }
}

function send(agent: Agent, request: OutboundRequest, signal: AbortSignal): Promise<Answer> {
  return undiciFetch(request.url, {
    method: request.method,
    headers: [...request.headers],
    body: request.body ?? null,
    duplex: "half",
    redirect: "manual",
    signal,
    dispatcher: agent,
  });
}

function redirectOf(request: OutboundRequest, answer: Answer): OutboundRequest | undefined {
  return redirectedRequest(request, { status: answer.status, location: answer.headers.get("location") });
}

function tooManyRedirects(host: string, most: number): OutboundError {
  const message =
    most === 0
      ? `${host} answered with a redirect, which is not followed here: give the address that it leads to.`
      : `${host} redirects once more: at most ${most} redirects are followed.`;
  return new OutboundError("too_many_redirects", host, message);
}

/** Makes a standard `Response` whose body keeps the limits while it is read. */
function deliver(answer: Answer, url: URL, maxBytes: number, deadline: Deadline): Response {
  const headers = new Headers([...answer.headers]);
  // The body is decoded already: who hands it on must not announce the encoding and length of the wire.
  if (headers.has("content-encoding")) {
    headers.delete("content-encoding");
    headers.delete("content-length");
  }
  const source = [204, 205, 304].includes(answer.status) ? null : answer.body;
  if (source === null) deadline.clear();
  const body = source && limitedBody(source as ReadableStream<Uint8Array>, maxBytes, deadline);
  const response = new Response(body, { status: answer.status, statusText: answer.statusText, headers });
  return Object.defineProperty(response, "url", { value: url.href });
}
