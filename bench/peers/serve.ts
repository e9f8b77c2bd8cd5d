/**
 * What the small HTTP servers of the peers share: a port of the machine's choice, told on the first line of stdout,
 * the reading of a form, and an end with their parent.
 */
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";

/** Listens on a free port of 127.0.0.1. */
export function listen(listener?: RequestListener): Promise<{ server: Server; port: number }> {
  const server = listener ? createServer(listener) : createServer();
  // Its stdin is a pipe from its parent, which ends with the parent, however that ends.
  process.stdin.resume().once("end", () => process.exit(0));
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () =>
      resolve({ server, port: (server.address() as { port: number }).port }),
    );
  });
}

/** Tells the parent process that requests are answered from now on. */
export function announce(ready: { port: number } & Record<string, string | number>): void {
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}

/** Reads a form-encoded body. */
export async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  return new URLSearchParams(await readText(request));
}

/** Reads a body as text. */
export function readText(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = "";
    request.setEncoding("utf8");
    request.on("data", (chunk: string) => {
      body += chunk;
    });
    request.on("end", () => resolve(body));
    request.on("error", reject);
  });
}

/** Answers with JSON. */
export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  const body = JSON.stringify(value);
  response.writeHead(status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/** Redirects with 302. */
export function redirect(response: ServerResponse, location: string): void {
  response.writeHead(302, { location, "content-length": 0 });
  response.end();
}
