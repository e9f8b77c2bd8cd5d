/** What this process counts: requests by route and status, and the process itself, in Prometheus's format. */
import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

export interface Metrics {
  /** @param route the pattern that took the request; @param seconds from the head's arrival to the end of the answer */
  observe(method: string, route: string, status: number, seconds: number): void;
  /** The text of `/metrics`, with its media type. */
  text(): Promise<{ body: string; contentType: string }>;
}

// From a cached answer to a slow identity provider.
const BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

// The verbs that a label may hold: a client may send any word as its method.
const VERBS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]);

/** Makes the counters, in a registry of their own, so that several servers can live in one process. */
export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const labelNames = ["method", "route", "status"] as const;
  const requests = new Counter({
    name: "http_requests_total",
    help: "Requests that were answered, by route pattern and status.",
    labelNames,
    registers: [registry],
  });
  const latency = new Histogram({
    name: "http_request_duration_seconds",
    help: "Time from a request's head to the end of its answer.",
    labelNames: ["method", "route"] as const,
    buckets: BUCKETS,
    registers: [registry],
  });
  return {
    observe(verb, route, status, seconds) {
      const method = VERBS.has(verb) ? verb : "other";
      requests.inc({ method, route, status });
      latency.observe({ method, route }, seconds);
    },
    async text() {
      return { body: await registry.metrics(), contentType: registry.contentType };
    },
  };
}
