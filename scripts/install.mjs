/**
 * Installs the dependencies when they are not those of package-lock.json; silent when they are. Runs before
 * `npm start` and `npm test` under whatever Node npm itself has (20 or newer), so it is plain JavaScript
 * without dependencies. `node scripts/install.mjs tools bench` installs those folders as well, which have
 * lockfiles of their own.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const OLDEST_NODE = 24;
const WAIT_MS = 250;
const LONGEST_INSTALL_MS = 15 * 60 * 1000;

/**
 * Why an installation is needed, or undefined when there is nothing to do. It compares contents: a checkout
 * gives files new times without changing them.
 * @param {string} root the folder of package-lock.json
 * @returns {string | undefined}
 */
export function reasonToInstall(root) {
  const hidden = join(root, "node_modules", ".package-lock.json");
  if (!existsSync(hidden)) return "none are installed yet";
  if (existsSync(markerOf(root)) && readFileSync(markerOf(root), "utf8").trim() === fingerprint(root))
    return undefined;
  if (!isSameTree(readJson(join(root, "package-lock.json")), readJson(hidden)))
    return "package-lock.json has changed";
  // Installed by hand: nothing to do, now or next time.
  markInstalled(root);
  return undefined;
}

/**
 * Whether npm's own note of what it installed has every package of the lockfile that this platform needs.
 * @param {{ packages: Record<string, object> }} wanted package-lock.json
 * @param {{ packages: Record<string, object> }} installed node_modules/.package-lock.json
 */
