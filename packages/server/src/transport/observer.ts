/** One log line and one count for every request, when its answer has ended or its client has gone. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { App } from "../context.ts";
import { type Arrival, noteArrival, pathOf } from "./arrival.ts";
import { clientIpReader } from "./client-ip.ts";
import type { Metrics } from "./metrics.ts";

const QUIET = new Set(["/healthz", "/readyz", "/metrics"]);

// The path of such a route is a secret by itself: its pattern is logged instead.
const SECRET_IN_PATH = /[:{]\w*(token|secret|code|ticket)/i;

/**
 * Makes the function that every request passes first.
 * @throws Error when a trusted proxy of the configuration is no CIDR
 */
export function observer(
  app: App,
  metrics: Metrics,
): (request: IncomingMessage, response: ServerResponse) => Arrival {
  const clientIp = clientIpReader(app.config.trustedProxies);
  return (request, response) => {
    const started = performance.now();
    const arrival = noteArrival(request, clientIp);
    response.once("close", () => {
      const ms = performance.now() - started;
      metrics.observe(request.method ?? "", arrival.route, response.statusCode, ms / 1000);
      // Probes come every few seconds and say nothing.
      const level = QUIET.has(arrival.route) ? "debug" : "info";
      if (!app.log.isLevelEnabled(level)) return;
      const line = {
        method: request.method,
        path: loggedPath(request, arrival),
        status: response.statusCode,
        ms: Math.round(ms * 10) / 10,
        requestId: arrival.id,
      };
      // The client left before the answer was written: its doing, not an error.
      const words = response.writableFinished ? "request" : "request, client gone";
      app.log[level](line, words);
    });
    return arrival;
  };
}

function loggedPath(request: IncomingMessage, arrival: Arrival): string {
  return SECRET_IN_PATH.test(arrival.route) ? arrival.route : pathOf(request.url ?? "");
}
