/** The one message of a unary gRPC call: five bytes that say how long it is and whether it is packed, then its bytes. */
import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { MAX_BODY_BYTES, refusals } from "./refusals.ts";

/** What a message may be packed with; "identity" is none. */
export const ENCODINGS = "identity,gzip";

const PREFIX_BYTES = 5;
const unpackGzip = promisify(gunzip);

/**
 * Reads the message of a call. A request that is refused half-way is read off by nobody: the caller resumes it.
 * @throws AppError RESOURCE_EXHAUSTED for one that is larger than 1 MiB, also once it is unpacked; UNIMPLEMENTED for
 *   none, for more than one, and for an unknown encoding (as gRPC's list of status codes has it); INVALID_ARGUMENT for
 *   one that ends early or is packed in another way than the head says; ABORTED when the client left
 */
export async function readFrame(request: IncomingMessage): Promise<Uint8Array> {
  const encoding = String(request.headers["grpc-encoding"] ?? "identity");
  if (!ENCODINGS.split(",").includes(encoding)) throw refusals.unknownEncoding(encoding, ENCODINGS);
  const { packed, message } = await collect(request, new FrameReader());
  if (!packed) return message;
  if (encoding !== "gzip")
    throw refusals.badRequest("The message is packed, but grpc-encoding does not say how");
  return unpack(message);
}

/** A message with the five bytes in front, not packed. */
export function frameOf(message: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(PREFIX_BYTES + message.length);
  frame[0] = 0;
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, PREFIX_BYTES);
  return frame;
}

interface Frame {
  packed: boolean;
  message: Uint8Array;
}

function collect(request: IncomingMessage, reader: FrameReader): Promise<Frame> {
  return new Promise((resolve, reject) => {
    const settle = (step: () => void): void => {
      try {
        step();
      } catch (error) {
        request.off("data", onData);
        reject(error as Error);
      }
    };
    const onData = (chunk: Buffer): void => settle(() => reader.take(chunk));
    request.on("data", onData);
    request.once("end", () => settle(() => resolve(reader.finish())));
    // A client that leaves half-way gives no end.
    const onGone = (): void => {
      if (!request.readableEnded) reject(refusals.cancelled());
    };
    request.once("error", onGone).once("close", onGone);
    if (request.destroyed) onGone();
  });
}

/** Puts a frame together from pieces of any size, within the memory that its own prefix asks for. */
class FrameReader {
  readonly #prefix = Buffer.alloc(PREFIX_BYTES);
  #message: Buffer | undefined;
  /** Bytes of the prefix, then of the message. */
  #seen = 0;

  take(chunk: Buffer): void {
    let at = 0;
    if (this.#message === undefined) {
      at = chunk.copy(this.#prefix, this.#seen);
      this.#seen += at;
      if (this.#seen < PREFIX_BYTES) return;
      const length = this.#prefix.readUInt32BE(1);
      if (length > MAX_BODY_BYTES) throw refusals.messageTooLarge();
      this.#message = Buffer.allocUnsafe(length);
      this.#seen = 0;
    }
    if (this.#seen + chunk.length - at > this.#message.length) throw refusals.notOneMessage();
    this.#seen += chunk.copy(this.#message, this.#seen, at);
  }

  finish(): Frame {
    const message = this.#message;
    const flag = this.#prefix[0] ?? 0;
    if (message === undefined && this.#seen === 0) throw refusals.notOneMessage();
    if (message === undefined || this.#seen < message.length) {
      throw refusals.badRequest("The message ends before it is as long as it says");
    }
    if (flag > 1) throw refusals.badRequest(`The message cannot be read: its flag is ${flag}, not 0 or 1`);
    return { packed: flag === 1, message };
  }
}

async function unpack(packed: Uint8Array): Promise<Uint8Array> {
  try {
    // Without the limit, a kilobyte could unpack to a gigabyte.
    return await unpackGzip(packed, { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw refusals.messageTooLarge();
    throw refusals.badRequest("The message cannot be unpacked by gzip");
  }
}
