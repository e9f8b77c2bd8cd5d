/** What an operator's probes ask: alive, ready, and the counters. They answer at any host name. */
import type { FastifyInstance } from "fastify";
import type { Answer } from "./answer.ts";
import { arrivalOf } from "./arrival.ts";
import { type HttpReply, json } from "./http.ts";
import type { Metrics } from "./metrics.ts";

export interface HealthOptions {
  answer: Answer;
  metrics: Metrics;
  /** Whether the database answers and is migrated; a rejection counts as no. */
  ready(): Promise<boolean>;
}

const uncached = { "cache-control": "no-store" };

/** Registers `/healthz`, `/readyz` and `/metrics`. */
export function registerHealth(app: FastifyInstance, options: HealthOptions): void {
  const probes: Record<string, () => Promise<HttpReply>> = {
    "/healthz": async () => json({ status: "ok" }, 200, uncached),
    "/readyz": async () => {
      const ready = await options.ready().catch(() => false);
      return ready ? json({ status: "ready" }, 200, uncached) : json({ status: "not ready" }, 503, uncached);
    },
    "/metrics": async () => {
      const { body, contentType } = await options.metrics.text();
      return { status: 200, headers: { "content-type": contentType, ...uncached }, body };
    },
  };
  for (const [path, probe] of Object.entries(probes)) {
    app.get(path, async (request, reply) => {
      reply.hijack();
      const arrival = arrivalOf(request.raw);
      arrival.route = path;
      options.answer(reply.raw, arrival, await probe());
    });
  }
}
