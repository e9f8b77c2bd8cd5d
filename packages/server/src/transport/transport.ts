/**
 * Puts the transport together: one listener; behind it RPC, and by Fastify REST, our own routes, assets and
 * health. Knows the doors by their form only.
 */
import type { DescService } from "@bufbuild/protobuf";
import type { App, Emit } from "../context.ts";
import type { AppError } from "../errors.ts";
import { createAnswer } from "./answer.ts";
import type { Arrival } from "./arrival.ts";
import type { Verifiers } from "./callers.ts";
import { ctxBuilder } from "./ctx.ts";
import type { HttpRoute } from "./http.ts";
import { compileMethods } from "./methods.ts";
import { createMetrics } from "./metrics.ts";
import { observer } from "./observer.ts";
import { createPipeline } from "./pipeline.ts";
import { settle } from "./render.ts";
import { createRpc } from "./rpc.ts";
import { createListener } from "./server.ts";
import type { ServiceDoor } from "./service.ts";
import { createWeb } from "./web.ts";

export interface TransportOptions extends Verifiers {
  app: App;
  services: readonly ServiceDoor[];
  /** Every service of the contract; those without a door answer UNIMPLEMENTED. */
  contract: readonly DescService[];
  routes: readonly HttpRoute[];
  /** @returns the id of the environment that answers at this host (with port, lower case), or undefined */
  resolveEnvironment(host: string): Promise<string | undefined>;
  emit: Emit;
  /** Whether the database answers and is migrated. */
  ready(): Promise<boolean>;
}

export interface Transport {
  /** Binds `config.host` and `config.port`. @returns the port, which differs when 0 was asked for */
  listen(): Promise<{ port: number }>;
  /** Lets requests in flight finish, for 10 s at most, and closes the rest at once. */
  stop(): Promise<void>;
}

/**
 * Makes the transport.
 * @throws Error when a door does not fit the contract, or a trusted proxy is no CIDR
 */
export function createTransport(options: TransportOptions): Transport {
  const { app } = options;
  const shared = {
    methods: compileMethods(options.contract, options.services),
    pipeline: createPipeline({
      app,
      resolveEnvironment: options.resolveEnvironment,
      verifyBearer: options.verifyBearer,
      verifyCookies: options.verifyCookies,
      createCtx: ctxBuilder(app, options.emit),
    }),
    settle: (thrown: unknown, arrival: Arrival): AppError =>
      settle(thrown, app.log, arrival.id, arrival.route),
  };
  const metrics = createMetrics();
  const rpc = createRpc(shared);
  const web = createWeb({
    ...shared,
    routes: options.routes,
    answer: createAnswer(app.config),
    metrics,
    ready: options.ready,
  });
  const arrive = observer(app, metrics);
  const listener = createListener({
    host: app.config.host,
    port: app.config.port,
    tls: app.config.tls,
    handle(request, response) {
      const arrival = arrive(request, response);
      if (rpc.takes(request)) void rpc.serve(request, response, arrival);
      else web.routing(request, response);
    },
  });
  return {
    async listen() {
      await web.ready();
      return listener.listen();
    },
    async stop() {
      await listener.stop();
      await web.close();
    },
  };
}
