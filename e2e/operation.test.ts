/** What an operator lives through: kills, stops, several processes, wrong settings, a lost database, and the log. */
import { createHash, randomBytes } from "node:crypto";
import { readdirSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import pg from "pg";
import { afterEach, describe, expect, test } from "vitest";
import { freePort } from "../packages/server/src/testing/app.ts";
import { emptyDatabaseUrl } from "../packages/server/src/testing/database.ts";
import {
  credentialsOf,
  dataFolder,
  embeddedPid,
  isRunning,
  type ServerProcess,
  startProcess,
} from "./server-process.ts";
import { startTcpProxy } from "./tcp-proxy.ts";
import { BalancedBrowser, CALLBACK, callApi, postToken } from "./wire.ts";

const READY = "Gatehouse is ready at";
const DISCOVERY = "/.well-known/openid-configuration";
const LIMIT = { timeout: 40_000 };
const processes: ServerProcess[] = [];
let databases = 0;

afterEach(async () => {
  for (const process of processes) process.signal("SIGTERM");
  await Promise.all(processes.splice(0).map((process) => process.ended));
});

interface Server extends ServerProcess {
  origin: string;
}

/** A process of the real entry on a free port. */
async function begin(env: Record<string, string>): Promise<Server> {
  const port = env.PORT ?? String(await freePort());
  const process = startProcess({ PORT: port, GATEHOUSE_DATABASE_POOL: "4", ...env });
  processes.push(process);
  return { ...process, origin: `http://localhost:${port}` };
}

async function started(env: Record<string, string>): Promise<Server> {
  const server = await begin(env);
  await server.says(READY);
  return server;
}

async function stopped(server: Server): Promise<void> {
  server.signal("SIGTERM");
  expect(await server.ended).toEqual({ code: 0, signal: null });
}

function ownDatabase(): Promise<string> {
  return emptyDatabaseUrl(`o${process.pid}_${++databases}`);
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query({ text: sql, rowMode: "array" })).rows.flat();
  } finally {
    await client.end();
  }
}

const newMasterKey = () => randomBytes(32).toString("base64");

describe("a kill", () => {
  test(
    "right after a write loses nothing, and the next start joins the database that it left",
    LIMIT,
    async () => {
      using data = dataFolder();
      const env = { GATEHOUSE_DATA: data.path };
      const first = await started(env);
      const client = credentialsOf(data.path);
      const created = await callApi(first.origin, client, "/organizations", { display_name: "Kept" });
      first.signal("SIGKILL");
      expect((await first.ended).signal).toBe("SIGKILL");
      const postgres = embeddedPid(data.path);
      expect(isRunning(postgres)).toBe(true);
      const second = await started(env);
      const { id } = created.body.organization;
      const found = await callApi(second.origin, client, `/organizations/${id}`);
      expect(found.body.organization.display_name).toBe("Kept");
      expect(embeddedPid(data.path)).toBe(postgres);
      await stopped(second);
      expect([embeddedPid(data.path), isRunning(postgres)]).toEqual([undefined, false]);
    },
  );

  test("in the middle of the first start leaves what the next one completes", LIMIT, async () => {
    using data = dataFolder();
    const env = { GATEHOUSE_DATA: data.path };
    const first = await begin(env);
    await expect.poll(() => embeddedPid(data.path), { timeout: 20_000, interval: 5 }).toBeDefined();
    first.signal("SIGKILL");
    await first.ended;
    const second = await started(env);
    expect((await callApi(second.origin, credentialsOf(data.path), "/organizations")).status).toBe(200);
  });
});

describe("a stop", () => {
  test("lets the request in flight finish, exits 0 and leaves no database running", LIMIT, async () => {
    using data = dataFolder();
    const server = await started({ GATEHOUSE_DATA: data.path });
    const { clientId, clientSecret } = credentialsOf(data.path);
    const postgres = embeddedPid(data.path);
    const body = `grant_type=client_credentials&client_id=${clientId}&client_secret=${clientSecret}`;
    const port = Number(new URL(server.origin).port);
    const socket = connect(port, "127.0.0.1");
    socket.write(
      `POST /oauth/token HTTP/1.1\r\nhost: localhost:${port}\r\ncontent-type: application/x-www-form-urlencoded\r\n` +
        `content-length: ${body.length}\r\nexpect: 100-continue\r\n\r\n`,
    );
    // The server has the request when it asks for its body.
    await new Promise((resolve) => socket.once("data", resolve));
    server.signal("SIGTERM");
    await expect.poll(() => accepts(port), { timeout: 5_000, interval: 5 }).toBe(false);
    const answer = text(socket);
    socket.write(body);
    expect(await answer).toMatch(/^HTTP\/1.1 200 OK[\s\S]*access_token/);
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect([embeddedPid(data.path), isRunning(postgres)]).toEqual([undefined, false]);
    // At the usual log level a clean stop says nothing.
    expect(server.output()).not.toContain('"level"');
  });

  test("during the start leaves no database running", LIMIT, async () => {
    using data = dataFolder();
    const server = await begin({ GATEHOUSE_DATA: data.path });
    await expect.poll(() => embeddedPid(data.path), { timeout: 20_000, interval: 5 }).toBeDefined();
    const postgres = embeddedPid(data.path);
    server.signal("SIGINT");
    expect(await server.ended).toEqual({ code: 0, signal: null });
    expect(isRunning(postgres)).toBe(false);
  });
});

