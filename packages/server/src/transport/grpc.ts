/**
 * gRPC for every method of the contract, over HTTP/2 and over HTTP/1.1 with trailers, by a framing of our own: all
 * methods are unary, so a call is one message in, one message and a status out. docs/decisions/0008-grpc-framing.md
 * says why.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { setTrailerStatus } from "@connectrpc/connect/protocol-grpc";
import type { AppError } from "../errors.ts";
import { type Arrival, pathOf } from "./arrival.ts";
import { withinDeadline } from "./grpc-deadline.ts";
import { ENCODINGS, frameOf, readFrame } from "./grpc-frame.ts";
import type { Method } from "./methods.ts";
import { refusals } from "./refusals.ts";
import { rpcError } from "./render.ts";
import type { RpcOptions, ServeCall } from "./rpc.ts";

// gRPC in JSON is not spoken; gRPC-Web, whose type begins likewise, is not ours.
const GRPC_TYPE = /^application\/grpc(\+proto)?(?=;|$)/;

/** The media type of a gRPC call, without its parameters; undefined when the request is none. */
export function grpcTypeOf(request: IncomingMessage): string | undefined {
  const type = request.headers["content-type"];
  // What nearly all clients say.
  return type === "application/grpc" ? type : GRPC_TYPE.exec(type ?? "")?.[0];
}

/** Makes what answers gRPC calls, to methods that there are and that there are not. */
export function createGrpc(options: RpcOptions): ServeCall {
  const byPath = new Map(options.methods.map((method) => [method.path, method]));
  return async (request, response, arrival) => {
    const method = byPath.get(pathOf(request.url ?? ""));
    if (method === undefined) return answerUnknown(request, response, arrival);
    arrival.route = method.path;
    try {
      const result = await withinDeadline(arrival.headers, () => call(method, request, arrival, options));
      answer(request, response, frameOf(toBinary(method.desc.output, result)), { "grpc-status": "0" });
    } catch (error) {
      const shown = options.settle(error, arrival);
      answer(request, response, undefined, statusOf(shown, arrival));
    }
  };
}

async function call(
  method: Method,
  request: IncomingMessage,
  arrival: Arrival,
  { pipeline }: RpcOptions,
): Promise<Message> {
  // Needs the head alone: who may not call gets no message read.
  const ctx = await pipeline.admit(method, arrival);
  return pipeline.call(method, ctx, decoded(method, await readFrame(request)));
}

function decoded(method: Method, bytes: Uint8Array): Message {
  try {
    return fromBinary(method.desc.input, bytes);
  } catch (error) {
    throw refusals.badRequest(`The message cannot be read: ${(error as Error).message}`);
  }
}

function answer(
  request: IncomingMessage,
  response: ServerResponse,
  frame: Buffer | undefined,
  trailers: Record<string, string>,
): void {
  // A body that nobody wanted to read would block the requests behind it.
  request.resume();
  // The client is gone or a time limit closed the stream: nobody reads what we would write.
  if (response.headersSent || response.destroyed) return;
  response.writeHead(200, headOf(request));
  response.addTrailers(trailers);
  if (frame === undefined) response.end();
  else response.end(frame);
}

/** A gRPC client expects a status, not a 404, for a method that is not there; it stands in the head, for no message follows. */
function answerUnknown(request: IncomingMessage, response: ServerResponse, arrival: Arrival): void {
  request.resume();
  const status = statusOf(refusals.notBuilt("This method"), arrival);
  response.writeHead(200, { ...headOf(request), ...status }).end();
}

function headOf(request: IncomingMessage): Record<string, string> {
  return { "content-type": grpcTypeOf(request) ?? "application/grpc", "grpc-accept-encoding": ENCODINGS };
}

/** Code, message and details; details always, since clients read them without asking whether they are there. */
function statusOf(error: AppError, arrival: Arrival): Record<string, string> {
  return Object.fromEntries(setTrailerStatus(new Headers(), rpcError(error, arrival.id)));
}
