/**
 * The reading of one organization, over REST and over gRPC, and the empty answers that they are compared with.
 */
import type { GrpcCall, GrpcConnection } from "../lib/grpc-client.ts";
import { type Connection, requestText } from "../lib/http-client.ts";

/** What a worker asks for, and a part of the answer that it expects. */
type Asked<Request> = (worker: number) => { request: Request; part: string };

/** GET of a worker's own path; expects 200. */
export function getJson(
  target: { host: string; bearer?: string },
  asked: Asked<string>,
): (connection: Connection, worker: number) => Promise<void> {
  const bearer = target.bearer ? { bearer: target.bearer } : {};
  const prepared = perWorker(({ request, part }) => {
    return { path: request, text: requestText("GET", target.host, request, bearer), part };
  }, asked);
  return async (connection, worker) => {
    const { path, text, part } = prepared(worker);
    const answer = await connection.send(text);
    if (answer.status !== 200 || !answer.body.includes(part)) {
      throw new Error(`${path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    }
  };
}

/** A unary call with a worker's own message. */
export function callGrpc(
  call: GrpcCall,
  asked: Asked<Uint8Array>,
): (connection: GrpcConnection, worker: number) => Promise<void> {
  const prepared = perWorker((each) => each, asked);
  return async (connection, worker) => {
    const { request, part } = prepared(worker);
    const message = await connection.call(call, request);
    if (!message.includes(part)) throw new Error(`${call.path} answered without ${part}`);
  };
}

/** Each worker sends the same again and again, so it is made once. */
function perWorker<Request, Prepared>(
  prepare: (each: ReturnType<Asked<Request>>) => Prepared,
  asked: Asked<Request>,
): (worker: number) => Prepared {
  const known: Prepared[] = [];
  return (worker) => (known[worker] ??= prepare(asked(worker)));
}

/** The message of GetOrganization by id: the first field of the oneof. */
export function getOrganizationMessage(id: string): Uint8Array {
  return Buffer.concat([Buffer.from([0x0a, id.length]), Buffer.from(id, "latin1")]);
}
