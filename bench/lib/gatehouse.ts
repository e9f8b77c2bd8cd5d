/**
 * Our side: the server started from its sources, and the organizations with connections that the logins use.
 */
import { spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { CodeTarget } from "../flows/code-flow.ts";
import type { SamlTarget } from "../flows/saml-login.ts";
import type { ScimTarget } from "../flows/scim.ts";
import type { IdentityProvider } from "./identity-provider.ts";
import { freePort, runningChild } from "./processes.ts";

/** A running server of ours. */
export type Gatehouse = {
  pid: number;
  port: number;
  /** The Host header that selects its first environment. */
  host: string;
  clientId: string;
  clientSecret: string;
  stop: () => Promise<void>;
};

const ROOT = join(import.meta.dirname, "..", "..");
const READY_WITHIN_MS = 60_000;
const POLL_MS = 20;
const LOG_TAIL = 3_000;

/**
 * Starts our server on an empty database and waits for `/readyz`.
 * @param outboundAllow the `host:port` of a peer on loopback that it may ask
 * @param other another entry than that of the server, and more settings
 * @throws with the end of its log when it ends, or is not ready within 60 s
 */
export async function startGatehouse(
  databaseUrl: string,
  outboundAllow = "",
  other: { entry?: string; env?: Record<string, string> } = {},
): Promise<Gatehouse> {
  const data = await mkdtemp(join(tmpdir(), "gatehouse-bench-"));
  const port = await freePort();
  const logFile = join(data, "server.log");
  const log = openSync(logFile, "a");
  const ours = { DATABASE_URL: databaseUrl, GATEHOUSE_OUTBOUND_ALLOW: outboundAllow, NODE_ENV: "production" };
  const child = spawn(process.execPath, [other.entry ?? join(ROOT, "packages/server/src/main.ts")], {
    cwd: ROOT,
    env: { ...process.env, ...settings(data, port), ...ours, ...other.env },
    stdio: ["ignore", log, log],
  });
  const running = runningChild(child);
  const stop = async () => {
    await running.stop();
    await rm(data, { recursive: true, force: true });
  };
  try {
    await waitUntilReady(port, () => child.exitCode !== null || child.signalCode !== null);
    return { pid: child.pid ?? 0, port, host: `localhost:${port}`, ...readCredentials(data), stop };
  } catch (error) {
    const tail = readFileSync(logFile, "utf8").slice(-LOG_TAIL);
    await stop();
    throw new Error(`${(error as Error).message}\n${tail}`, { cause: error });
  }
}

/** The environment variables of a server of ours that only the benchmarks use. */
export function settings(data: string, port: number): Record<string, string> {
  const url = `http://localhost:${port}`;
  return { GATEHOUSE_DATA: data, GATEHOUSE_URL: url, PORT: String(port), GATEHOUSE_DEMO_PORT: "0" };
}

/** Resolves when `/readyz` answers 200; throws when `hasEnded` says so first, or after 60 s. */
export async function waitUntilReady(port: number, hasEnded: () => boolean): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  while (performance.now() < deadline) {
    if (hasEnded()) throw new Error("the server ended before it was ready");
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    await pause(POLL_MS);
  }
  throw new Error(`the server was not ready after ${READY_WITHIN_MS} ms`);
}

/**
 * Makes an organization that owns the identity provider's domain, with an enabled SAML connection to it. A domain can
 * be used once in an environment.
 */
export async function createSamlTarget(
  server: Gatehouse,
  identityProvider: IdentityProvider,
): Promise<SamlTarget> {
  const { entityId, ssoUrl, certificate, domain } = identityProvider;
  const saml_config = { idp_entity_id: entityId, idp_sso_url: ssoUrl, idp_certificate: certificate };
  const { connectionId } = await createTenant(server, domain, "SAML", { saml_config });
  return { ...appOf(server), selector: { connection_id: connectionId } };
}

/** Makes an organization that owns a domain, with one enabled connection. */
export async function createTenant(
  server: Gatehouse,
  domain: string,
  type: "SAML" | "OIDC",
  config: object,
): Promise<{ organizationId: string; connectionId: string }> {
  const call = await apiOf(server);
  const { organization } = await call("POST", "/organizations", { display_name: domain });
  const path = `/organizations/${organization?.id}`;
  await call("POST", `${path}/domains`, { domain });
  const { connection } = await call("POST", `${path}/connections`, { provider: "CUSTOM", type });
  const update = { provider: "CUSTOM", type, configuration_type: "MANUAL", ...config };
  await call("PATCH", `${path}/connections/${connection?.id}`, update);
  await call("PATCH", `${path}/connections/${connection?.id}:enable`);
  return { organizationId: organization?.id ?? "", connectionId: connection?.id ?? "" };
}

/** The first environment's client, as the app that signs its users in. */
export function appOf(server: Gatehouse): CodeTarget {
  return {
    host: server.host,
    authorizePath: "/oauth/authorize",
    tokenPath: "/oauth/token",
    clientId: server.clientId,
    clientSecret: server.clientSecret,
    redirectUri: "http://localhost:9/callback",
    scope: "openid profile email offline_access",
  };
}

/**
 * Makes an organization with an enabled directory.
 * @param domain makes its people users of the environment, who follow the directory; without one it keeps them itself
 */
export async function createDirectory(server: Gatehouse, name: string, domain?: string): Promise<ScimTarget> {
  const call = await apiOf(server);
  const { organization } = await call("POST", "/organizations", { display_name: name });
  const path = `/organizations/${organization?.id}`;
  await call("PATCH", `${path}/settings`, { features: [{ name: "dir_sync", enabled: true }] });
  if (domain !== undefined) await call("POST", `${path}/domains`, { domain });
  const { directory } = await call("POST", `${path}/directories`, {
    directory_type: "SCIM",
    directory_provider: "OKTA",
  });
  const { plain_secret } = await call("POST", `${path}/directories/${directory?.id}/secrets`);
  return { host: server.host, base: `/directory/${directory?.id}/scim/v2`, secret: plain_secret ?? "" };
}

type Created = {
  organization?: { id: string };
  connection?: { id: string };
  directory?: { id: string };
  plain_secret?: string;
};

/** The management API, as the first environment's client. @throws when it refuses */
export async function apiOf(server: Gatehouse) {
  const headers = {
    authorization: `Bearer ${await accessToken(server)}`,
    "content-type": "application/json",
  };
  return (method: string, path: string, body: object = {}) =>
    json<Created>(`http://${server.host}/api/v1${path}`, { method, headers, body: JSON.stringify(body) });
}

/** A token for the management API, of the first environment's client. */
export async function accessToken(server: Gatehouse): Promise<string> {
  const credentials = { client_id: server.clientId, client_secret: server.clientSecret };
  const form = new URLSearchParams({ grant_type: "client_credentials", ...credentials });
  const answer = await json<{ access_token: string }>(`http://${server.host}/oauth/token`, {
    method: "POST",
    body: form,
  });
  return answer.access_token;
}

async function json<T>(url: string, init: RequestInit): Promise<T> {
  const answer = await fetch(url, init);
  if (!answer.ok) throw new Error(`${init.method} ${url} answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()) as T;
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
