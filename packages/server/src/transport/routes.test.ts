import http from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AppError } from "../errors.ts";
import type { HttpReply, HttpRequest, HttpRoute } from "./http.ts";
import { json, redirect } from "./http.ts";
import { type Server, send, startServer } from "./testing.ts";

let seen: HttpRequest | undefined;

function route(
  path: string,
  errors: HttpRoute["errors"],
  handle: (r: HttpRequest) => HttpReply,
  method: HttpRoute["method"] = "GET",
): HttpRoute {
  return { method, path, errors, handle: async (_ctx, request) => handle(request) };
}

function fails(error: unknown): () => HttpReply {
  return () => {
    throw error;
  };
}

const routes: HttpRoute[] = [
  route("/echo/:id", "api", (request) => {
    seen = request;
    return json({ ok: true });
  }),
  route(
    "/form",
    "oauth",
    (request) => {
      seen = request;
      return redirect("/next", 303, ["a=1; Path=/", "b=2; Path=/"]);
    },
    "POST",
  ),
  route("/magicLink/:token", "page", () => ({ status: 200, body: "opened" })),
  route(
    "/fail/page",
    "page",
    fails(
      new AppError(
        "SAML_RESPONSE_REFUSED",
        "INVALID_ARGUMENT",
        'Issuer <script>alert("x")</script> is unknown',
      ),
    ),
  ),
  route("/fail/page-bug", "page", fails(new Error("the secret reason"))),
  route(
    "/fail/grant",
    "oauth",
    fails(new AppError("invalid_grant", "INVALID_ARGUMENT", 'The "code" has expired ✗')),
  ),
  route("/fail/client", "oauth", fails(new AppError("invalid_client", "UNAUTHENTICATED", "Wrong secret"))),
  route(
    "/fail/limit",
    "oauth",
    fails(
      new AppError("RATE_LIMITED", "RESOURCE_EXHAUSTED", "Slow down", { headers: { "retry-after": "7" } }),
    ),
  ),
  route("/fail/token", "oauth", fails(new AppError("invalid_token", "UNAUTHENTICATED", "Expired"))),
  route("/fail/oauth-bug", "oauth", fails(new Error("the secret reason"))),
];

let server: Server;
beforeAll(async () => {
  server = await startServer({ routes, config: { trustedProxies: ["127.0.0.1"] } });
});
afterAll(() => server.transport.stop());

const html = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };
const form = { "content-type": "application/x-www-form-urlencoded" };

describe("a route", () => {
  test("sees parameters decoded once, the query, headers and cookies", async () => {
    const headers = { cookie: "gh_session=abc; other=1" };
    const answer = await send(server.port, "/echo/a%2520b?x=1&x=2&y=%C3%A4", { headers });
    expect([answer.status, answer.json]).toEqual([200, { ok: true }]);
    expect(seen).toMatchObject({ method: "GET", path: "/echo/a%2520b", params: { id: "a%20b" } });
    expect([seen?.query.getAll("x"), seen?.query.get("y")]).toEqual([["1", "2"], "ä"]);
    expect(seen?.cookies).toEqual({ gh_session: "abc", other: "1" });
  });

  test("gets a form with its duplicates, and answers redirects and several cookies", async () => {
    const answer = await send(server.port, "/form", { method: "POST", headers: form, body: "a=1&a=2&b=x+y" });
    expect([answer.status, answer.headers.location]).toEqual([303, "/next"]);
    expect(answer.headers["set-cookie"]).toEqual(["a=1; Path=/", "b=2; Path=/"]);
    expect([seen?.form.getAll("a"), seen?.form.get("b")]).toEqual([["1", "2"], "x y"]);
  });

  test("gets an empty form for a body of another type", async () => {
    await send(server.port, "/form", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "{",
    });
    expect(seen?.form.size).toBe(0);
  });

  test("never sees a form over 1 MiB or with U+0000", async () => {
    const big = await send(server.port, "/form", {
      method: "POST",
      headers: form,
      body: "a".repeat(1024 * 1024 + 1),
    });
    expect([big.status, big.json.error]).toEqual([413, "invalid_request"]);
    const nul = await send(server.port, "/form", { method: "POST", headers: form, body: "a=%00" });
    expect([nul.status, nul.json.error]).toEqual([400, "invalid_request"]);
  });

  test("answers HEAD without a body, and another verb with 405", async () => {
    const head = await send(server.port, "/echo/1", { method: "HEAD" });
    expect([head.status, head.text, head.headers["content-length"]]).toEqual([200, "", "11"]);
    const other = await send(server.port, "/echo/1", { method: "POST" });
    expect([other.status, other.headers.allow]).toEqual([405, "GET, HEAD"]);
  });
});

