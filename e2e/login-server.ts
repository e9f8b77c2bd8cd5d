/** A loopback server that serves the built sign-in pages as the real one does, with answers that a test chooses. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { Ctx } from "../packages/server/src/context.ts";
import { appRoutes } from "../packages/server/src/transport/apps.ts";

const DISCOVERY = "/scalekit.v1.auth.AuthService/DiscoveryAuthMethod";
const LOGIN = fileURLToPath(new URL("../apps/login/dist", import.meta.url));

/** What the look-up of an address answers: where to go on, or an error of Connect. */
export type DiscoveryAnswer = { uri: string } | { status: number; code: string };

export interface LoginServer {
  origin: string;
  /** For the addresses that come next. */
  answer: DiscoveryAnswer;
  /** The addresses that were looked up, oldest first. */
  lookedUp: string[];
  /** What each answer waits for. */
  gate: Promise<void>;
  stop(): Promise<void>;
}

/** Starts it on a free port of 127.0.0.1. */
export async function startLoginServer(): Promise<LoginServer> {
  const [pages] = appRoutes({ login: LOGIN });
  const server = createServer((request, response) => void route(request, response));
  const login: LoginServer = {
    origin: "",
    answer: { uri: "/sso" },
    lookedUp: [],
    gate: Promise.resolve(),
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  async function route(request: IncomingMessage, response: ServerResponse) {
    const { pathname: path } = new URL(request.url ?? "/", "http://localhost");
    if (path === DISCOVERY) return discover(login, request, response);
    if (!path.startsWith("/a/auth/")) return response.end("The sign-in of the organization");
    const page = await pages?.handle({} as Ctx, { path, headers: request.headers } as never);
    response.writeHead(page?.status ?? 500, page?.headers).end(page?.body);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  login.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return login;
}

async function discover(
  login: LoginServer,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { discoveryRequest } = JSON.parse(await text(request));
  login.lookedUp.push(discoveryRequest.email);
  const { answer } = login;
  await login.gate;
  const body = "uri" in answer ? { authMethod: { authInitiationUri: answer.uri } } : { code: answer.code };
  const status = "uri" in answer ? 200 : answer.status;
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
