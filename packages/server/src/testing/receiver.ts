/** A receiver of webhooks on this machine, which answers as a test says and keeps what it got. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Received {
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
  at: number;
}

export interface Receiver {
  /** Its address, which GATEHOUSE_OUTBOUND_ALLOW must name: 127.0.0.1. */
  url: string;
  received: Received[];
  /** How it answers from now on; the default is 200. */
  answer: (response: ServerResponse, received: Received) => void;
  /** Those that came to a path. */
  at(path: string): Received[];
  stop(): void;
}

export async function startReceiver(): Promise<Receiver> {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks).toString("utf8");
      const one = { path: request.url ?? "", headers: request.headers, body, at: Date.now() };
      receiver.received.push(one);
      receiver.answer(response, one);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${port}`,
    received: [],
    answer: (response) => void response.end("ok"),
    at: (path) => receiver.received.filter((one) => one.path === path),
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return receiver;
}