describe("two servers that start at once", () => {
  async function together(env: readonly Record<string, string>[]): Promise<Server[]> {
    const url = `http://localhost:${await freePort()}`;
    const servers = await Promise.all(env.map((each) => begin({ GATEHOUSE_URL: url, ...each })));
    await Promise.all(servers.map((server) => server.says(READY)));
    return servers;
  }

  async function signInAcross([first, second]: Server[], dataDir: string): Promise<void> {
    if (!first || !second) throw new Error("two servers are needed");
    const client = credentialsOf(dataDir);
    const [, organization_id = ""] = /Test Organization +(org_\d+)/.exec(first.output()) ?? [];
    const browser = new BalancedBrowser(first.origin, second.origin);
    const code = (await browser.signIn(client.clientId, { organization_id })).get("code") ?? "";
    const grant = { grant_type: "authorization_code", code, redirect_uri: CALLBACK };
    const tokens = await postToken(second.origin, client, grant);
    const refresh = { grant_type: "refresh_token", refresh_token: tokens.body.refresh_token ?? "" };
    expect((await postToken(first.origin, client, refresh)).status).toBe(200);
    const silent = await browser.signIn(client.clientId, { prompt: "none" });
    expect(silent.get("code")).toMatch(/^.{43}$/);
  }

  test("on one data folder share one database, one key and one file of credentials", LIMIT, async () => {
    using data = dataFolder();
    const servers = await together([{ GATEHOUSE_DATA: data.path }, { GATEHOUSE_DATA: data.path }]);
    await signInAcross(servers, data.path);
    const files = readdirSync(data.path).filter((name) => /master|credentials/.test(name));
    expect(files.sort()).toEqual(["credentials.env", "master.key"]);
    const [first, second] = servers;
    const postgres = embeddedPid(data.path);
    if (first) await stopped(first);
    expect(isRunning(postgres)).toBe(true);
    if (second) await stopped(second);
    expect(isRunning(postgres)).toBe(false);
  });

  test("on one DATABASE_URL make one environment, and each its own credentials", LIMIT, async () => {
    using one = dataFolder();
    using other = dataFolder();
    const shared = { DATABASE_URL: await ownDatabase(), GATEHOUSE_MASTER_KEY: newMasterKey() };
    const servers = await together([
      { ...shared, GATEHOUSE_DATA: one.path },
      { ...shared, GATEHOUSE_DATA: other.path },
    ]);
    await signInAcross(servers, one.path);
    await signInAcross(servers, other.path);
    const counted =
      "select count(*)::int from environments union all select count(*)::int from organizations";
    expect(await query(shared.DATABASE_URL, counted)).toEqual([1, 1]);
    expect(credentialsOf(one.path).clientId).toBe(credentialsOf(other.path).clientId);
  });
});

