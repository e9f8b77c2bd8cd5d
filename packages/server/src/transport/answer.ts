/** Writes an answer to the socket, with the headers that every answer carries. RPC answers are written by connect. */
import type { OutgoingHttpHeaders, ServerResponse } from "node:http";
import { pipeline, Readable } from "node:stream";
import type { Config } from "../config.ts";
import type { Arrival } from "./arrival.ts";
import type { HttpReply } from "./http.ts";

export type Answer = (response: ServerResponse, arrival: Arrival, reply: HttpReply) => void;

/** Makes the writer; the fixed headers are put together once. */
export function createAnswer(config: Config): Answer {
  const fixed = securityHeaders(config);
  return (response, arrival, reply) => {
    // The client is gone or a time limit closed the stream: nobody reads what we would write.
    if (response.headersSent || response.destroyed) return;
    const body = reply.body ?? "";
    const isWhole = typeof body === "string" || Buffer.isBuffer(body);
    const headers: OutgoingHttpHeaders = { ...fixed, "x-request-id": arrival.id };
    // RFC 9110 section 8.6: no length in a 204.
    if (reply.status !== 204 && isWhole) headers["content-length"] = Buffer.byteLength(body);
    for (const name in reply.headers) headers[name.toLowerCase()] = reply.headers[name];
    response.writeHead(reply.status, headers);
    if (response.req.method === "HEAD" || (isWhole && body.length === 0)) response.end();
    else if (isWhole) response.end(body);
    else pipeline(Readable.from(body), response, ignore);
  };
}

/** A broken stream has ended the answer short of its end, which the client sees; whoever made the parts logs why. */
const ignore = (): void => undefined;

function securityHeaders(config: Config): OutgoingHttpHeaders {
  const https = config.tls !== undefined || config.publicUrl.startsWith("https://");
  return {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    // Only in production: on localhost it would lock every other port of the machine out of http.
    ...(https && config.mode === "production" && { "strict-transport-security": "max-age=31536000" }),
  };
}
