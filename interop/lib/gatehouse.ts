/** Our side: the server started from its sources on a data folder and a port of its own, and its management API. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LocalCertificate } from "../../scripts/local-certificate.ts";
import { freePort, type Running, startProgram } from "./processes.ts";

/** What the API answers; cases read a few members of it. */
export type Json = { [name: string]: Json } & { [name: number]: Json } & string;

/** A running server of ours. */
export type Gatehouse = Running & {
  /** Public URL of its first environment. */
  url: string;
  clientId: string;
  clientSecret: string;
  /** @throws with the answer when it is no 2xx */
  api: (method: string, path: string, body?: object) => Promise<Json>;
  /** A new token of the first environment's client. */
  token: () => Promise<string>;
};

const ROOT = join(import.meta.dirname, "..", "..");
const READY_WITHIN_MS = 60_000;

/** Where apps of ours are sent; nobody listens there. */
export const APP = "http://localhost:9";
export const CALLBACK = `${APP}/callback`;
export const INITIATE_LOGIN = `${APP}/initiate-login`;
export const GOODBYE = `${APP}/goodbye`;

const HTTPS_PORT = 443;

/** How a server differs from the one that the identity providers share. */
export type ServerOptions = {
  /** Names its log. */
  name?: string;
  /** Serves HTTPS; this process must trust the authority already. */
  tls?: LocalCertificate;
  port?: number;
};

/** Starts our server on an empty database; it may reach loopback, where the peers are. */
export async function startGatehouse(options: ServerOptions = {}): Promise<Gatehouse> {
  const { name = "gatehouse", tls } = options;
  const data = mkdtempSync(join(tmpdir(), "gatehouse-interop-"));
  const port = options.port ?? (await freePort());
  const url = tls ? `https://localhost${port === HTTPS_PORT ? "" : `:${port}`}` : `http://localhost:${port}`;
  const running = await startProgram(process.execPath, [join(ROOT, "packages/server/src/main.ts")], {
    url: `${url}/readyz`,
    logFile: join(import.meta.dirname, "..", ".cache", "logs", `${name}.log`),
    withinMs: READY_WITHIN_MS,
    cwd: ROOT,
    env: {
      GATEHOUSE_DATA: data,
      GATEHOUSE_URL: url,
      PORT: String(port),
      GATEHOUSE_DEMO_PORT: "0",
      GATEHOUSE_OUTBOUND_ALLOW: "localhost,127.0.0.1",
      GATEHOUSE_MODE: "development",
      DATABASE_URL: "",
      ...(tls && {
        GATEHOUSE_TLS_CERT: tls.certificate,
        GATEHOUSE_TLS_KEY: tls.key,
        // It calls itself: as the simulated identity provider.
        NODE_EXTRA_CA_CERTS: tls.authority,
      }),
    },
  });
  const stop = async () => {
    await running.stop();
    rmSync(data, { recursive: true, force: true });
  };
  try {
    return { ...(await describe(url, data)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function describe(url: string, data: string): Promise<Omit<Gatehouse, "stop">> {
  const credentials = readCredentials(data);
  const token = () => tokenOf(url, credentials);
  const api = apiOf(url, await token());
  const uris = {
    post_login_uris: [CALLBACK],
    post_logout_redirect_uris: [GOODBYE],
    initiate_login_uri: INITIATE_LOGIN,
  };
  await api("PATCH", `/clients/${credentials.clientId}`, uris);
  return { url, ...credentials, api, token };
}

async function tokenOf(
  url: string,
  credentials: { clientId: string; clientSecret: string },
): Promise<string> {
  const form = {
    grant_type: "client_credentials",
    client_id: credentials.clientId,
    client_secret: credentials.clientSecret,
  };
  const granted = await json(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) });
  return granted.access_token ?? "";
}

function apiOf(url: string, token: string): Gatehouse["api"] {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return (method: string, path: string, body?: object) =>
    json(`${url}/api/v1${path}`, { method, headers, ...(body && { body: JSON.stringify(body) }) });
}

async function json(url: string, init: RequestInit): Promise<Json> {
  const answer = await fetch(url, init);
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${init.method} ${url} answered ${answer.status}: ${text.slice(0, 600)}`);
  return (text === "" ? {} : JSON.parse(text)) as Json;
}

function readCredentials(data: string): { clientId: string; clientSecret: string } {
  const text = readFileSync(join(data, "credentials.env"), "utf8");
  const read = (name: string) => {
    const value = new RegExp(`^${name}=["']?([^"'\\r\\n]+)`, "m").exec(text)?.[1];
    if (value === undefined) throw new Error(`credentials.env has no ${name}`);
    return value;
  };
  return { clientId: read("SCALEKIT_CLIENT_ID"), clientSecret: read("SCALEKIT_CLIENT_SECRET") };
}
