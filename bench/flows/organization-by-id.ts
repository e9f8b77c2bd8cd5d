/**
 * The reading of one organization, over REST and over gRPC, and the empty answers that they are compared with.
 */
import type { GrpcCall, GrpcConnection } from "../lib/grpc-client.ts";
import { type Connection, requestText } from "../lib/http-client.ts";

/** GET of a path; expects 200 and `part` in the body. */
export function getJson(
  target: { host: string; path: string; bearer?: string },
  part: string,
): (connection: Connection) => Promise<void> {
  const request = requestText(
    "GET",
    target.host,
    target.path,
    target.bearer ? { bearer: target.bearer } : {},
  );
  return async (connection) => {
    const answer = await connection.send(request);
    if (answer.status !== 200 || !answer.body.includes(part)) {
      throw new Error(`${target.path} answered ${answer.status}: ${answer.body.slice(0, 300)}`);
    }
  };
}

/** A unary call; expects a message that holds `part`. */
export function callGrpc(call: GrpcCall, part: string): (connection: GrpcConnection) => Promise<void> {
  return async (connection) => {
    const message = await connection.call(call);
    if (!message.includes(part)) throw new Error(`${call.path} answered without ${part}`);
  };
}

/** The message of GetOrganization by id: the first field of the oneof. */
export function getOrganizationMessage(id: string): Uint8Array {
  return Buffer.concat([Buffer.from([0x0a, id.length]), Buffer.from(id, "latin1")]);
}