export function isSameTree(wanted, installed) {
  return Object.entries(wanted.packages).every(([path, entry]) => {
    if (!/(^|\/)node_modules\//.test(path)) return true;
    const found = installed.packages[path];
    if (!found) return (entry.optional || entry.devOptional) && !isForThisPlatform(entry);
    return found.version === entry.version && found.integrity === entry.integrity;
  });
}

// An optional package that names neither system nor processor serves another one that may be left out; one
// that names a C library is a matter for npm.
function isForThisPlatform({ os, cpu, libc }) {
  if (libc || !(os || cpu)) return false;
  return (
    (os ?? [process.platform]).includes(process.platform) && (cpu ?? [process.arch]).includes(process.arch)
  );
}

/** @param {string} file */
function readJson(file) {
  return JSON.parse(readFileSync(file, "utf8"));
}

/**
 * What the marker file says when the dependencies of this lockfile are installed on this platform.
 * @param {string} root
 */
export function fingerprint(root) {
  const lock = readFileSync(join(root, "package-lock.json"), "utf8").replaceAll("\r\n", "\n");
  const hash = createHash("sha256").update(lock).digest("hex");
  // A folder shared between systems (a mounted volume) holds the binaries of one of them.
  return `${hash} ${process.platform}-${process.arch}`;
}

/**
 * Notes that the dependencies of the lockfile as it is now are installed.
 * @param {string} root
 */
export function markInstalled(root) {
  const unfinished = `${markerOf(root)}.${process.pid}`;
  writeFileSync(unfinished, `${fingerprint(root)}\n`);
  renameSync(unfinished, markerOf(root));
}

/** @param {string} root */
function markerOf(root) {
  return join(root, "node_modules", ".gatehouse-lock");
}

/**
 * Runs `work` while no other process does; waits for one that does. The lock of a process that was killed
 * is taken over.
 * @template T
 * @param {string} file
 * @param {() => T} work
 * @returns {T}
 */
export function alone(file, work) {
  mkdirSync(dirname(file), { recursive: true });
  for (let said = false; !takeLock(file); said = true) {
    if (!said) console.log("Waiting for another installation to end ...");
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WAIT_MS);
  }
  try {
    return work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function takeLock(file) {
  try {
    const handle = openSync(file, "wx");
    writeSync(handle, String(process.pid));
    closeSync(handle);
    return true;
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
  }
  if (isHeld(file)) return false;
  // Moved away before it is deleted: of two that find it abandoned only one can move it.
  const abandoned = `${file}.${process.pid}`;
  try {
    renameSync(file, abandoned);
    rmSync(abandoned);
  } catch (error) {
    if (error.code !== "ENOENT") throw error;
  }
  return takeLock(file);
}

/** @param {string} file */
function isHeld(file) {
  let holder;
  try {
    const age = Date.now() - statSync(file).mtimeMs;
    // Its process may be gone and its number in use again.
    if (age > LONGEST_INSTALL_MS) return false;
    holder = Number(readFileSync(file, "utf8"));
    // Empty between its creation and its first byte.
    if (holder === 0) return age < 5_000;
  } catch (error) {
    if (error.code === "ENOENT") return false;
    throw error;
  }
  try {
    process.kill(holder, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

/**
 * The npm that called us, so that its settings and version count; a bare `npm` otherwise.
 * @param {NodeJS.ProcessEnv} env
 * @param {string[]} command what to do, such as `["ci"]`
 * @returns {{ program: string, args: string[] }}
 */
export function npmCommand(env, command) {
  // Half of its warnings are about the Node that npm itself has, which runs nothing of ours.
  const args = [...command, "--no-fund", "--no-audit", "--loglevel=error"];
  const path = env.npm_execpath;
  // Another tool that runs package scripts (yarn, pnpm) sets the variable too.
  if (path && /npm-cli\.c?js$/.test(path)) return { program: process.execPath, args: [path, ...args] };
  return { program: process.platform === "win32" ? "npm.cmd" : "npm", args };
}

/**
 * What is wrong with the Node that the scripts after this one will run on, or undefined.
 * @param {string} version as `process.version` has it
 * @param {string} platform
 */
export function nodeComplaint(version, platform) {
  if (Number.parseInt(version.slice(1), 10) >= OLDEST_NODE) return undefined;
  return (
    `Gatehouse needs Node >= ${OLDEST_NODE} in PATH, and this is ${version}. npm installs the right one on Linux (glibc), ` +
    `macOS and Windows, but not on this system (${platform}), or it was told to omit optional dependencies.`
  );
}

/** @param {string} root */
function install(root) {
  const reason = reasonToInstall(root);
  if (!reason) return;
  console.log(`Installing dependencies (${reason}) ...`);
  const start = performance.now();
  let { status, stderr } = runNpm(root, ["ci"]);
  // A lockfile made where the registry lacks the packages of other systems is incomplete to `npm ci`, which
  // then refuses. `npm install` follows it all the same, and --no-save leaves it as it is.
  if (status !== 0 && stderr.includes("EUSAGE"))
    ({ status, stderr } = runNpm(root, ["install", "--no-save"]));
  if (status !== 0) {
    throw new Error(
      `${stderr}npm could not install the dependencies (it needs its registry for that, once).`,
    );
  }
  markInstalled(root);
  removeForeignNode(root);
  console.log(`Dependencies installed in ${((performance.now() - start) / 1000).toFixed(1)} s.`);
}

/**
 * @param {string} root
 * @param {string[]} command
 */
function runNpm(root, command) {
  const { program, args } = npmCommand(process.env, command);
  // On Windows a .cmd file runs only through a shell; none of the arguments comes from outside.
  const shell = program.endsWith(".cmd");
  const { status, stderr, error } = spawnSync(program, args, {
    cwd: root,
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    shell,
  });
  return { status, stderr: error ? `${error.message}\n` : stderr };
}

// npm puts node_modules/.bin first in PATH. A Node there that cannot run (it is for glibc, this system has
// musl) would hide a good one, so it goes.
/** @param {string} root */
function removeForeignNode(root) {
  const link = pinnedNode(root);
  if (!existsSync(link)) return;
  const { status } = spawnSync(link, ["--version"], { stdio: "ignore", shell: link.endsWith(".cmd") });
  if (status === 0) return;
  rmSync(link, { force: true });
  console.log("The Node that npm installed does not run on this system: using the one in PATH.");
}

/** @param {string} root */
function pinnedNode(root) {
  return join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
}

function main() {
  const root = dirname(dirname(fileURLToPath(import.meta.url)));
  for (const folder of [root, ...process.argv.slice(2).map((name) => join(root, name))]) {
    // npm ci deletes node_modules, and with it whatever lock would lie there.
    if (reasonToInstall(folder)) alone(join(folder, ".cache", "install.lock"), () => install(folder));
  }
  const complaint = existsSync(pinnedNode(root))
    ? undefined
    : nodeComplaint(process.version, `${process.platform}-${process.arch}`);
  if (complaint) throw new Error(complaint);
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) {
  try {
    main();
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
