/**
 * The load generator's gRPC client: many calls at once on one HTTP/2 connection, all of one unary method. Like
 * `http-client.ts` it does as little as it can: Node's own HTTP/2 client needs as much of a core as the servers that
 * it would measure.
 */
import { connect, type Socket } from "node:net";

/** A unary call, but for its message the same each time. */
export type GrpcCall = {
  path: string;
  authority: string;
  /** The token of the Authorization header, if any. */
  bearer?: string;
};

type Waiting = { message: Buffer; resolve: (message: Buffer) => void; reject: (error: Error) => void };

// RFC 9113, sections 6 and 7.
const [DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE] = [0, 1, 3, 4, 6, 7, 8];
const [END_STREAM, ACK, END_HEADERS] = [1, 1, 4];
const FRAME_HEAD = 9;
const PREFIX = 5;
const LARGEST_WINDOW = 2 ** 31 - 1;
const FIRST_WINDOW = 65_535;
const INITIAL_WINDOW_SIZE = 4;
const PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const EMPTY = Buffer.alloc(0);

/** One connection to one server. */
export class GrpcConnection {
  readonly #socket: Socket;
  readonly #waiting = new Map<number, Waiting>();
  #received: Buffer = EMPTY;
  #nextStream = 1;
  /** The server remembers the fields of the first call (RFC 7541 section 2.3.2); later ones only point at them. */
  #remembered: GrpcCall | undefined;
  #requests: Buffer[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#failAll(error));
    socket.on("close", () => this.#failAll(new Error("the server closed the connection")));
    // The widest windows, so that the server never waits for an update.
    const wide = Buffer.alloc(6);
    wide.writeUInt16BE(INITIAL_WINDOW_SIZE);
    wide.writeUInt32BE(LARGEST_WINDOW, 2);
    socket.write(PREFACE, "latin1");
    socket.write(frame(SETTINGS, 0, 0, wide));
    socket.write(frame(WINDOW_UPDATE, 0, 0, uint32(LARGEST_WINDOW - FIRST_WINDOW)));
  }

  /** Connects to 127.0.0.1 at `port`. */
  static open(port: number): Promise<GrpcConnection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        resolve(new GrpcConnection(socket));
      });
    });
  }

  /**
   * Makes the call; all calls of a connection must be the same one.
   * @param message the request message, without its five bytes of prefix
   * @returns the message of the answer
   * @throws when the call fails (an error has no message), or the connection breaks before the answer is complete
   */
  call(call: GrpcCall, message: Uint8Array): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error("the server has closed the connection"));
      const stream = this.#nextStream;
      this.#nextStream += 2;
      this.#waiting.set(stream, { message: EMPTY, resolve, reject });
      const fields = this.#remembered === call ? pointers : newFields(call);
      this.#remembered = call;
      this.#send(
        frame(HEADERS, END_HEADERS, stream, fields),
        frame(DATA, END_STREAM, stream, framed(message)),
      );
    });
  }

  close(): void {
    this.#waiting.clear();
    this.#socket.destroy();
  }

  /** What is called within one turn goes out in one write. */
  #send(...frames: Buffer[]): void {
    if (this.#requests.length === 0) {
      process.nextTick(() => {
        this.#socket.write(Buffer.concat(this.#requests));
        this.#requests = [];
      });
    }
    this.#requests.push(...frames);
  }

  #take(chunk: Buffer): void {
    const bytes = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    let at = 0;
    while (bytes.length - at >= FRAME_HEAD) {
      const end = at + FRAME_HEAD + bytes.readUIntBE(at, 3);
      if (end > bytes.length) break;
      const [type, flags, stream] = [bytes[at + 3] ?? 0, bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5)];
      this.#takeFrame(type, flags, stream, bytes.subarray(at + FRAME_HEAD, end));
      at = end;
    }
    this.#received = bytes.subarray(at);
  }

  #takeFrame(type: number, flags: number, stream: number, payload: Buffer): void {
    if (type === SETTINGS && (flags & ACK) === 0) this.#send(frame(SETTINGS, ACK, 0, EMPTY));
    if (type === PING && (flags & ACK) === 0) this.#send(frame(PING, ACK, 0, payload));
    if (type === GOAWAY) this.#failAll(new Error("the server went away"));
    const waiting = this.#waiting.get(stream);
    if (waiting === undefined) return;
    if (type === RST_STREAM) waiting.reject(new Error("the server reset the stream"));
    if (type === DATA) {
      waiting.message = waiting.message.length === 0 ? payload : Buffer.concat([waiting.message, payload]);
    }
    // A trailer, or the head of an answer without a message.
    if (type === HEADERS && (flags & END_STREAM) !== 0) finish(waiting);
    if (type === RST_STREAM || (flags & END_STREAM) !== 0) this.#waiting.delete(stream);
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

function finish({ message, resolve, reject }: Waiting): void {
  if (message.length < PREFIX) reject(new Error("the call failed: its answer has no message"));
  else resolve(message.subarray(PREFIX));
}

const FIELDS = 7;
const [STATIC_ENTRIES, INDEXED, LITERAL_REMEMBERED] = [61, 0x80, 0x40];
// The last field that was added is the first behind the static table.
const pointers = Buffer.from(
  Array.from({ length: FIELDS }, (_, n) => INDEXED | (STATIC_ENTRIES + FIELDS - n)),
);

/** The fields of a call as HPACK literals that the server adds to its table (RFC 7541 section 6.2.1). */
function newFields({ path, authority, bearer }: GrpcCall): Buffer {
  const fields = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": authority,
    "content-type": "application/grpc",
    te: "trailers",
    authorization: `Bearer ${bearer ?? "none"}`,
  };
  const parts = Object.entries(fields).flatMap(([name, value]) => [
    Buffer.from([LITERAL_REMEMBERED]),
    ...text(name),
    ...text(value),
  ]);
  return Buffer.concat(parts);
}

/** A string without Huffman coding, behind its length in 7 bits and more (RFC 7541 sections 5.1, 5.2). */
function text(value: string): Buffer[] {
  const length = [];
  let rest = value.length;
  if (rest < 0x7f) length.push(rest);
  else {
    length.push(0x7f);
    for (rest -= 0x7f; rest >= 0x80; rest >>>= 7) length.push((rest & 0x7f) | 0x80);
    length.push(rest);
  }
  return [Buffer.from(length), Buffer.from(value, "latin1")];
}

function framed(message: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([0]), uint32(message.length), message]);
}

function frame(type: number, flags: number, stream: number, payload: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(FRAME_HEAD + payload.length);
  bytes.writeUIntBE(payload.length, 0, 3);
  bytes[3] = type;
  bytes[4] = flags;
  bytes.writeUInt32BE(stream, 5);
  bytes.set(payload, FRAME_HEAD);
  return bytes;
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
