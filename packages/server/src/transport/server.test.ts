import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import http2 from "node:http2";
import https from "node:https";
import net from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "@connectrpc/connect";
import { createGrpcTransport } from "@connectrpc/connect-node";
import { OrganizationService } from "@gatehouse/contract/scalekit/v1/organizations/organizations_pb";
import { describe, expect, test } from "vitest";
import type { HttpRoute } from "./http.ts";
import { createListener } from "./server.ts";
import { as, type Server, send, startServer } from "./testing.ts";

/** A route that answers when the test says so. */
function slowRoute() {
  const gate = Promise.withResolvers<void>();
  const entered = Promise.withResolvers<void>();
  const route: HttpRoute = {
    method: "GET",
    path: "/slow",
    errors: "api",
    async handle() {
      entered.resolve();
      await gate.promise;
      return { status: 200, body: "done" };
    },
  };
  return { route, entered: entered.promise, release: gate.resolve };
}

/** Everything that a raw connection receives until it is closed. */
function received(socket: net.Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("close", () => resolve(text));
    socket.on("error", reject);
  });
}

async function withServer(
  options: Parameters<typeof startServer>[0],
  run: (server: Server) => Promise<void>,
) {
  const server = await startServer(options);
  try {
    await run(server);
  } finally {
    await server.transport.stop();
  }
}

describe("one port without TLS", () => {
  test("tells HTTP/2 from HTTP/1.1 when the first bytes arrive one by one", () =>
    withServer({}, async ({ port }) => {
      const session = http2.connect(`http://127.0.0.1:${port}`);
      const stream = session.request({ ":path": "/healthz" }).resume();
      const status = await new Promise((resolve) =>
        stream.on("response", (head) => resolve(head[":status"])),
      );
      expect(status).toBe(200);
      session.close();

      const socket = net.connect(port, "127.0.0.1").setNoDelay(true);
      const all = received(socket);
      // "PRI" could still be HTTP/2; "PRO" no longer.
      for (const character of "PROPFIND /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n") {
        socket.write(character);
        await new Promise((resolve) => setImmediate(resolve));
      }
      expect(await all).toMatch(/^HTTP\/1.1 (404|405) /);
    }));

  test("survives clients that leave, send nothing or send garbage", () =>
    withServer({}, async ({ port }) => {
      net.connect(port, "127.0.0.1").end();
      net.connect(port, "127.0.0.1").on("connect", function (this: net.Socket) {
        this.resetAndDestroy();
      });
      const garbage = net.connect(port, "127.0.0.1");
      const answer = received(garbage);
      garbage.write("\x16\x03\x01garbage\r\n\r\n");
      expect(await answer).toMatch(/^HTTP\/1.1 400 /);
      expect((await send(port, "/healthz")).status).toBe(200);
    }));

  test("refuses a head over 32 KiB with 431", () =>
    withServer({}, async ({ port }) => {
      const answer = await send(port, "/healthz", { headers: { cookie: "x".repeat(33 * 1024) } });
      expect(answer.status).toBe(431);
    }));
});

test("with a certificate, one port speaks HTTP/2 and HTTP/1.1 by ALPN, and gRPC", async () => {
  await withServer({ config: { tls: selfSigned() } }, async ({ port }) => {
    const overH1 = await new Promise<number | undefined>((resolve, reject) => {
      https
        .get(
          { port, host: "127.0.0.1", path: "/healthz", rejectUnauthorized: false, agent: false },
          (response) => resolve(response.resume().statusCode),
        )
        .on("error", reject);
    });
    expect(overH1).toBe(200);
    const nodeOptions = { rejectUnauthorized: false };
    const client = createClient(
      OrganizationService,
      createGrpcTransport({ baseUrl: `https://127.0.0.1:${port}`, nodeOptions }),
    );
    const answer = await client.getOrganization(
      { identities: { case: "id", value: "org_1" } },
      { headers: as("client") },
    );
    expect(answer.organization?.id).toBe("org_1");
  });
});

function selfSigned(): { cert: string; key: string } {
  const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-tls-"));
  try {
    const [cert, key] = [path.join(folder, "cert.pem"), path.join(folder, "key.pem")];
    const name = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"];
    const kind = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"];
    execFileSync("openssl", ["req", ...kind, ...name, "-keyout", key, "-out", cert], { stdio: "ignore" });
    return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe("stop", () => {
  test("closes idle connections at once and lets a request in flight finish", async () => {
    const slow = slowRoute();
    const server = await startServer({ routes: [slow.route] });
    const idle1 = net.connect(server.port, "127.0.0.1");
    const silent = net.connect(server.port, "127.0.0.1").resume();
    idle1.write("GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n");
    await new Promise((resolve) => idle1.once("data", resolve));
    idle1.resume();
    const idle2 = http2.connect(server.url);
    await new Promise((resolve) => idle2.once("remoteSettings", resolve));
    const busy = http2.connect(server.url);
    await new Promise((resolve) => busy.once("connect", resolve));
    const closed = Promise.all(
      [idle1, silent, idle2].map((it) => new Promise((resolve) => it.once("close", resolve))),
    );

    const first = send(server.port, "/slow", { headers: { connection: "keep-alive" } });
    await slow.entered;
    const second = busy.request({ ":path": "/slow" });
    const secondText = new Promise<string>((resolve) => {
      let text = "";
      second.setEncoding("utf8").on("data", (part) => {
        text += part;
      });
      second.on("end", () => resolve(text));
    });
    await new Promise((resolve) => busy.ping(() => resolve(undefined)));

    const stopped = server.transport.stop();
    await closed;
    await expect(send(server.port, "/healthz")).rejects.toThrow("ECONNREFUSED");
    slow.release();
    expect((await first).text).toBe("done");
    expect(await secondText).toBe("done");
    await stopped;
  });

  test("does not wait for ever: after the grace time it cuts", async () => {
    const entered = Promise.withResolvers<void>();
    const listener = createListener({
      host: "127.0.0.1",
      port: 0,
      tls: undefined,
      graceMs: 50,
      handle: () => entered.resolve(),
    });
    const { port } = await listener.listen();
    const request = send(port, "/");
    await entered.promise;
    await Promise.all([listener.stop(), expect(request).rejects.toThrow("socket hang up")]);
  });

  test("listening on a port that is taken fails with the reason", async () => {
    await withServer({}, async ({ port }) => {
      await expect(startServer({ config: { port } })).rejects.toThrow("EADDRINUSE");
    });
  });
});
