/**
 * Serves the pages that `scripts/build-pages.ts` built, out of memory: a request names a file only by a key of a map,
 * so no path of it ever reaches the file system.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { extname, join, relative, sep } from "node:path";
import type { HttpReply, HttpRequest, HttpRoute } from "./http.ts";
import { html, page } from "./page.ts";

/**
 * The policy of every app's page, as strict as the apps allow: no inline script or style, no string that becomes
 * markup (`trusted-types 'none'`), no plug-in, no frame in either direction, calls to our own origin only. Styles
 * that React sets on elements go through the CSSOM, which `style-src` does not govern.
 */
export const appPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join("; ");

const contentTypes: Readonly<Record<string, string>> = {
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".woff2": "font/woff2",
};

const encodings = [
  { token: "br", suffix: ".br" },
  { token: "gzip", suffix: ".gz" },
] as const;

interface App {
  index: Buffer;
  /** The paths of its pages below the app's own, such as `login`. */
  pages: ReadonlySet<string>;
  /** Contents by name, with `/` between folders; compressed ones under their suffix. */
  files: ReadonlyMap<string, Buffer>;
}

/**
 * The routes of the apps.
 * @param options.login the folder of the built sign-in pages; read at the first request that finds it complete, and
 * never again, so that a server keeps to one build
 */
export function appRoutes(options: { login: string }): HttpRoute[] {
  return [appRoute("/a/auth/", options.login)];
}

function appRoute(base: string, dist: string): HttpRoute {
  let app: App | undefined;
  return {
    method: "GET",
    path: `${base}*`,
    errors: "page",
    handle: async (_ctx, request) => {
      app ??= readApp(dist);
      return app === undefined ? notBuilt : reply(app, request.path.slice(base.length), request);
    },
  };
}

function readApp(dist: string): App | undefined {
  if (!existsSync(join(dist, "index.html"))) return undefined;
  const files = new Map<string, Buffer>();
  for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = join(entry.parentPath, entry.name);
    files.set(relative(dist, file).replaceAll(sep, "/"), readFileSync(file));
  }
  const pages: string[] = JSON.parse(String(files.get("pages.json") ?? "[]"));
  return { index: files.get("index.html") ?? Buffer.of(), pages: new Set(pages), files };
}

function reply(app: App, name: string, request: HttpRequest): HttpReply {
  // Only names below assets/ carry the hash of their content; the rest of the folder is the build's own.
  if (name.startsWith("assets/")) return assetReply(app, name, request);
  if (extname(name) !== "") return noSuchFile;
  return {
    status: app.pages.has(name) ? 200 : 404,
    headers: {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      "content-security-policy": appPolicy,
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
    },
    body: app.index,
  };
}

function assetReply({ files }: App, name: string, request: HttpRequest): HttpReply {
  const type = contentTypes[extname(name)];
  const plain = files.get(name);
  if (type === undefined || plain === undefined) return noSuchFile;
  const encoding = encodings.find(
    ({ token, suffix }) => files.has(name + suffix) && accepts(request.headers["accept-encoding"], token),
  );
  return {
    status: 200,
    headers: {
      "content-type": type,
      "cache-control": "public, max-age=31536000, immutable",
      "x-content-type-options": "nosniff",
      vary: "accept-encoding",
      ...(encoding && { "content-encoding": encoding.token }),
    },
    body: files.get(name + (encoding?.suffix ?? "")) ?? plain,
  };
}

// RFC 9110 section 12.5.3; a weight of 0 means "not acceptable".
function accepts(header: string | string[] | undefined, token: string): boolean {
  return String(header ?? "")
    .toLowerCase()
    .split(",")
    .map((item) => item.replaceAll(/\s/g, "").split(";"))
    .some(([name, weight]) => name === token && !/^q=0(\.0*)?$/.test(weight ?? ""));
}

const noSuchFile: HttpReply = {
  status: 404,
  headers: {
    "content-type": "text/plain; charset=utf-8",
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  },
  body: "There is no such file. The page that asked for it may be older than this server: load the page again.\n",
};

const notBuilt = page({
  title: "The sign-in pages are not built",
  status: 503,
  body: html`<h1>The sign-in pages are not built</h1>
<p class="what">This server found no built pages in its folder.</p>
<p>Start it with <code>npm start</code>, which builds them, or run <code>node scripts/build-pages.ts</code>; then load this page again.</p>`,
});
