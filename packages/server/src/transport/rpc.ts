/** Calls by RPC: which requests are calls, and who answers them. gRPC is ours, Connect and gRPC-Web are connect-es'. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AppError } from "../errors.ts";
import { type Arrival, pathOf } from "./arrival.ts";
import { createConnect } from "./connect.ts";
import { createGrpc, grpcTypeOf } from "./grpc.ts";
import type { Method } from "./methods.ts";
import type { Pipeline } from "./pipeline.ts";

export interface RpcOptions {
  methods: readonly Method[];
  pipeline: Pipeline;
  /** Makes anything thrown an error that may be read, see `settle` in `render.ts`. */
  settle(thrown: unknown, arrival: Arrival): AppError;
}

/** Answers one call; never rejects. */
export type ServeCall = (
  request: IncomingMessage,
  response: ServerResponse,
  arrival: Arrival,
) => Promise<void>;

export interface Rpc {
  /** Tells whether a request is a call: a POST to a method's path, or in gRPC's own media types to any path. */
  takes(request: IncomingMessage): boolean;
  serve: ServeCall;
}

/** Makes the RPC side of the transport. */
export function createRpc(options: RpcOptions): Rpc {
  const paths = new Set(options.methods.map((method) => method.path));
  const grpc = createGrpc(options);
  const connect = createConnect(options);
  return {
    takes: (request) =>
      request.method === "POST" &&
      (grpcTypeOf(request) !== undefined || paths.has(pathOf(request.url ?? ""))),
    serve(request, response, arrival) {
      response.setHeader("x-request-id", arrival.id);
      response.setHeader("x-content-type-options", "nosniff");
      const byConnect = grpcTypeOf(request) === undefined;
      return byConnect ? connect(request, response, arrival) : grpc(request, response, arrival);
    },
  };
}
