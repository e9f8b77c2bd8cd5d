import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { createRemoteJWKSet, customFetch as joseFetch } from "jose";
import * as openid from "openid-client";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import type { OutboundError } from "./outbound-error.ts";
import { createSafeFetch, type SafeFetch } from "./safe-fetch.ts";

interface Peer {
  origin: string;
  port: number;
  seen: IncomingMessage[];
}

async function peer(answer: RequestListener): Promise<Peer> {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, port, seen };
}

const ok = (_: IncomingMessage, response: ServerResponse): void => void response.end("ok");
const allowed = (): SafeFetch => createSafeFetch({ allow: ["127.0.0.1"], allowHttp: false });

/** Every name resolves to these, one list a connection; the last stays. */
function resolver(...answers: string[][]) {
  const asked: string[] = [];
  const resolve = async (hostname: string) => {
    const answer = answers[Math.min(asked.push(hostname), answers.length) - 1] ?? [];
    return answer.map((address) => ({ address, family: address.includes(":") ? 6 : 4 }));
  };
  return { asked, resolve };
}

async function refusalOf(attempt: Promise<unknown>): Promise<OutboundError> {
  return await attempt.then(
    () => expect.fail("the request was let through"),
    (error) => error,
  );
}

describe("addresses", () => {
  test.each([
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "localhost",
    "LOCALHOST",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "①②⑦.⓪.⓪.①",
  ])("%s is refused before it is connected to", async (host) => {
    const { port, seen } = await peer(ok);
    const safeFetch = createSafeFetch({ allow: [], allowHttp: true });
    const error = await refusalOf(safeFetch(`http://${host}:${port}/`));
    expect(error).toMatchObject({ name: "OutboundError", reason: "address_refused" });
    expect(error.message).toContain("GATEHOUSE_OUTBOUND_ALLOW");
    expect(seen).toEqual([]);
  });

  test.each(["169.254.169.254", "10.0.0.1", "100.64.0.1", "[fd00::1]", "[fe80::1]", "192.168.1.1"])(
    "%s is refused",
    async (host) => {
      const error = await refusalOf(createSafeFetch({ allow: [], allowHttp: false })(`https://${host}/`));
      expect(error).toMatchObject({ reason: "address_refused", host });
    },
  );

  test("the message names the host, and only the log learns the address behind it", async () => {
    const { resolve } = resolver(["10.1.2.3"]);
    const error = await refusalOf(
      createSafeFetch({ allow: [], allowHttp: false, resolve })("https://idp.example/"),
    );
    expect(error.message).toContain('"idp.example"');
    expect(error.message).not.toContain("10.1.2.3");
    expect(error.detail).toBe("idp.example resolved to 10.1.2.3");
  });

  test("a zone does not hide an address", async () => {
    const { resolve } = resolver(["fe80::1%lo"]);
    const error = await refusalOf(
      createSafeFetch({ allow: [], allowHttp: false, resolve })("https://idp.example/"),
    );
    expect(error.reason).toBe("address_refused");
  });

  test("a name that resolves anew (rebinding) is judged at each connection", async () => {
    const { port, seen } = await peer((_, response) => void response.setHeader("connection", "close").end());
    const { asked, resolve } = resolver(["127.0.0.1"], ["10.0.0.1"]);
    const safeFetch = createSafeFetch({ allow: ["127.0.0.1"], allowHttp: false, resolve });
    const url = `http://rebind.example:${port}/`;
    expect((await safeFetch(url)).status).toBe(200);
    expect(await refusalOf(safeFetch(url))).toMatchObject({ reason: "address_refused" });
    // One resolution a connection: nothing resolves between the judgement and the socket.
    expect(asked).toEqual(["rebind.example", "rebind.example"]);
    expect(seen).toHaveLength(1);
  });

  test("public first, then loopback: the second answer is refused although the first passed", async () => {
    const { port, seen } = await peer(ok);
    const { resolve } = resolver(["8.8.8.8"], ["127.0.0.1"]);
    await resolve("a check that came before");
    const safeFetch = createSafeFetch({ allow: [], allowHttp: true, resolve });
    expect(await refusalOf(safeFetch(`http://rebind.example:${port}/`))).toMatchObject({
      reason: "address_refused",
    });
    expect(seen).toEqual([]);
  });

  test("of several addresses only those that pass are tried", async () => {
    const { port } = await peer(ok);
    const { resolve } = resolver(["10.0.0.1", "127.0.0.1", "fd00::1"]);
    const safeFetch = createSafeFetch({ allow: ["127.0.0.1"], allowHttp: false, resolve });
    expect(await (await safeFetch(`http://idp.example:${port}/`)).text()).toBe("ok");
  });

  test("an allowed host may resolve to anything, on its port", async () => {
    const { port } = await peer(ok);
    const { resolve } = resolver(["127.0.0.1"]);
    const safeFetch = createSafeFetch({ allow: [`idp.internal:${port}`], allowHttp: false, resolve });
    expect((await safeFetch(`http://idp.internal:${port}/`)).status).toBe(200);
    expect(await refusalOf(safeFetch(`https://idp.internal:${port + 1}/`))).toMatchObject({
      reason: "address_refused",
    });
  });
});

