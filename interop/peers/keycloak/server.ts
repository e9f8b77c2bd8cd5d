/**
 * Keycloak: fetched once from the Maven repository that `mvn` is set up for, and run in its development mode with a
 * database in memory.
 */
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { freePort, isInstalled, type Running, runProgram, startProgram } from "../../lib/processes.ts";
import { progress } from "../../lib/progress.ts";

/** The last line of releases that still runs on Java 17. */
export const VERSION = "26.3.5";

export const ADMIN = { username: "admin", password: "admin" };

const CACHE = join(import.meta.dirname, "..", "..", ".cache", "keycloak");
const HOME = join(CACHE, `keycloak-${VERSION}`);
const READY_WITHIN_MS = 180_000;

/** What it needs that this machine lacks. */
export function missing(): string | undefined {
  if (!isInstalled("java", ["-version"])) return "java 17 or newer";
  return existsSync(HOME) || isInstalled("mvn") ? undefined : "mvn, to fetch Keycloak";
}

/** Starts it at an address of another site than ours, so that cookies meet what they meet in the world. */
export async function startServer(): Promise<Running & { url: string }> {
  install();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const args = [
    join(HOME, "bin", "kc.sh"),
    "start-dev",
    "--db=dev-mem",
    "--http-host=127.0.0.1",
    `--http-port=${port}`,
  ];
  const running = await startProgram("bash", args, {
    url: `${url}/realms/master`,
    logFile: join(CACHE, "..", "logs", "keycloak.log"),
    withinMs: READY_WITHIN_MS,
    env: {
      KC_BOOTSTRAP_ADMIN_USERNAME: ADMIN.username,
      KC_BOOTSTRAP_ADMIN_PASSWORD: ADMIN.password,
      JAVA_OPTS_KC_HEAP: "-Xms128m -Xmx512m",
    },
  });
  return { ...running, url };
}

function install(): void {
  if (existsSync(HOME)) return;
  progress(`keycloak: fetching ${VERSION} (165 MB), once …`);
  mkdirSync(CACHE, { recursive: true });
  const artifact = `org.keycloak:keycloak-quarkus-dist:${VERSION}:zip`;
  const target = [`-Dartifact=${artifact}`, `-DoutputDirectory=${CACHE}`, `-Dproject.basedir=${CACHE}`];
  runProgram("mvn", ["-q", "-B", "dependency:unpack", ...target], CACHE);
}