describe("an error of a page", () => {
  test("is a page with what happened, the code and the reference, everything escaped, under a strict policy", async () => {
    const answer = await send(server.port, "/fail/page");
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("Issuer &#60;script&#62;alert(&#34;x&#34;)&#60;/script&#62; is unknown");
    expect(answer.text).not.toContain("<script");
    expect(answer.text).toContain("SAML_RESPONSE_REFUSED");
    expect(answer.text).toContain(answer.headers["x-request-id"]);
    expect(answer.headers).toMatchObject({
      "content-security-policy":
        "default-src 'none'; style-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    const stylesheet = /href="([^"]+\.css[^"]*)"/.exec(answer.text)?.[1] ?? "";
    expect((await send(server.port, stylesheet)).headers["content-type"]).toBe("text/css; charset=utf-8");
  });

  test("hides the reason of a bug, and logs it", async () => {
    const answer = await send(server.port, "/fail/page-bug");
    expect([answer.status, answer.text.includes("secret reason")]).toEqual([500, false]);
    expect(server.lines.some((line) => line.includes("the secret reason"))).toBe(true);
  });

  test("answers a browser at an unknown path or host with a page, a program with JSON", async () => {
    const browser = await send(server.port, "/nowhere", { headers: html });
    expect([browser.status, browser.headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
    const program = await send(server.port, "/nowhere", { headers: { accept: "application/json" } });
    expect([program.status, program.json.code]).toEqual([404, 5]);
    const host = await send(server.port, "/magicLink/x", { headers: { ...html, host: "unknown.example" } });
    expect([host.status, host.text.includes("unknown.example")]).toEqual([404, false]);
  });
});

describe("an error of OAuth", () => {
  test.each([
    ["/fail/grant", 400, { error: "invalid_grant", error_description: "The 'code' has expired ?" }, {}],
    ["/fail/client", 401, { error: "invalid_client" }, { "www-authenticate": 'Basic realm="oauth"' }],
    ["/fail/token", 401, { error: "invalid_token" }, { "www-authenticate": 'Bearer error="invalid_token"' }],
    ["/fail/limit", 429, { error: "temporarily_unavailable" }, { "retry-after": "7" }],
    ["/fail/oauth-bug", 500, { error: "server_error" }, {}],
  ])("%s is %i", async (path, status, body, headers) => {
    const answer = await send(server.port, path);
    expect(answer.status).toBe(status);
    expect(answer.json).toMatchObject(body);
    expect(answer.headers).toMatchObject({ ...headers, "cache-control": "no-store" });
    expect(answer.text).not.toContain("secret reason");
  });
});

describe("the log", () => {
  test("has a line for each request, without query, and without a path that is a secret", async () => {
    await send(server.port, "/echo/7?code=SECRETCODE", { headers: { cookie: "gh_session=SECRETCOOKIE" } });
    await send(server.port, "/magicLink/SECRETTOKEN", { headers: { authorization: "Bearer SECRETBEARER" } });
    await expect.poll(() => server.lines.join("")).toContain("/magicLink/:token");
    const lines = server.lines.map((line) => JSON.parse(line));
    expect(lines.find((line) => line.path === "/echo/7")).toMatchObject({
      method: "GET",
      status: 200,
      msg: "request",
    });
    expect(server.lines.join("")).not.toContain("SECRET");
  });
});

test("a client that leaves before the answer is noted, and is no error", async () => {
  const entered = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const slow: HttpRoute = {
    method: "GET",
    path: "/slow",
    errors: "page",
    async handle() {
      entered.resolve();
      await gate.promise;
      return { status: 200, body: "late" };
    },
  };
  const own = await startServer({ routes: [slow] });
  try {
    const request = http
      .get({ port: own.port, host: "127.0.0.1", path: "/slow" })
      .on("error", () => undefined);
    await entered.promise;
    request.destroy();
    await expect.poll(() => own.lines.join("")).toContain("client gone");
    gate.resolve();
    expect((await send(own.port, "/healthz")).status).toBe(200);
    expect(own.lines.filter((line) => JSON.parse(line).level >= 40)).toEqual([]);
  } finally {
    await own.transport.stop();
  }
});

describe("health", () => {
  test("answers at any host", async () => {
    const headers = { host: "unknown.example" };
    expect((await send(server.port, "/healthz", { headers })).json).toEqual({ status: "ok" });
    expect((await send(server.port, "/readyz", { headers })).json).toEqual({ status: "ready" });
  });

  test("counts requests by route pattern", async () => {
    await send(server.port, "/echo/1");
    const counted = () => send(server.port, "/metrics").then(({ text }) => text);
    await expect
      .poll(counted)
      .toMatch(/http_requests_total\{method="GET",route="\/echo\/:id",status="200"\} \d/);
    expect(await counted()).toContain("process_cpu_seconds_total");
  });

  test("says not ready when the check says so or fails", async () => {
    for (const ready of [async () => false, () => Promise.reject(new Error("down"))]) {
      const other = await startServer({ ready });
      expect((await send(other.port, "/readyz")).status).toBe(503);
      await other.transport.stop();
    }
  });
});
