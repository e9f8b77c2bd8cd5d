import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Ctx } from "../context.ts";
import { appPolicy, appRoutes } from "./apps.ts";
import type { HttpReply, HttpRoute } from "./http.ts";

let dist = "";
let route: HttpRoute;
beforeAll(() => {
  dist = mkdtempSync(join(tmpdir(), "gatehouse-apps-"));
  route = built(dist);
});
afterAll(() => rmSync(dist, { recursive: true }));

function built(folder: string): HttpRoute {
  mkdirSync(join(folder, "assets"), { recursive: true });
  writeFileSync(join(folder, "index.html"), "<title>Gatehouse</title>");
  writeFileSync(join(folder, "pages.json"), '["login"]');
  writeFileSync(join(folder, "build.stamp"), "stamp");
  writeFileSync(join(folder, "assets/index-1.js"), "plain");
  writeFileSync(join(folder, "assets/index-1.js.br"), "brotli");
  writeFileSync(join(folder, "assets/index-1.js.gz"), "gzip");
  writeFileSync(join(folder, "assets/mark-1.svg"), "<svg/>");
  return onlyRoute(folder);
}

function onlyRoute(login: string): HttpRoute {
  const [first] = appRoutes({ login });
  if (first === undefined) throw new Error("there is no route");
  return first;
}

function get(path: string, headers: Record<string, string> = {}, from = route): Promise<HttpReply> {
  const none = new URLSearchParams();
  const request = {
    method: "GET",
    path,
    params: {},
    query: none,
    rawQuery: "",
    form: none,
    headers,
    cookies: {},
  };
  // Static files ask nothing of the context.
  return from.handle({} as Ctx, request);
}

describe("a page", () => {
  test("is index.html, never kept, never framed, under the policy", async () => {
    const reply = await get("/a/auth/login");
    expect(reply).toMatchObject({ status: 200, body: Buffer.from("<title>Gatehouse</title>") });
    expect(reply.headers).toEqual({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": appPolicy,
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
    });
  });

  test.each(["/a/auth/", "/a/auth/nowhere", "/a/auth/login/deeper", "/a/auth/login/"])(
    "that does not exist is 404, and the app says so: %s",
    async (path) => {
      expect(await get(path)).toMatchObject({ status: 404, body: Buffer.from("<title>Gatehouse</title>") });
    },
  );

  test("is under a policy without inline script, inline style or other origins", () => {
    expect(appPolicy).not.toMatch(/unsafe|https?:|data:|\*/);
  });
});

describe("a file", () => {
  test("is kept for good, since its name changes with its content", async () => {
    const reply = await get("/a/auth/assets/mark-1.svg");
    expect(reply).toMatchObject({ status: 200, body: Buffer.from("<svg/>") });
    expect(reply.headers).toEqual({
      "content-type": "image/svg+xml",
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
      vary: "accept-encoding",
    });
  });

  test.each([
    ["gzip, deflate, br", "brotli", "br"],
    ["gzip, deflate", "gzip", "gzip"],
    ["br;q=0, GZIP;q=0.5", "gzip", "gzip"],
    ["br; q=0.000, gzip;q=0", "plain", undefined],
    ["brotli", "plain", undefined],
    ["", "plain", undefined],
  ])("to a client that accepts %j is %s", async (accepted, body, encoding) => {
    const reply = await get("/a/auth/assets/index-1.js", { "accept-encoding": accepted });
    expect(reply.body).toEqual(Buffer.from(body));
    expect(reply.headers?.["content-encoding"]).toBe(encoding);
    expect(reply.headers?.["content-type"]).toBe("text/javascript; charset=utf-8");
  });

  test.each([
    "assets/index-2.js",
    "assets/index-1.js.br",
    "assets/",
    "assets/../build.stamp",
    "assets/../../../../../../etc/passwd",
    "assets/%2e%2e/index.html",
    "assets/..\\index.html",
    "assets//index-1.js",
    "assets/index-1.js%00.svg",
    "build.stamp",
    "pages.json",
    "index.html",
    "../../etc/passwd.txt",
    "/etc/hosts.txt",
    "constructor.js",
  ])("that is no asset is 404: %s", async (name) => {
    const reply = await get(`/a/auth/${name}`);
    expect(reply).toMatchObject({ status: 404, headers: { "cache-control": "no-store" } });
    expect(String(reply.body)).toMatch(/^There is no such file/);
  });

  test.each(["%2e%2e%2f%2e%2e%2fetc%2fpasswd", "..", "../../etc/passwd", "__proto__"])(
    "that looks like a page is the app's own 404: %s",
    async (name) => {
      expect(await get(`/a/auth/${name}`)).toMatchObject({
        status: 404,
        body: Buffer.from("<title>Gatehouse</title>"),
      });
    },
  );
});

describe("pages that are not built", () => {
  test("are 503 with what to do, until they are", async () => {
    const folder = join(dist, "later");
    const later = onlyRoute(folder);
    const reply = await get("/a/auth/login", {}, later);
    expect(reply).toMatchObject({ status: 503, headers: { "cache-control": "no-store" } });
    expect(String(reply.body)).toContain("<code>npm start</code>");
    expect(await get("/a/auth/assets/index-1.js", {}, later)).toMatchObject({ status: 503 });
    built(folder);
    expect(await get("/a/auth/login", {}, later)).toMatchObject({ status: 200 });
  });
});
