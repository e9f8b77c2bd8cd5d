/**
 * A whole server in the test's own process, on a database of its own and a free port. Faked are the clock, which
 * the test moves, and the log, which it reads; everything else is real.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import path from "node:path";
import { pino } from "pino";
import { type Gatehouse, services, startGatehouse } from "../app.ts";
import { readConfig } from "../config.ts";
import { watchAnswers } from "./answers.ts";
import { freshDatabaseUrl } from "./database.ts";
import { scratchFolder } from "./scratch.ts";

export interface TestApp extends Gatehouse {
  /** The public URL of the first environment; the issuer. */
  url: string;
  clientId: string;
  clientSecret: string;
  databaseUrl: string;
  /** Moves the server's clock. */
  advance(seconds: number): void;
  /** Every log line since the start, parsed. */
  logged: Record<string, unknown>[];
  /** Calls the management API as the environment's own application; `body` makes it a POST unless said otherwise. */
  api(path: string, init?: { method?: string; body?: unknown; token?: string }): Promise<ApiAnswer>;
  /** A token of the environment's own application. */
  token(): Promise<string>;
}

export interface ApiAnswer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests look at whatever the API answers.
  body: any;
}

/**
 * Starts a server.
 * @param env settings over the test's own, such as `GATEHOUSE_OUTBOUND_ALLOW`; `DATABASE_URL` joins the database of
 * another test server
 */
export async function startTestApp(env: Record<string, string> = {}): Promise<TestApp> {
  watchAnswers(services);
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const dataDir = env.GATEHOUSE_DATA ?? scratchFolder();
  const databaseUrl = env.DATABASE_URL ?? (await freshDatabaseUrl());
  let offset = 0;
  const logged: Record<string, unknown>[] = [];
  const gatehouse = await startGatehouse(
    readConfig({
      PORT: String(port),
      GATEHOUSE_URL: url,
      GATEHOUSE_DATA: dataDir,
      GATEHOUSE_DATABASE_POOL: "5",
      ...env,
      DATABASE_URL: databaseUrl,
    }),
    {
      now: () => new Date(Date.now() + offset),
      log: pino({ level: "debug" }, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    },
  );
  const credentials = readCredentials(dataDir);
  const token = () => clientToken(url, credentials);
  return {
    ...gatehouse,
    ...credentials,
    url: gatehouse.app.config.publicUrl,
    databaseUrl,
    logged,
    token,
    advance(seconds) {
      offset += seconds * 1000;
    },
    async api(apiPath, init = {}) {
      const method = init.method ?? (init.body === undefined ? "GET" : "POST");
      const answer = await fetch(`${url}/api/v1${apiPath}`, {
        method,
        headers: {
          authorization: `Bearer ${init.token ?? (await token())}`,
          ...(init.body !== undefined && { "content-type": "application/json" }),
        },
        ...(init.body !== undefined && { body: JSON.stringify(init.body) }),
      });
      return { status: answer.status, body: await answer.json() };
    },
  };
}

/** A port that was free a moment ago: the server must know its own address before it listens. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("the probe has no port");
  return address.port;
}

function readCredentials(dataDir: string): { clientId: string; clientSecret: string } {
  const text = readFileSync(path.join(dataDir, "credentials.env"), "utf8");
  const values = new Map(text.split("\n").map((line) => line.split("=", 2) as [string, string]));
  return {
    clientId: values.get("SCALEKIT_CLIENT_ID") ?? "",
    clientSecret: values.get("SCALEKIT_CLIENT_SECRET") ?? "",
  };
}

async function clientToken(
  url: string,
  credentials: { clientId: string; clientSecret: string },
): Promise<string> {
  const answer = await fetch(`${url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "client_credentials",
      client_id: credentials.clientId,
      client_secret: credentials.clientSecret,
    }),
  });
  const body = (await answer.json()) as { access_token: string };
  return body.access_token;
}