describe("URLs", () => {
  test.each([
    ["http://idp.example/", "scheme_refused"],
    ["ftp://idp.example/", "scheme_refused"],
    ["file:///etc/passwd", "scheme_refused"],
    ["data:text/plain,x", "scheme_refused"],
    ["https://user:password@idp.example/", "url_refused"],
    ["https://user@idp.example/", "url_refused"],
    ["/relative", "url_refused"],
    ["https://[fe80::1%25eth0]/", "url_refused"],
  ])("%s: %s", async (url, reason) => {
    const { asked, resolve } = resolver(["10.0.0.1"]);
    const error = await refusalOf(createSafeFetch({ allow: [], allowHttp: false, resolve })(url));
    expect(error).toMatchObject({ reason });
    expect(error.message).not.toContain("password@");
    expect(asked).toEqual([]);
  });

  test("http to a public address is refused where only a network is allowed", async () => {
    const { resolve } = resolver(["8.8.8.8"]);
    const safeFetch = createSafeFetch({ allow: ["10.0.0.0/8"], allowHttp: false, resolve });
    expect(await refusalOf(safeFetch("http://idp.example/"))).toMatchObject({ reason: "scheme_refused" });
  });
});

describe("redirects", () => {
  const redirect =
    (location: string, status = 302): RequestListener =>
    (_, response) =>
      void response.writeHead(status, { location }).end("moved");

  test("to loopback is refused", async () => {
    const inner = await peer(ok);
    const outer = await peer(redirect(`${inner.origin}/secret`));
    const { resolve } = resolver(["127.0.0.1"]);
    const safeFetch = createSafeFetch({ allow: ["outer.example"], allowHttp: true, resolve });
    const error = await refusalOf(safeFetch(`http://outer.example:${outer.port}/`));
    expect(error).toMatchObject({ reason: "address_refused", host: `127.0.0.1:${inner.port}` });
    expect(inner.seen).toEqual([]);
  });

  test("is followed and answers with the last address", async () => {
    const { origin } = await peer((request, response) => {
      if (request.url === "/end") response.end("there");
      else redirect("/end")(request, response);
    });
    const response = await allowed()(`${origin}/start`);
    expect([response.url, await response.text()]).toEqual([`${origin}/end`, "there"]);
  });

  test("three are followed, not four", async () => {
    const { origin, seen } = await peer(redirect("/again"));
    expect(await refusalOf(allowed()(origin))).toMatchObject({ reason: "too_many_redirects" });
    expect(seen).toHaveLength(4);
  });

  test("another origin learns neither credentials nor body", async () => {
    const second = await peer(ok);
    const first = await peer(redirect(`${second.origin}/`, 307));
    const headers = {
      authorization: "Bearer secret",
      cookie: "a=1",
      "x-signature": "s",
      accept: "text/plain",
    };
    await allowed()(first.origin, { method: "POST", body: "secret", headers });
    const [request] = second.seen;
    expect(first.seen[0]?.headers).toMatchObject(headers);
    expect(request?.method).toBe("GET");
    expect(request?.headers).toMatchObject({ accept: "text/plain", "user-agent": "Gatehouse" });
    for (const name of ["authorization", "cookie", "x-signature", "content-length"]) {
      expect(request?.headers).not.toHaveProperty(name);
    }
  });

  test("redirect: error refuses the first, manual returns it", async () => {
    const { origin, seen } = await peer(redirect("/next"));
    expect(await refusalOf(allowed()(origin, { redirect: "error" }))).toMatchObject({
      reason: "too_many_redirects",
    });
    const response = await allowed()(origin, { redirect: "manual" });
    expect([response.status, response.headers.get("location")]).toEqual([302, "/next"]);
    expect(seen).toHaveLength(2);
  });
});