describe("a start that cannot be", () => {
  async function refusal(env: Record<string, string>): Promise<string> {
    using data = dataFolder();
    const server = await begin({ GATEHOUSE_DATA: data.path, ...env });
    expect(await server.ended).toEqual({ code: 1, signal: null });
    const said = server.output().trim();
    expect(said).toMatch(/^Gatehouse cannot start:/);
    expect(said).not.toMatch(/\n\s+at /);
    return said;
  }

  test("with another master key says why and which setting", LIMIT, async () => {
    using data = dataFolder();
    const DATABASE_URL = await ownDatabase();
    const right = { DATABASE_URL, GATEHOUSE_DATA: data.path, GATEHOUSE_MASTER_KEY: newMasterKey() };
    await stopped(await started(right));
    const said = await refusal({ DATABASE_URL, GATEHOUSE_MASTER_KEY: newMasterKey() });
    expect(said).toContain("The master key does not open the keys stored in this database");
    expect(said).toContain("GATEHOUSE_MASTER_KEY");
    await stopped(await started(right));
  });

  test("in production names all that is missing", LIMIT, async () => {
    const said = await refusal({ GATEHOUSE_MODE: "production" });
    const named = [...said.matchAll(/^ {2}- (\w+)/gm)].map(([, name]) => name);
    expect(named).toEqual(["GATEHOUSE_MASTER_KEY", "DATABASE_URL", "GATEHOUSE_URL", "SMTP_URL", "MAIL_FROM"]);
  });

  test.each([
    ["a port that is taken", { PORT: "TAKEN" }, "the port is taken. Set PORT to another one"],
    [
      "a database that is not there",
      { DATABASE_URL: "postgres://me:hunter2@127.0.0.1:1/x" },
      "127.0.0.1:1 cannot be opened",
    ],
    [
      "proxies that are none",
      { GATEHOUSE_TRUSTED_PROXIES: "proxy" },
      'GATEHOUSE_TRUSTED_PROXIES holds "proxy"',
    ],
    ["exceptions that are none", { GATEHOUSE_OUTBOUND_ALLOW: "10.0.0.0/99" }, "GATEHOUSE_OUTBOUND_ALLOW has"],
  ])("%s: one clear sentence", LIMIT, async (_case, env: Record<string, string>, words) => {
    const taken = await startTcpProxy("postgres://127.0.0.1:1/");
    const port = env.PORT && { PORT: new URL(taken.url).port };
    const said = await refusal({ DATABASE_URL: await ownDatabase(), ...env, ...port });
    await taken.close();
    expect(said).toContain(words);
    expect(said).not.toContain("hunter2");
    expect(said.split("\n")).toHaveLength(1);
  });

  test(
    "since the last thing before it is ready fails: says so, and nothing goes on running",
    LIMIT,
    async () => {
      using data = dataFolder();
      const env = { GATEHOUSE_DATA: data.path, DATABASE_URL: await ownDatabase() };
      await stopped(await started(env));
      await query(env.DATABASE_URL, "alter table member_invitations add check (false) not valid");
      const server = await begin(env);
      expect(await server.ended).toEqual({ code: 1, signal: null });
      expect(server.output()).toMatch(/^Gatehouse cannot start: .*member_invitations/);
    },
  );
});

describe("production", () => {
  test("answers at its own name only, and knows neither simulator nor localhost apps", LIMIT, async () => {
    using data = dataFolder();
    const server = await begin({
      GATEHOUSE_MODE: "production",
      GATEHOUSE_DATA: data.path,
      GATEHOUSE_MASTER_KEY: newMasterKey(),
      GATEHOUSE_URL: "https://auth.example.com",
      DATABASE_URL: await ownDatabase(),
      SMTP_URL: "smtp://127.0.0.1:1",
      MAIL_FROM: "auth@example.com",
    });
    await server.says('"msg":"ready"');
    const own = await get(server.origin, DISCOVERY, "auth.example.com");
    expect([own.status, JSON.parse(own.body).issuer]).toEqual([200, "https://auth.example.com"]);
    for (const host of ["localhost", "evil.example", "auth.example.com.evil.example"]) {
      const { status, body } = await get(server.origin, DISCOVERY, host);
      expect([status, body.includes("evil")]).toEqual([404, false]);
    }
    for (const path of ["/simulator/saml/metadata", "/simulator/oidc/keys", "/simulator/simulator.css"]) {
      expect((await get(server.origin, path, "auth.example.com")).status).toBe(404);
    }
    const { clientId } = credentialsOf(data.path);
    const authorize = `/oauth/authorize?response_type=code&scope=openid&client_id=${clientId}&redirect_uri=${CALLBACK}`;
    const refused = await get(server.origin, authorize, "auth.example.com");
    expect([refused.status, refused.body.includes("invalid_redirect_uri")]).toEqual([400, true]);
    expect((await get(server.origin, "/healthz", "10.0.0.7")).status).toBe(200);
  });
});

describe("another GATEHOUSE_URL", () => {
  test(
    "is followed by discovery, credentials and the simulator, also in a server that runs",
    LIMIT,
    async () => {
      using data = dataFolder();
      const env = { GATEHOUSE_DATA: data.path, DATABASE_URL: await ownDatabase() };
      const first = await started(env);
      const before = credentialsOf(data.path);
      const second = await started(env);
      expect(second.origin).not.toBe(first.origin);
      for (const { origin } of [first, second]) {
        const issuer = async () => JSON.parse((await get(origin, DISCOVERY, "localhost")).body).issuer;
        await expect.poll(issuer, { timeout: 5_000, interval: 20 }).toBe(second.origin);
      }
      expect(credentialsOf(data.path)).toEqual({ ...before, url: second.origin });
      const [, organization_id = ""] = /Test Organization +(org_\d+)/.exec(second.output()) ?? [];
      const answer = await new BalancedBrowser(second.origin).signIn(before.clientId, { organization_id });
      expect(answer.get("iss")).toBe(second.origin);
    },
  );

  test(
    "and a data folder that comes to another database gets credentials that work there",
    LIMIT,
    async () => {
      using data = dataFolder();
      const key = { GATEHOUSE_DATA: data.path };
      await stopped(await started({ ...key, DATABASE_URL: await ownDatabase() }));
      const former = credentialsOf(data.path);
      const server = await started({ ...key, DATABASE_URL: await ownDatabase() });
      const client = credentialsOf(data.path);
      expect(client.clientId).not.toBe(former.clientId);
      expect((await callApi(server.origin, client, "/organizations")).status).toBe(200);
    },
  );
});

