/**
 * The load generator's HTTP/1.1 client: one keep-alive connection, one request at a time. It does as little as it
 * can, because it shares the machine with the server that it measures.
 */
import { connect, type Socket } from "node:net";

/** An answer, its body as text. */
export type Answer = { status: number; head: string; body: string };

type Waiting = { resolve: (answer: Answer) => void; reject: (error: Error) => void };

const EMPTY = Buffer.alloc(0);

/** One connection to one server. */
export class Connection {
  readonly #socket: Socket;
  #received: Buffer = EMPTY;
  #waiting: Waiting | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk) => this.#take(chunk));
    socket.on("error", (error) => this.#fail(error));
    socket.on("close", () => this.#fail(new Error("the server closed the connection")));
  }

  /** Connects to 127.0.0.1 at `port`. */
  static open(port: number): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host: "127.0.0.1", port });
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.removeListener("error", reject);
        resolve(new Connection(socket));
      });
    });
  }

  /**
   * Sends a request that `requestText` made, and reads its answer.
   * @throws when the connection breaks before the answer is complete
   */
  send(request: string): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#socket.destroyed) return reject(new Error("the server has closed the connection"));
      this.#waiting = { resolve, reject };
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    try {
      const answer = readAnswer(this.#received);
      if (answer === undefined) return;
      this.#received = EMPTY;
      const waiting = this.#waiting;
      this.#waiting = undefined;
      waiting?.resolve(answer);
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/**
 * The bytes of a request as text.
 * @param host the value of the Host header
 * @param form sent as `application/x-www-form-urlencoded`
 * @param json sent as `application/json`
 * @param scim sent as `application/scim+json`
 */
export function requestText(
  method: "GET" | "POST" | "PATCH",
  host: string,
  path: string,
  options: {
    form?: Record<string, string>;
    json?: object;
    scim?: object;
    cookie?: string;
    bearer?: string;
  } = {},
): string {
  let text = `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: */*\r\n`;
  if (options.cookie) text += `Cookie: ${options.cookie}\r\n`;
  if (options.bearer) text += `Authorization: Bearer ${options.bearer}\r\n`;
  if (options.form)
    return withBody(text, "application/x-www-form-urlencoded", new URLSearchParams(options.form).toString());
  if (options.json) return withBody(text, "application/json", JSON.stringify(options.json));
  if (options.scim) return withBody(text, "application/scim+json", JSON.stringify(options.scim));
  return `${text}\r\n`;
}

function withBody(head: string, type: string, body: string): string {
  const length = Buffer.byteLength(body);
  return `${head}Content-Type: ${type}\r\nContent-Length: ${length}\r\n\r\n${body}`;
}

/** The value of a header of an answer, or undefined. */
export function header(answer: Answer, name: string): string | undefined {
  return new RegExp(`^${name}:[ \\t]*(.*)$`, "im").exec(answer.head)?.[1]?.trim();
}

function readAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf("\r\n\r\n");
  if (end < 0) return undefined;
  const head = bytes.toString("latin1", 0, end);
  const status = Number(head.slice(9, 12));
  const length = /\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length !== undefined || status === 204) {
    const size = Number(length ?? 0);
    const start = end + 4;
    return bytes.length < start + size
      ? undefined
      : { status, head, body: bytes.toString("utf8", start, start + size) };
  }
  if (!/\ntransfer-encoding: *chunked/i.test(head)) throw new Error(`an answer without a length: ${head}`);
  const body = readChunks(bytes, end + 4);
  return body === undefined ? undefined : { status, head, body };
}

function readChunks(bytes: Buffer, from: number): string | undefined {
  const parts: Buffer[] = [];
  for (let at = from; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return undefined;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const start = lineEnd + 2;
    if (bytes.length < start + size + 2) return undefined;
    if (size === 0) return Buffer.concat(parts).toString("utf8");
    parts.push(bytes.subarray(start, start + size));
    at = start + size + 2;
  }
}
