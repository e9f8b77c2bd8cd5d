/** `npm run dev:tls`: HTTPS on the one port, with both protocols, for programs and browsers. */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import http2 from "node:http2";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import tls from "node:tls";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePort } from "../packages/server/src/testing/app.ts";
import { hasNoChromium, launch } from "./browser.ts";
import { credentialsOf, dataFolder, type ServerProcess, startProcess } from "./server-process.ts";

const START_MS = 90_000;
const LIMIT = { timeout: 30_000 };

let server: ServerProcess;
let port: number;
let demo: string;
let authority: string;
const data = dataFolder();

beforeAll(async () => {
  port = await freePort();
  const demoPort = await freePort();
  demo = `http://localhost:${demoPort}`;
  const env = { GATEHOUSE_DATA: data.path, PORT: String(port), GATEHOUSE_DEMO_PORT: String(demoPort) };
  server = startProcess(env, "scripts/dev-tls.ts");
  await server.says(`Demo app on ${demo}`);
  authority = join(data.path, "tls", "authority.pem");
}, START_MS);

afterAll(async () => {
  server?.signal("SIGTERM");
  const ending = await server?.ended;
  data[Symbol.dispose]();
  expect(ending?.code).toBe(0);
}, START_MS);

function handshake(options: tls.ConnectionOptions): Promise<tls.TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ host: "127.0.0.1", port, servername: "localhost", ...options }, () =>
      resolve(socket),
    );
    socket.once("error", reject);
  });
}

test.each(["h2", "http/1.1"])("speaks %s when the client asks for it", LIMIT, async (protocol) => {
  const socket = await handshake({ ca: readFileSync(authority), ALPNProtocols: [protocol] });
  expect([socket.authorized, socket.alpnProtocol]).toEqual([true, protocol]);
  const status = protocol === "h2" ? await http2Status(socket) : await http1Status(socket);
  expect(status).toBe(200);
});

test("the certificate is for the address too, and for no other name", LIMIT, async () => {
  const ca = readFileSync(authority);
  const byAddress = await handshake({ ca, servername: "", host: "127.0.0.1" });
  expect(byAddress.authorized).toBe(true);
  byAddress.destroy();
  await expect(handshake({ ca, servername: "gatehouse.example" })).rejects.toThrow("does not match");
});

test("nobody trusts it who was not told to", LIMIT, async () => {
  await expect(handshake({})).rejects.toThrow(/unable to (get local issuer|verify)|self.signed/);
});

test("plain http is refused at this port", LIMIT, async () => {
  await expect(fetch(`http://localhost:${port}/healthz`)).rejects.toThrow();
});

test("serves the official SDK, and sign-ins with cookies that only this host can set", LIMIT, async () => {
  const origin = `https://localhost:${port}`;
  const { url, clientId, clientSecret } = credentialsOf(data.path);
  expect(url).toBe(origin);
  const env = {
    ORIGIN: origin,
    CLIENT_ID: clientId,
    CLIENT_SECRET: clientSecret,
    NODE_EXTRA_CA_CERTS: authority,
  };
  const child = spawn(process.execPath, [join(import.meta.dirname, "client-over-tls.ts")], {
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const said = JSON.parse(await text(child.stdout));
  expect(said.organizations).toEqual(["Test Organization"]);
  expect(said.signIns).toHaveLength(2);
  for (const { email, issuer, cookies } of said.signIns) {
    expect([email, issuer]).toEqual(["ada@example.com", origin]);
    expect(cookies.length).toBeGreaterThan(0);
    for (const cookie of cookies) expect(cookie).toMatch(/^__Host-gh_\w+=.*; Secure/);
  }
});

describe.skipIf(hasNoChromium())("in a browser", () => {
  test.each(["SAML", "OpenID Connect"])("the demo app without TLS signs in by %s", LIMIT, async (name) => {
    const browser = await launch();
    try {
      const page = await (await browser.newContext({ ignoreHTTPSErrors: true })).newPage();
      page.setDefaultTimeout(8_000);
      const refused: string[] = [];
      page.on("console", (message) => refused.push(message.text()));
      await page.goto(demo);
      await page.getByRole("link", { name, exact: true }).click();
      await page.getByRole("button", { name: "Ada Park" }).click();
      await page.getByRole("heading", { name: "Ada Park" }).waitFor();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.getByRole("heading", { name: "You are signed out" }).waitFor();
      expect(refused).toEqual([]);
    } finally {
      await browser.close();
    }
  });
});

function http2Status(socket: tls.TLSSocket): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const session = http2.connect(`https://localhost:${port}`, { createConnection: () => socket });
    session.once("error", reject);
    const stream = session.request({ ":path": "/healthz" });
    stream.once("response", (headers) => {
      session.close();
      resolve(headers[":status"]);
    });
    stream.resume().end();
  });
}

async function http1Status(socket: tls.TLSSocket): Promise<number> {
  socket.write(`GET /healthz HTTP/1.1\r\nhost: localhost:${port}\r\nconnection: close\r\n\r\n`);
  return Number(/^HTTP\/1\.1 (\d+)/.exec(await text(socket))?.[1]);
}