describe("probes", () => {
  test("say alive, ready, and not ready while the database is away", LIMIT, async () => {
    using data = dataFolder();
    const proxy = await startTcpProxy(await ownDatabase());
    const server = await started({ GATEHOUSE_DATA: data.path, DATABASE_URL: proxy.url });
    const status = async (path: string) => (await fetch(server.origin + path)).status;
    expect([await status("/healthz"), await status("/readyz")]).toEqual([200, 200]);
    expect(await (await fetch(`${server.origin}/metrics`)).text()).toContain("# TYPE");
    await proxy.close();
    expect(await status("/readyz")).toBe(503);
    expect(await status("/healthz")).toBe(200);
    // A query on each connection that was open, too: the process lives through all of them.
    const client = credentialsOf(data.path);
    expect(
      (await postToken(server.origin, client, { grant_type: "client_credentials" })).status,
    ).toBeLessThan(600);
    await proxy.open();
    await expect.poll(() => status("/readyz"), { timeout: 15_000, interval: 20 }).toBe(200);
    expect((await callApi(server.origin, client, "/organizations")).status).toBe(200);
    await stopped(server);
    await proxy.close();
  });
});

describe("the log", () => {
  test("of whole sign-ins holds no secret, at any level", LIMIT, async () => {
    using data = dataFolder();
    const database = new URL(await ownDatabase());
    const server = await started({
      GATEHOUSE_DATA: data.path,
      DATABASE_URL: database.href,
      LOG_LEVEL: "trace",
    });
    const client = credentialsOf(data.path);
    const [, organization = ""] = /Test Organization +(org_\d+)/.exec(server.output()) ?? [];
    const listed = await callApi(server.origin, client, `/organizations/${organization}/connections`);
    const secrets = new Set([client.clientSecret, database.password]);
    for (const { id } of listed.body.connections) {
      const browser = new BalancedBrowser(server.origin);
      const verifier = randomBytes(32).toString("base64url");
      const code_challenge = createHash("sha256").update(verifier).digest("base64url");
      const pkce = { code_challenge, code_challenge_method: "S256" };
      const code = (await browser.signIn(client.clientId, { connection_id: id, ...pkce })).get("code") ?? "";
      const grant = {
        grant_type: "authorization_code",
        code,
        redirect_uri: CALLBACK,
        code_verifier: verifier,
      };
      const { body } = await postToken(server.origin, client, grant);
      // Twice, so that the refusal is in the log too; and an access token where a refresh token belongs.
      await postToken(server.origin, client, grant);
      await postToken(server.origin, client, {
        grant_type: "refresh_token",
        refresh_token: body.access_token ?? "",
      });
      await fetch(`${server.origin}/userinfo`, { headers: { authorization: `Bearer ${body.id_token}` } });
      await fetch(`${server.origin}/oidc/logout?id_token_hint=${body.id_token}`);
      for (const name of ["access_token", "id_token", "refresh_token"]) secrets.add(body[name] ?? "");
      for (const value of [code, verifier, ...browser.carried, ...browser.cookies.values()])
        secrets.add(value);
    }
    await stopped(server);
    expect(listed.body.connections.length).toBe(2);
    // Short ones are no secrets: "code", "state-1", "S256"; ids and addresses name, and do not open.
    const long = [...secrets].filter((value) => value.length >= 20 && !/^(\w+_\d+|https?:.*)$/.test(value));
    expect(long.length).toBeGreaterThan(20);
    const log = server.output();
    expect(log).toContain("/oauth/token");
    expect(long.filter((value) => log.includes(value) || log.includes(encodeURIComponent(value)))).toEqual(
      [],
    );
    // The signature is a token's secret part.
    expect(log).not.toMatch(/eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+/);
  });
});

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

function get(
  origin: string,
  path: string,
  host: string,
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const sent = request(origin + path, { headers: { host, accept: "text/html" } }, async (answer) => {
      resolve({ status: answer.statusCode, body: await text(answer) });
    });
    sent.once("error", reject).end();
  });
}
