import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { staleApps } from "./build-pages.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "gatehouse-pages-"));
  write("package-lock.json", "{}");
  write("packages/ui/src/theme.ts", "theme");
  write("packages/contract/gen/a_pb.js", "a");
  write("apps/login/index.html", "<html>");
  write("apps/login/src/main.tsx", "main");
  write("apps/unfinished/package.json", "{}");
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** Leaves what a build of the sources as they are now would. */
function stamp(): void {
  for (const { app, fingerprint } of staleApps(root)) write(`apps/${app}/dist/build.stamp`, fingerprint);
}

const stale = () => staleApps(root).map(({ app }) => app);

describe("which pages are built", () => {
  test("those that never were; a folder without index.html is no app", () => {
    expect(stale()).toEqual(["login"]);
  });

  test("none when nothing changed, all by force", () => {
    stamp();
    expect(stale()).toEqual([]);
    expect(staleApps(root, { force: true }).map(({ app }) => app)).toEqual(["login"]);
  });

  test.each([
    "apps/login/src/main.tsx",
    "apps/login/src/pages/new.tsx",
    "packages/ui/src/theme.ts",
    "packages/contract/gen/a_pb.js",
    "package-lock.json",
    "scripts/build-pages.ts",
  ])("those that read %s, when it changes", (path) => {
    stamp();
    write(path, "changed");
    expect(stale()).toEqual(["login"]);
  });

  test("one that lost a file, or whose file was renamed", () => {
    stamp();
    rmSync(join(root, "apps/login/src/main.tsx"));
    expect(stale()).toEqual(["login"]);
    write("apps/login/src/other.tsx", "main");
    expect(stale()).toEqual(["login"]);
  });

  test("none for the same contents at another time, a test, or another app", () => {
    stamp();
    write("apps/login/src/main.tsx", "main");
    write("apps/login/src/main.test.ts", "test");
    write("apps/login/node_modules/x/index.js", "x");
    write("apps/portal/index.html", "<html>");
    expect(stale()).toEqual(["portal"]);
  });
});