describe("limits", () => {
  test("a server that never answers", async () => {
    const { origin } = await peer(() => undefined);
    const error = await refusalOf(allowed()(origin, { timeoutMs: 40 }));
    expect(error).toMatchObject({ reason: "timeout" });
    expect(error.message).toMatch(/^127\.0\.0\.1:[0-9]+ did not answer completely within 0\.04 seconds\.$/);
  });

  test("a body that never ends is cut off by time", async () => {
    const { origin } = await peer((_, response) => void response.write("begun"));
    // On a busy machine the time may be up before the head has come.
    const body = allowed()(origin, { timeoutMs: 60 }).then((response) => response.text());
    expect(await refusalOf(body)).toMatchObject({ reason: "timeout" });
  });

  test("a resolver that never answers", async () => {
    const safeFetch = createSafeFetch({
      allow: [],
      allowHttp: false,
      resolve: () => new Promise(() => undefined),
    });
    expect(await refusalOf(safeFetch("https://slow.example/", { timeoutMs: 40 }))).toMatchObject({
      reason: "timeout",
      host: "slow.example",
    });
  });

  test("an endless body is cut off by size, and the connection closed", async () => {
    const closed = Promise.withResolvers<void>();
    const { origin } = await peer((_, response) => {
      const write = (): void => {
        while (response.write(Buffer.alloc(16_384))) {}
      };
      response.on("drain", write).on("close", closed.resolve);
      write();
    });
    const response = await allowed()(origin, { maxBytes: 100_000 });
    expect(await refusalOf(response.text())).toMatchObject({ reason: "too_large" });
    await closed.promise;
  });

  test("a body that unpacks to more than it may is not unpacked to its end", async () => {
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024));
    const { origin } = await peer((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip", "content-length": bomb.length }).end(bomb);
    });
    const response = await allowed()(origin, { maxBytes: 1024 * 1024 });
    expect(await refusalOf(response.arrayBuffer())).toMatchObject({ reason: "too_large" });
  });

  test("a body of just the size passes, and is announced as what it is", async () => {
    const { origin } = await peer((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("x".repeat(5000)));
    });
    const response = await allowed()(origin, { maxBytes: 5000 });
    expect(response.headers.has("content-encoding")).toBe(false);
    expect(await response.text()).toHaveLength(5000);
  });

  test("the caller's own signal ends it with the caller's reason", async () => {
    const { origin } = await peer((_, response) => void response.write("begun"));
    const reason = new Error("the user left");
    const early = AbortSignal.abort(reason);
    await expect(allowed()(origin, { signal: early })).rejects.toBe(reason);
    const controller = new AbortController();
    const response = await allowed()(origin, { signal: controller.signal });
    controller.abort(reason);
    await expect(response.text()).rejects.toBe(reason);
  });

  test("a body that nobody wants is let go", async () => {
    const closed = Promise.withResolvers<void>();
    const { origin } = await peer((_, response) => {
      response.on("close", closed.resolve).write("begun");
    });
    await (await allowed()(origin)).body?.cancel();
    await closed.promise;
  });
});

