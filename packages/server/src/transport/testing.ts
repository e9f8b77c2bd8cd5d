/** For the tests of the transport: a server with a few handlers in memory, three tokens, and raw clients for it. */
import { randomBytes } from "node:crypto";
import http, { type IncomingHttpHeaders } from "node:http";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { DummyDriver, Kysely, PostgresAdapter, PostgresIntrospector, PostgresQueryCompiler } from "kysely";
import { pino } from "pino";
import type { Config } from "../config.ts";
import type { App, Caller } from "../context.ts";
import { AppError, defineErrors } from "../errors.ts";
import { Cache } from "../lib/cache.ts";
import { createKeyring, wrapDataKey } from "../lib/keyring.ts";
import { createSafeFetch } from "../lib/safe-fetch.ts";
import { contract } from "./contract.ts";
import type { HttpRoute } from "./http.ts";
import { type ServiceDoor, serve } from "./service.ts";
import { createTransport, type Transport } from "./transport.ts";

/** An App without a database: its queries answer nothing. `lines` collects the log. */
export function stubApp(config: Partial<Config> = {}, lines: string[] = []): App {
  const masterKey = randomBytes(32);
  const db = new Kysely({
    dialect: {
      createAdapter: () => new PostgresAdapter(),
      createDriver: () => new DummyDriver(),
      createIntrospector: (db) => new PostgresIntrospector(db),
      createQueryCompiler: () => new PostgresQueryCompiler(),
    },
  });
  return {
    config: { ...baseConfig, ...config },
    db,
    loadDb: db,
    log: pino({ level: "debug" }, { write: (line: string) => void lines.push(line) }),
    now: () => new Date("2026-01-02T03:04:05.678Z"),
    keys: createKeyring(masterKey, [{ id: 1, wrapped: wrapDataKey(masterKey) }]),
    fetch: createSafeFetch({ allow: [], allowHttp: false }),
    cache: new Cache({ maxEntries: 100, now: () => new Date() }),
    limits: undefined,
  };
}

const baseConfig: Config = {
  mode: "development",
  host: "127.0.0.1",
  port: 0,
  publicUrl: "http://localhost:8080",
  demoPort: 0,
  dataDir: "./data",
  databaseUrl: "",
  databasePoolSize: 2,
  traceDays: 30,
  limits: undefined,
  dns: [],
  portalLinkMinutes: 1,
  webhookTimeoutSeconds: 15,
  masterKey: undefined,
  tls: undefined,
  trustedProxies: [],
  outboundAllow: [],
  smtpUrl: "",
  mailFrom: "",
  logLevel: "info",
};

export const errors = defineErrors({
  ORGANIZATION_NOT_FOUND: ["NOT_FOUND", (id: string) => `Organization ${id} not found`],
});

export const ownOrganization = "org_100000000000000001";

const callers: Readonly<Record<string, Caller>> = {
  client: { kind: "CLIENT", clientId: "skc_1" },
  workspace: { kind: "WORKSPACE", memberId: "mem_1" },
  session: {
    kind: "SESSION",
    userId: "usr_1",
    sessionId: "ses_1",
    organizationId: ownOrganization,
    permissions: ["organizations_read"],
  },
  portal: { kind: "CUSTOMER_PORTAL", organizationId: ownOrganization },
};

/** Organizations in memory; the id `org_bug` makes the handler fail as a bug would. */
export const organizationsDoor: ServiceDoor = serve(OrganizationService, {
  async createOrganization(ctx, { organization }) {
    const createTime = timestampFromDate(ctx.now());
    const { displayName = "", metadata = {} } = organization ?? {};
    return { organization: { id: ownOrganization, createTime, displayName, metadata } };
  },
  async getOrganization(_ctx, { identities }) {
    const id = identities.value ?? "";
    if (id === "org_bug") throw new Error("the secret reason");
    if (id === "org_missing") throw errors.ORGANIZATION_NOT_FOUND(id);
    return { organization: { id, displayName: `${identities.case} ${id}` } };
  },
  async getOrganizationByExternalId(_ctx, { identities }) {
    return { organization: { id: "org_1", displayName: `${identities.case} ${identities.value}` } };
  },
  async listOrganization(_ctx, { pageSize, pageToken, externalId }) {
    return { totalSize: pageSize, nextPageToken: pageToken, organizations: [{ id: externalId ?? "none" }] };
  },
  async searchOrganization(_ctx, { query }) {
    return { organizations: [{ id: query }] };
  },
});

export interface Server {
  port: number;
  url: string;
  lines: string[];
  transport: Transport;
}

/** Starts a server; stop it in the test's clean-up. */
export async function startServer(
  options: {
    config?: Partial<Config>;
    services?: ServiceDoor[];
    routes?: HttpRoute[];
    ready?: () => Promise<boolean>;
  } = {},
): Promise<Server> {
  const lines: string[] = [];
  const transport = createTransport({
    app: stubApp(options.config, lines),
    services: options.services ?? [organizationsDoor],
    contract,
    routes: options.routes ?? [],
    resolveEnvironment: async (host) => (host.startsWith("unknown.") ? undefined : "env_1"),
    async verifyBearer(_ctx, token) {
      const caller = callers[token];
      if (caller === undefined) throw new AppError("UNAUTHENTICATED", "UNAUTHENTICATED", "Token invalid");
      return caller;
    },
    verifyCookies: async () => undefined,
    emit: async () => undefined,
    ready: options.ready ?? (async () => true),
  });
  const { port } = await transport.listen();
  return { port, url: `http://127.0.0.1:${port}`, lines, transport };
}

export interface RawAnswer {
  status: number;
  reason: string;
  headers: IncomingHttpHeaders;
  trailers: NodeJS.Dict<string>;
  body: Buffer;
  text: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests look into bodies of any shape.
  json: any;
}

/** One HTTP/1.1 request with the path exactly as given, which `fetch` would normalize. */
export function send(
  port: number,
  path: string,
  init: { method?: string; headers?: Record<string, string>; body?: string | Buffer } = {},
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      { port, host: "127.0.0.1", path, method: init.method ?? "GET", headers: init.headers, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const body = Buffer.concat(chunks);
          const text = body.toString();
          resolve({
            status: response.statusCode ?? 0,
            reason: response.statusMessage ?? "",
            headers: response.headers,
            trailers: response.trailers,
            body,
            text,
            json:
              text !== "" && response.headers["content-type"]?.includes("json")
                ? JSON.parse(text)
                : undefined,
          });
        });
      },
    );
    request.on("error", reject);
    request.end(init.body);
  });
}

/** The headers of a caller: `client`, `workspace`, `session` or `portal`. */
export function as(caller: string, headers: Record<string, string> = {}): Record<string, string> {
  return { authorization: `Bearer ${caller}`, ...headers };
}
