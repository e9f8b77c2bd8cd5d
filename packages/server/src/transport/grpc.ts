/** gRPC, gRPC-Web and Connect for every method of the contract, by connect-es, through our pipeline. */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { DescMethodUnary, Message } from "@bufbuild/protobuf";
import {
  Code,
  ConnectError,
  createConnectRouter,
  createContextKey,
  createContextValues,
  type HandlerContext,
} from "@connectrpc/connect";
import type { UniversalHandler, UniversalServerResponse } from "@connectrpc/connect/protocol";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Ctx } from "../context.ts";
import { AppError } from "../errors.ts";
import { type Arrival, pathOf } from "./arrival.ts";
import type { Method } from "./methods.ts";
import type { Pipeline } from "./pipeline.ts";
import { MAX_BODY_BYTES, refusals } from "./refusals.ts";
import { rpcError } from "./render.ts";

export interface RpcOptions {
  methods: readonly Method[];
  pipeline: Pipeline;
  /** Makes anything thrown an error that may be read, see `settle` in `render.ts`. */
  settle(thrown: unknown, arrival: Arrival): AppError;
}

export interface Rpc {
  /** Tells whether a request is a call: a POST to a method's path, or in gRPC's own media types to any path. */
  takes(request: IncomingMessage): boolean;
  /** Answers a call; never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, arrival: Arrival): Promise<void>;
}

const arrivalKey = createContextKey<Arrival | undefined>(undefined);
const ctxKey = createContextKey<Ctx | undefined>(undefined);

/** Makes the RPC side of the transport. */
export function createRpc(options: RpcOptions): Rpc {
  const handlers = compileHandlers(options);
  return {
    takes: (request) =>
      request.method === "POST" && (handlers.has(pathOf(request.url ?? "")) || isGrpc(request)),
    async serve(request, response, arrival) {
      response.setHeader("x-request-id", arrival.id);
      response.setHeader("x-content-type-options", "nosniff");
      const handler = handlers.get(pathOf(request.url ?? ""));
      try {
        if (handler === undefined) return answerUnknown(response, arrival);
        arrival.route = handler.requestPath;
        const values = createContextValues().set(arrivalKey, arrival);
        const call = universalRequestFromNodeRequest(request, response, undefined, values);
        const answer = await handler({ ...call, body: bodyOf(request) });
        // A body that nobody wanted to read would block the requests behind it.
        request.resume();
        await universalResponseToNodeResponse(withDetails(answer, arrival), response);
      } catch (error) {
        abandon(error, response, arrival, options);
      }
    },
  };
}

/**
 * The request's bytes. One that is refused half-way is read off to its end: `for await` over the request itself would
 * destroy it, and with it the connection that other requests use.
 */
async function* bodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  try {
    yield* request.iterator({ destroyOnReturn: false });
  } finally {
    request.resume();
  }
}

function isGrpc(request: IncomingMessage): boolean {
  return request.headers["content-type"]?.startsWith("application/grpc") === true;
}

function compileHandlers(options: RpcOptions): ReadonlyMap<string, UniversalHandler> {
  const byDesc = new Map(options.methods.map((method) => [method.desc, method]));
  const router = createConnectRouter({
    readMaxBytes: MAX_BODY_BYTES,
    acceptCompression: [compressionGzip, compressionBrotli],
    // Runs on the head alone: who may not call gets no message decoded.
    requestGate: (call) =>
      translated(call, options, async (arrival) => {
        const method = byDesc.get(call.method);
        if (method !== undefined) call.values.set(ctxKey, await options.pipeline.admit(method, arrival));
      }),
  });
  for (const method of options.methods) {
    router.rpc(method.desc as DescMethodUnary, (message: Message, call: HandlerContext) =>
      translated(call, options, () => options.pipeline.call(method, admitted(call), message)),
    );
  }
  return new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
}

function admitted(call: HandlerContext): Ctx {
  const ctx = call.values.get(ctxKey);
  if (ctx === undefined) throw new Error("A call reached its handler without the request gate");
  return ctx;
}

async function translated<T>(
  call: HandlerContext,
  options: RpcOptions,
  step: (arrival: Arrival) => Promise<T>,
): Promise<T> {
  const arrival = call.values.get(arrivalKey);
  if (arrival === undefined) throw new Error("A call came without its arrival");
  try {
    return await step(arrival);
  } catch (error) {
    throw rpcError(options.settle(error, arrival), arrival.id);
  }
}

/**
 * Adds details to the errors that connect-es raises by itself (a message too large, undecodable, compressed in an
 * unknown way): clients read the details trailer without asking whether it is there.
 */
function withDetails(answer: UniversalServerResponse, arrival: Arrival): UniversalServerResponse {
  const { trailer } = answer;
  const status = Number(trailer?.get("grpc-status") ?? 0);
  if (trailer === undefined || status === 0 || trailer.has("grpc-status-details-bin")) return answer;
  const message = decodeURIComponent(trailer.get("grpc-message") ?? "");
  setTrailerStatus(trailer, rpcError(protocolError(status, message), arrival.id));
  return answer;
}

function protocolError(code: Code, message: string): AppError {
  switch (code) {
    case Code.ResourceExhausted:
      return new AppError(
        "RESOURCE_EXHAUSTED",
        "RESOURCE_EXHAUSTED",
        `The message is larger than ${MAX_BODY_BYTES} bytes`,
      );
    case Code.Unimplemented:
      return new AppError("UNIMPLEMENTED", "UNIMPLEMENTED", message);
    case Code.DeadlineExceeded:
      return new AppError("DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED", "The deadline of the call passed");
    case Code.Canceled:
    case Code.Aborted:
      return new AppError("ABORTED", "ABORTED", "The call was cancelled");
    default:
      return refusals.badRequest(`The message cannot be read: ${message}`);
  }
}

/** A gRPC client expects a status, not a 404, for a service that is not there. */
function answerUnknown(response: ServerResponse, arrival: Arrival): void {
  const error = rpcError(refusals.notBuilt("This method"), arrival.id);
  const trailersOnly = setTrailerStatus(new Headers({ "content-type": "application/grpc+proto" }), error);
  response.writeHead(200, Object.fromEntries(trailersOnly)).end();
}

/** The answer could not be written: most often the client is gone, and nobody is there to be told. */
function abandon(error: unknown, response: ServerResponse, arrival: Arrival, options: RpcOptions): void {
  const code = ConnectError.from(error).code;
  if (code !== Code.Aborted && code !== Code.Canceled) options.settle(error, arrival);
  response.destroy();
}
