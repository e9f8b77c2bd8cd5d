/** Connect and gRPC-Web for every method of the contract, by connect-es, through our pipeline. */
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
import type { UniversalHandler } from "@connectrpc/connect/protocol";
import {
  compressionBrotli,
  compressionGzip,
  universalRequestFromNodeRequest,
  universalResponseToNodeResponse,
} from "@connectrpc/connect-node";
import type { Ctx } from "../context.ts";
import { type Arrival, pathOf } from "./arrival.ts";
import { MAX_BODY_BYTES } from "./refusals.ts";
import { rpcError } from "./render.ts";
import type { RpcOptions, ServeCall } from "./rpc.ts";

const arrivalKey = createContextKey<Arrival | undefined>(undefined);
const ctxKey = createContextKey<Ctx | undefined>(undefined);

/** Makes what answers the calls to methods of the contract that are not gRPC; what is no RPC at all gets 415. */
export function createConnect(options: RpcOptions): ServeCall {
  const handlers = compileHandlers(options);
  return async (request, response, arrival) => {
    const path = pathOf(request.url ?? "");
    const handler = handlers.get(path);
    if (handler === undefined) throw new Error(`There is no method at ${path}`);
    arrival.route = path;
    try {
      const values = createContextValues().set(arrivalKey, arrival);
      const call = universalRequestFromNodeRequest(request, response, undefined, values);
      const answer = await handler({ ...call, body: bodyOf(request) });
      // A body that nobody wanted to read would block the requests behind it.
      request.resume();
      await universalResponseToNodeResponse(answer, response);
    } catch (error) {
      abandon(error, response, arrival, options);
    }
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

function compileHandlers(options: RpcOptions): ReadonlyMap<string, UniversalHandler> {
  const byDesc = new Map(options.methods.map((method) => [method.desc, method]));
  const router = createConnectRouter({
    grpc: false,
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

/** The answer could not be written: most often the client is gone, and nobody is there to be told. */
function abandon(error: unknown, response: ServerResponse, arrival: Arrival, options: RpcOptions): void {
  const code = ConnectError.from(error).code;
  if (code !== Code.Aborted && code !== Code.Canceled) options.settle(error, arrival);
  response.destroy();
}
