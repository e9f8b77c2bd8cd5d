/**
 * Builds the pages in apps/ whose inputs changed since their last build; silent when none did. `--force` builds all.
 * Runs before the server starts, and before the browser tests.
 */
import { createHash } from "node:crypto";
import {
  existsSync,
  globSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { basename, join, sep } from "node:path";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

/** What every app is built from, beside its own folder. */
const SHARED = [
  "packages/ui",
  "packages/contract/gen",
  "packages/contract/package.json",
  "package-lock.json",
  "tsconfig.json",
  "scripts/build-pages.ts",
];
const STAMP = "build.stamp";
const COMPRESSIBLE = /\.(js|css|svg|html|json)$/;
/** Below it a compressed file saves no packet. */
const SMALLEST_COMPRESSED = 1400;

export interface StaleApp {
  /** The name of its folder in apps/. */
  app: string;
  /** Of the inputs that the build is about to read. */
  fingerprint: string;
}

/**
 * Builds what is stale, each app into `apps/<app>/dist`, and prints one line for each.
 * @param root the folder of the repository
 * @returns the names of the apps that were built
 * @throws Error of Vite when a source cannot be built; the former dist then stays
 */
export async function buildPages(root: string, { force = false } = {}): Promise<string[]> {
  const stale = staleApps(root, { force });
  for (const { app, fingerprint } of stale) {
    const start = performance.now();
    await buildApp(root, app, fingerprint);
    console.log(`Built the ${app} pages in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
  }
  return stale.map(({ app }) => app);
}

/**
 * The apps whose dist was not built from the inputs as they are now, by contents: a checkout gives files new times
 * without changing them.
 */
export function staleApps(root: string, { force = false } = {}): StaleApp[] {
  const apps = readdirSync(join(root, "apps")).filter((app) =>
    existsSync(join(root, "apps", app, "index.html")),
  );
  const shared = apps.length === 0 ? "" : hashOf(root, SHARED);
  return apps
    .sort()
    .map((app) => ({ app, fingerprint: `${shared} ${hashOf(root, [`apps/${app}`])}` }))
    .filter(({ app, fingerprint }) => force || stampOf(root, app) !== fingerprint);
}

function stampOf(root: string, app: string): string | undefined {
  const file = join(root, "apps", app, "dist", STAMP);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

function hashOf(root: string, paths: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of paths.flatMap((path) => filesOf(root, path))) {
    const content = readFileSync(join(root, file));
    // The length keeps a piece of one file from passing for a piece of the next.
    hash.update(`${file.replaceAll(sep, "/")}\0${content.length}\0`).update(content);
  }
  return hash.digest("base64url");
}

function filesOf(root: string, path: string): string[] {
  if (!existsSync(join(root, path))) return [];
  if (statSync(join(root, path)).isFile()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter(({ name }) => !/^(dist|node_modules)$|\.test\.tsx?$/.test(name))
    .flatMap((entry) => filesOf(root, join(path, entry.name)))
    .sort();
}

// Aside first, then into place: a server that reads dist meanwhile finds the old one or the new one, never half.
async function buildApp(root: string, app: string, fingerprint: string): Promise<void> {
  const folder = join(root, "apps", app);
  const fresh = join(root, ".cache", "pages", `${app}.${process.pid}`);
  // Loaded here: the check alone must not pay for Vite.
  const { build } = await import("vite");
  const environment = process.env.NODE_ENV;
  // Vite builds React for development where this is set to anything else, as test runners do.
  process.env.NODE_ENV = "production";
  try {
    await build({ root: folder, logLevel: "error", build: { outDir: fresh, emptyOutDir: true } });
    writeFileSync(join(fresh, "pages.json"), JSON.stringify(pagesOf(folder)));
    compress(fresh);
    writeFileSync(join(fresh, STAMP), fingerprint);
    replace(join(folder, "dist"), fresh);
  } finally {
    if (environment === undefined) delete process.env.NODE_ENV;
    else process.env.NODE_ENV = environment;
    rmSync(fresh, { recursive: true, force: true });
  }
}

// One file a page: its name is the page's path. The server answers 404 to the others.
function pagesOf(folder: string): string[] {
  return globSync("src/pages/*.tsx", { cwd: folder })
    .map((file) => basename(file, ".tsx"))
    .sort();
}

function compress(folder: string): void {
  for (const name of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
    const file = join(folder, name);
    if (!COMPRESSIBLE.test(name) || statSync(file).size < SMALLEST_COMPRESSED) continue;
    const content = readFileSync(file);
    writeFileSync(`${file}.gz`, gzipSync(content, { level: 9 }));
    // The highest quality takes ten times as long as this one, to save a twentieth.
    writeFileSync(
      `${file}.br`,
      brotliCompressSync(content, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }),
    );
  }
}

function replace(dist: string, fresh: string): void {
  const old = `${fresh}.old`;
  if (existsSync(dist)) renameSync(dist, old);
  try {
    renameSync(fresh, dist);
  } catch (error) {
    // Another build was faster; it read the same sources.
    if (!existsSync(join(dist, STAMP))) throw error;
  } finally {
    rmSync(old, { recursive: true, force: true });
  }
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  const root = fileURLToPath(new URL("..", import.meta.url));
  await buildPages(root, { force: argv.includes("--force") });
}
