/**
 * The one listener: a single port that speaks HTTP/1.1 and HTTP/2, with or without TLS, and stops without dropping
 * a request. What is served, it does not know.
 */
import http, { type RequestListener } from "node:http";
import http2 from "node:http2";
import net, { type AddressInfo, type Socket } from "node:net";
import tls from "node:tls";

export interface ListenerOptions {
  host: string;
  /** 0 picks a free port. */
  port: number;
  /** PEM texts; undefined serves cleartext. */
  tls: { cert: string; key: string } | undefined;
  handle: RequestListener;
  /** How long `stop` waits for requests in flight, in milliseconds; default 10,000. */
  graceMs?: number;
}

export interface Listener {
  listen(): Promise<{ port: number }>;
  stop(): Promise<void>;
}

// Authorize URLs carry state and SAML messages; Node's own 16 KiB is a tight fit for them with cookies.
const MAX_HEADER_BYTES = 32 * 1024;
// Slowloris: a head must be complete within 20 s and a body within 60 s, however the bytes trickle in.
const HEAD_MS = 20_000;
const BODY_MS = 60_000;
const CHECK_MS = 5_000;
// Longer than the 60 s of common load balancers, so that the balancer closes first and no request meets a reset.
const IDLE_MS = 72_000;
const GRACE_MS = 10_000;
const LINGER_MS = 500;
const POLL_MS = 20;
const MAX_STREAMS = 200;

/** Makes the listener; nothing is bound before `listen`. */
export function createListener(options: ListenerOptions): Listener {
  const open = new Connections();
  const h1 = http1Server(options.handle, open);
  const h2 = http2Server(options.handle, open);
  const front = frontServer(options.tls, open, (socket, isHttp2) =>
    (isHttp2 ? h2 : h1).emit("connection", socket),
  );
  let stopped: Promise<void> | undefined;
  return {
    listen: () => bind(front, options),
    stop: () => {
      stopped ??= drain(front, h1, open, options.graceMs ?? GRACE_MS);
      return stopped;
    },
  };
}

/** What is open at the moment, so that `stop` can end each kind in its own way. */
class Connections {
  readonly sockets = new Set<Socket>();
  /** Connected, but nothing told yet which protocol it speaks. */
  readonly undecided = new Set<Socket>();
  readonly sessions = new Set<http2.ServerHttp2Session>();
  stopping = false;
}

function http1Server(handle: RequestListener, open: Connections): http.Server {
  const server = http.createServer({
    maxHeaderSize: MAX_HEADER_BYTES,
    headersTimeout: HEAD_MS,
    requestTimeout: BODY_MS,
    keepAliveTimeout: IDLE_MS,
    connectionsCheckingInterval: CHECK_MS,
  });
  server.on("request", (request, response) => {
    if (open.stopping) response.shouldKeepAlive = false;
    handle(request, response);
  });
  // This server never listens itself; the event is what starts Node's watch over slow requests.
  server.emit("listening");
  return server;
}

function http2Server(handle: RequestListener, open: Connections): http2.Http2Server {
  const server = http2.createServer({
    settings: { maxConcurrentStreams: MAX_STREAMS, maxHeaderListSize: MAX_HEADER_BYTES },
  });
  server.on("session", (session) => {
    open.sessions.add(session);
    session.once("close", () => open.sessions.delete(session));
    session.setTimeout(IDLE_MS, () => session.close());
    session.on("error", () => session.destroy());
    if (open.stopping) session.close();
  });
  server.on("request", (request, response) => {
    const { stream } = request;
    stream.setTimeout(BODY_MS, () => stream.close(stream.writableFinished ? NO_ERROR : CANCEL));
    // Some clients forget the rest of a body that was refused: RFC 9113 section 8.1 lets us end the stream.
    stream.once("finish", () => stream.setTimeout(LINGER_MS));
    // Node's compatibility classes offer the members of the HTTP/1.1 ones that we and Fastify use.
    handle(request as unknown as http.IncomingMessage, response as unknown as http.ServerResponse);
  });
  return server;
}

type Hand = (socket: Socket, isHttp2: boolean) => void;

function frontServer(pem: ListenerOptions["tls"], open: Connections, hand: Hand): net.Server {
  const front =
    pem === undefined
      ? net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => readPreface(socket, open, hand))
      : tls.createServer(
          {
            ...pem,
            ALPNProtocols: ["h2", "http/1.1"],
            minVersion: "TLSv1.2",
            handshakeTimeout: HEAD_MS,
            noDelay: true,
          },
          (socket) => hand(socket, socket.alpnProtocol === "h2"),
        );
  front.on("connection", (socket: Socket) => {
    open.sockets.add(socket);
    socket.once("close", () => open.sockets.delete(socket));
  });
  return front;
}

const { NGHTTP2_NO_ERROR: NO_ERROR, NGHTTP2_CANCEL: CANCEL } = http2.constants;

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Tells HTTP/2 with prior knowledge by its preface (RFC 9113 section 3.4), which no HTTP/1.1 request begins with. */
function readPreface(socket: Socket, open: Connections, hand: Hand): void {
  let seen: Buffer = Buffer.alloc(0);
  const leave = (): void => {
    open.undecided.delete(socket);
    socket.off("readable", onReadable).off("error", leave).off("end", onEnd).setTimeout(0);
  };
  const onEnd = (): void => {
    leave();
    socket.destroy();
  };
  const onReadable = (): void => {
    const chunk = socket.read() as Buffer | null;
    if (chunk === null) return;
    seen = seen.length === 0 ? chunk : Buffer.concat([seen, chunk]);
    const compared = Math.min(seen.length, PREFACE.length);
    const same = seen.compare(PREFACE, 0, compared, 0, compared) === 0;
    if (same && compared < PREFACE.length) return;
    leave();
    socket.unshift(seen);
    hand(socket, same);
  };
  open.undecided.add(socket);
  socket.on("readable", onReadable).on("error", leave).on("end", onEnd);
  socket.setTimeout(HEAD_MS, () => socket.destroy());
}

function bind(front: net.Server, options: ListenerOptions): Promise<{ port: number }> {
  return new Promise((resolve, reject) => {
    front.once("error", reject);
    front.listen(options.port, options.host, () => {
      front.off("error", reject);
      resolve({ port: (front.address() as AddressInfo).port });
    });
  });
}

/** Accepts nothing more, ends what is idle at once, and what is busy when its request is answered or time is up. */
async function drain(front: net.Server, h1: http.Server, open: Connections, graceMs: number): Promise<void> {
  open.stopping = true;
  const closed = new Promise<void>((resolve) => front.close(() => resolve()));
  for (const socket of open.undecided) socket.destroy();
  for (const session of open.sessions) session.close();
  h1.closeIdleConnections();
  // Node tells nobody when a kept-alive connection becomes idle.
  const poll = setInterval(() => h1.closeIdleConnections(), POLL_MS);
  const force = setTimeout(() => {
    for (const socket of open.sockets) socket.destroy();
  }, graceMs);
  await closed;
  clearInterval(poll);
  clearTimeout(force);
  h1.close();
}
