/** The program of `idp.py` in a virtual environment of its own. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { makeKeyPair } from "../../lib/key-pair.ts";
import { freePort, isInstalled, type Running, startProgram } from "../../lib/processes.ts";
import { installPython, missingPython } from "../../lib/python.ts";

const CACHE = join(import.meta.dirname, "..", "..", ".cache");
const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const READY_WITHIN_MS = 20_000;

/** How a service provider is answered. */
export type Answering = {
  sign_response?: boolean;
  sign_assertion?: boolean;
  /** Signs with SHA-1, which is the library's own default. */
  sha1?: boolean;
  encrypt_assertion?: boolean;
  /** Encrypts with 3DES, which is the library's only way without a change. */
  des?: boolean;
  want_signed_requests?: boolean;
};

export type Pysaml2 = Running & {
  metadataUrl: string;
  version: string;
  addServiceProvider: (metadata: string, answering: Answering) => Promise<void>;
  /** Whether somebody has signed in there and not out again. */
  knows: (email: string) => Promise<boolean>;
};

/** What it needs that this machine lacks. */
export function missing(): string | undefined {
  const python = missingPython();
  if (python !== undefined) return python;
  return isInstalled("xmlsec1") ? undefined : "the package xmlsec1 of Debian";
}

/** Starts it at an address of another site than ours, with a new key. */
export async function startServer(): Promise<Pysaml2> {
  const { python, versionOf } = installPython("pysaml2", REQUIREMENTS);
  const state = join(CACHE, "pysaml2-state");
  mkdirSync(state, { recursive: true });
  makeKeyPair(state);
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const metadataUrl = `${origin}/metadata`;
  const program = join(import.meta.dirname, "idp.py");
  const running = await startProgram(python, [program, String(port), state], {
    url: metadataUrl,
    logFile: join(CACHE, "logs", "pysaml2.log"),
    withinMs: READY_WITHIN_MS,
  });
  return {
    ...running,
    metadataUrl,
    version: versionOf("pysaml2"),
    addServiceProvider: async (body, answering) => {
      const query = new URLSearchParams();
      for (const [name, on] of Object.entries(answering)) query.set(name, String(on));
      const answer = await fetch(`${origin}/sp?${query}`, { method: "POST", body });
      if (!answer.ok) throw new Error(`pysaml2 did not take our metadata: ${await answer.text()}`);
    },
    knows: async (email) => {
      const answer = await fetch(`${origin}/sessions`);
      return email in ((await answer.json()) as object);
    },
  };
}
