import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
// @ts-expect-error The script is plain JavaScript, since it runs before any Node that knows types is there.
import { alone, isSameTree, markInstalled, nodeComplaint, npmCommand, reasonToInstall } from "./install.mjs";

const root = mkdtempSync(join(tmpdir(), "gatehouse-install-"));
afterAll(() => rmSync(root, { recursive: true }));

const SCRIPT = fileURLToPath(new URL("install.mjs", import.meta.url));

/** A checkout with one workspace, so that npm has something to install without a network. */
function checkout(name: string): string {
  const folder = join(root, name);
  mkdirSync(join(folder, "packages", "part"), { recursive: true });
  mkdirSync(join(folder, "scripts"));
  cpSync(SCRIPT, join(folder, "scripts", "install.mjs"));
  const scripts = { prestart: "node scripts/install.mjs", start: "echo started" };
  const manifest = { name: "whole", version: "1.0.0", workspaces: ["packages/*"], scripts };
  const part = { name: "part", version: "1.0.0" };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(folder, "packages", "part", "package.json"), JSON.stringify(part));
  const packages = {
    "": { name: "whole", version: "1.0.0", workspaces: ["packages/*"] },
    "node_modules/part": { resolved: "packages/part", link: true },
    "packages/part": { version: "1.0.0" },
  };
  const lock = { name: "whole", version: "1.0.0", lockfileVersion: 3, requires: true, packages };
  writeFileSync(join(folder, "package-lock.json"), JSON.stringify(lock));
  return folder;
}

/** As if npm had installed what the lockfile says. */
function pretendInstalled(folder: string): void {
  mkdirSync(join(folder, "node_modules"));
  cpSync(join(folder, "package-lock.json"), join(folder, "node_modules", ".package-lock.json"));
}

describe("reasonToInstall", () => {
  test("there is one without node_modules, and none after the installation is noted", () => {
    const folder = checkout("fresh");
    expect(reasonToInstall(folder)).toBe("none are installed yet");
    pretendInstalled(folder);
    markInstalled(folder);
    expect(reasonToInstall(folder)).toBeUndefined();
  });

  test("new times of unchanged files are none", () => {
    const folder = checkout("times");
    pretendInstalled(folder);
    markInstalled(folder);
    utimesSync(join(folder, "package-lock.json"), new Date("2100-01-01"), new Date("2100-01-01"));
    expect(reasonToInstall(folder)).toBeUndefined();
  });

  test("a changed lockfile is one, until somebody has installed it by hand", () => {
    const folder = checkout("changed");
    pretendInstalled(folder);
    markInstalled(folder);
    const file = join(folder, "package-lock.json");
    const lock = JSON.parse(readFileSync(file, "utf8"));
    lock.packages["node_modules/new"] = { version: "1.0.0", integrity: "sha512-x" };
    writeFileSync(file, JSON.stringify(lock));
    expect(reasonToInstall(folder)).toBe("package-lock.json has changed");
    cpSync(file, join(folder, "node_modules", ".package-lock.json"));
    expect(reasonToInstall(folder)).toBeUndefined();
    expect(existsSync(join(folder, "node_modules", ".gatehouse-lock"))).toBe(true);
  });
});

describe("isSameTree", () => {
  const a = { version: "1.0.0", integrity: "sha512-a" };
  const tree = (packages: Record<string, object>) => ({ packages });
  const optional = (os: string) => ({ ...a, optional: true, os: [os] });

  test.each([
    ["the same package", { "node_modules/a": a }, { "node_modules/a": a }, true],
    ["another version", { "node_modules/a": a }, { "node_modules/a": { ...a, version: "1.0.1" } }, false],
    ["other contents", { "node_modules/a": a }, { "node_modules/a": { ...a, integrity: "sha512-b" } }, false],
    ["a missing package", { "node_modules/a": a }, {}, false],
    ["a missing one for another system", { "node_modules/a": optional("plan9") }, {}, true],
    ["a missing one for this system", { "node_modules/a": optional(process.platform) }, {}, false],
    ["a missing one that only serves another", { "node_modules/a": { ...a, optional: true } }, {}, true],
    ["the root and a workspace's own folder", { "": {}, "packages/a": {} }, {}, true],
  ])("judges %s", (_, wanted, installed, same) => {
    expect(isSameTree(tree(wanted), tree(installed))).toBe(same);
  });
});

describe("the installer's surroundings", () => {
  test("the npm that called is called again; another tool is not", () => {
    expect(npmCommand({ npm_execpath: "/lib/npm/bin/npm-cli.js" }, ["ci"])).toMatchObject({
      program: process.execPath,
      args: ["/lib/npm/bin/npm-cli.js", "ci", "--no-fund", "--no-audit", "--loglevel=error"],
    });
    expect(npmCommand({ npm_execpath: "/lib/yarn.js" }, ["ci"]).program).toMatch(/^npm/);
    expect(npmCommand({}, ["ci"]).program).toMatch(/^npm/);
  });

  test("an old Node is refused where npm brings no other", () => {
    expect(nodeComplaint("v24.0.0", "linux-x64")).toBeUndefined();
    expect(nodeComplaint("v26.1.0", "linux-x64")).toBeUndefined();
    expect(nodeComplaint("v20.20.2", "freebsd-x64")).toMatch(
      /needs Node >= 24 in PATH, and this is v20.20.2.*freebsd/s,
    );
  });

  test("the lock of a process that is gone is taken over, and released after the work", () => {
    const lock = join(root, "install.lock");
    const gone = spawnSync(process.execPath, ["--eval", ""]).pid;
    writeFileSync(lock, String(gone));
    expect(alone(lock, () => readFileSync(lock, "utf8"))).toBe(String(process.pid));
    expect(existsSync(lock)).toBe(false);
  });
});

describe("npm start", () => {
  // The npm of this machine, offline: two of them at once on a fresh checkout.
  test("installs once, then says nothing", async () => {
    const folder = checkout("whole");
    const bin = join(folder, "node_modules", ".bin");
    const PATH = (process.env.PATH ?? "").split(delimiter).filter((entry) => !entry.includes("node_modules"));
    // The pinned Node stands for whichever this machine has.
    const env = {
      PATH: [dirname(process.execPath), ...PATH].join(delimiter),
      HOME: root,
      npm_config_offline: "true",
    };
    const start = async () => {
      const child = spawn("npm", ["start"], { cwd: folder, env, stdio: ["ignore", "pipe", "inherit"] });
      let said = "";
      child.stdout.on("data", (chunk) => {
        said += chunk;
      });
      await once(child, "close");
      return said;
    };
    const both = (await Promise.all([start(), start()])).join("");
    expect(both.match(/Installing dependencies \(none are installed yet\) \.\.\./g)).toHaveLength(1);
    expect(both.match(/Dependencies installed in \d+\.\d s\./g)).toHaveLength(1);
    expect(both.match(/^started$/gm)).toHaveLength(2);
    expect(existsSync(join(dirname(bin), "part", "package.json"))).toBe(true);
    expect(await start()).not.toMatch(/nstall(ing|ed) /);
  });
});
