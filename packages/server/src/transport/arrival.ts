/** A request whose head has arrived: its id, its client, its host, and the name of the route that took it. */
import { randomUUID } from "node:crypto";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import type { RequestInfo } from "../context.ts";

export interface Arrival extends RequestInfo {
  /** The `Host` header or `:authority`, in lower case; selects an environment and is never echoed. */
  readonly host: string;
  readonly headers: IncomingHttpHeaders;
  /** The pattern that took the request, never its path: metrics need few different values. */
  route: string;
}

const ARRIVAL = Symbol("arrival");
type Arrived = IncomingMessage & { [ARRIVAL]?: Arrival };

// Long enough to be unique, short and plain enough for every log line, page and header.
const WELL_FORMED_ID = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * Notes the arrival on the request.
 * @param clientIp reads the client's address, see `client-ip.ts`
 */
export function noteArrival(
  request: IncomingMessage,
  clientIp: (socketAddress: string | undefined, headers: IncomingHttpHeaders) => string,
): Arrival {
  const { headers } = request;
  const sent = headers["x-request-id"];
  const arrival: Arrival = {
    id: typeof sent === "string" && WELL_FORMED_ID.test(sent) ? sent : randomUUID(),
    ip: clientIp(request.socket.remoteAddress, headers),
    userAgent: headers["user-agent"] ?? "",
    host: (headers.host ?? String(headers[":authority"] ?? "")).toLowerCase(),
    headers,
    route: "unmatched",
  };
  (request as Arrived)[ARRIVAL] = arrival;
  return arrival;
}

/** The arrival that the listener noted on this request. */
export function arrivalOf(request: IncomingMessage): Arrival {
  const arrival = (request as Arrived)[ARRIVAL];
  if (arrival === undefined) throw new Error("The request did not come through the listener");
  return arrival;
}

/** The path of a request target as it was sent, undecoded and without the query, which may hold codes and tokens. */
export function pathOf(url: string): string {
  const end = url.indexOf("?");
  return end === -1 ? url : url.slice(0, end);
}