describe("failures", () => {
  test("nobody listens", async () => {
    const gone = createServer().listen(0, "127.0.0.1");
    await once(gone, "listening");
    const free = (gone.address() as AddressInfo).port;
    gone.close();
    await once(gone, "close");
    const error = await refusalOf(allowed()(`http://127.0.0.1:${free}/`));
    expect(error).toMatchObject({
      reason: "unreachable",
      message: `127.0.0.1:${free} refused the connection.`,
    });
  });

  test("the name is unknown", async () => {
    const { resolve } = resolver([]);
    const error = await refusalOf(
      createSafeFetch({ allow: [], allowHttp: false, resolve })("https://no.example/"),
    );
    expect(error).toMatchObject({
      reason: "unreachable",
      message: "The name no.example is not known in the DNS.",
    });
  });

  test("the answer breaks off", async () => {
    const { origin } = await peer((request, response) => {
      response.writeHead(200, { "content-length": 100 }).write("begun", () => request.socket.destroy());
    });
    const reading = allowed()(origin).then((response) => response.text());
    expect(await refusalOf(reading)).toMatchObject({ reason: "unreachable" });
  });

  test("the peer speaks no TLS", async () => {
    const { port } = await peer(ok);
    const error = await refusalOf(allowed()(`https://127.0.0.1:${port}/`));
    expect(error).toMatchObject({ reason: "tls" });
    expect(error.message).toContain("check its certificate");
  });
});

describe("as a fetch", () => {
  test("sends what it is given and answers a standard Response", async () => {
    const { origin } = await peer((request, response) => {
      response.writeHead(201, { "x-method": request.method });
      request.pipe(response);
    });
    const body = new URLSearchParams({ a: "1" });
    const response = await allowed()(new URL(origin), { method: "post", body });
    expect(response).toBeInstanceOf(Response);
    expect([response.status, response.headers.get("x-method")]).toEqual([201, "POST"]);
    expect(await response.text()).toBe("a=1");
  });

  test.each([204, 304])("%i has no body", async (status) => {
    const { origin } = await peer((_, response) => void response.writeHead(status).end());
    const response = await allowed()(origin);
    expect([response.status, response.body]).toEqual([status, null]);
  });

  test("a HEAD with a length has an empty body", async () => {
    const { origin } = await peer(
      (_, response) => void response.writeHead(200, { "content-length": 9 }).end(),
    );
    expect(await (await allowed()(origin, { method: "HEAD", maxBytes: 1 })).text()).toBe("");
  });

  test("proxies of the environment are not used", async () => {
    for (const name of ["HTTP_PROXY", "http_proxy", "ALL_PROXY"]) vi.stubEnv(name, "http://127.0.0.1:9");
    vi.stubEnv("NODE_USE_ENV_PROXY", "1");
    onTestFinished(() => void vi.unstubAllEnvs());
    const { origin } = await peer(ok);
    expect((await allowed()(origin)).status).toBe(200);
  });

  test("openid-client discovers through it", async () => {
    const { origin } = await peer((request, response) => {
      const issuer = `http://${request.headers.host}`;
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify({ issuer, jwks_uri: `${issuer}/keys` }));
    });
    const options = { [openid.customFetch]: allowed(), execute: [openid.allowInsecureRequests] };
    const found = await openid.discovery(new URL(origin), "client", undefined, undefined, options);
    expect(found.serverMetadata().issuer).toBe(origin);
  });

  test("jose fetches keys through it", async () => {
    const { origin, seen } = await peer((_, response) => {
      response.setHeader("content-type", "application/json").end('{"keys":[]}');
    });
    const keys = createRemoteJWKSet(new URL(`${origin}/keys`), { [joseFetch]: allowed() });
    await expect(keys({ alg: "RS256" })).rejects.toMatchObject({ code: "ERR_JWKS_NO_MATCHING_KEY" });
    expect(seen).toHaveLength(1);
  });
});
