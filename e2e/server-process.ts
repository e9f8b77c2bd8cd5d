/** Runs the server as its users do, as a process of its own on a folder of its own, and reads what it prints. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseEnv } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** How it ended: an exit code, or the signal that killed it. */
export interface Ending {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface ServerProcess {
  pid: number;
  /** All that it has printed to either stream. */
  output(): string;
  /** Resolves when the output holds the text. @throws Error with the output when the process ends first */
  says(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  ended: Promise<Ending>;
}

/**
 * Starts `packages/server/src/main.ts`, or another entry.
 * @param env its whole environment but PATH: nothing of the test's own leaks in
 */
export function startProcess(
  env: Record<string, string>,
  entry = "packages/server/src/main.ts",
): ServerProcess {
  const child = spawn(process.execPath, [join(ROOT, entry)], {
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = new Printed(child);
  return {
    pid: child.pid ?? 0,
    output: () => printed.text,
    says: (text) => printed.says(text),
    signal: (name) => void child.kill(name),
    ended: printed.ended,
  };
}

class Printed {
  text = "";
  readonly ended: Promise<Ending>;
  #over = false;
  readonly #waiting = new Set<() => void>();

  constructor(child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        this.text += chunk;
        this.#wake();
      });
    }
    // Not "exit": what it printed last arrives after that. A grandchild that holds the pipes is waited for too.
    this.ended = new Promise((resolve) => {
      child.once("close", (code, signal) => {
        this.#over = true;
        resolve({ code, signal });
        this.#wake();
      });
    });
  }

  async says(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      if (this.#over) throw new Error(`ended before it said "${text}":\n${this.text}`);
      await new Promise<void>((resolve) => this.#waiting.add(resolve));
    }
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** An empty folder for GATEHOUSE_DATA, which disposing removes. */
export function dataFolder(): { path: string; [Symbol.dispose](): void } {
  const path = mkdtempSync(join(tmpdir(), "gatehouse-e2e-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** The process number of the embedded PostgreSQL on a data folder; undefined when none runs there. */
export function embeddedPid(dataDir: string): number | undefined {
  const file = join(dataDir, "postgres", "postmaster.pid");
  return existsSync(file) ? Number(readFileSync(file, "utf8").split("\n")[0]) : undefined;
}

/** Whether a process with this number runs. One that ended and waits for a parent to notice does not. */
export function isRunning(pid: number | undefined): boolean {
  try {
    if (pid === undefined || !process.kill(pid, 0)) return false;
    return process.platform !== "linux" || !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/** What `credentials.env` says. */
export function credentialsOf(dataDir: string): { url: string; clientId: string; clientSecret: string } {
  const { SCALEKIT_ENVIRONMENT_URL, SCALEKIT_CLIENT_ID, SCALEKIT_CLIENT_SECRET } = parseEnv(
    readFileSync(join(dataDir, "credentials.env"), "utf8"),
  );
  return {
    url: SCALEKIT_ENVIRONMENT_URL ?? "",
    clientId: SCALEKIT_CLIENT_ID ?? "",
    clientSecret: SCALEKIT_CLIENT_SECRET ?? "",
  };
}
