/** SimpleSAMLphp as Debian packages it, served by PHP's own web server on loopback. */
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeKeyPair } from "../../lib/key-pair.ts";
import { freePort, isInstalled, type Running, runProgram, startProgram } from "../../lib/processes.ts";

const PACKAGE = "/usr/share/simplesamlphp";
const STATE = join(import.meta.dirname, "..", "..", ".cache", "simplesamlphp");
const READY_WITHIN_MS = 20_000;

/** The one password of everybody. */
export const PASSWORD = "correct horse battery staple";

/** A running identity provider. */
export type SimpleSamlPhp = Running & {
  /** Where its pages are. */
  url: string;
  metadataUrl: string;
  version: string;
  /** Gives a person an account. */
  addPerson: (email: string) => void;
  /** Takes a service provider's metadata in, with settings of SimpleSAMLphp's `saml20-sp-remote`. */
  addServiceProvider: (metadata: string, settings: Record<string, unknown>) => void;
};

/** What it needs that this machine lacks. */
export function missing(): string | undefined {
  return existsSync(`${PACKAGE}/www`) && isInstalled("php")
    ? undefined
    : "the packages simplesamlphp and php-cli of Debian";
}

/** Starts it at an address of another site than ours, with a new key and nobody in it. */
export async function startServer(): Promise<SimpleSamlPhp> {
  prepareState();
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const url = `${origin}/simplesaml`;
  const metadataUrl = `${url}/saml2/idp/metadata.php`;
  const quiet = ["-d", "display_errors=0", "-d", "log_errors=1"];
  const running = await startProgram("php", [...quiet, "-S", `127.0.0.1:${port}`, "-t", join(STATE, "www")], {
    url: metadataUrl,
    logFile: join(STATE, "..", "logs", "simplesamlphp.log"),
    withinMs: READY_WITHIN_MS,
    env: {
      SIMPLESAMLPHP_CONFIG_DIR: join(import.meta.dirname, "config"),
      INTEROP_STATE: STATE,
      INTEROP_URL: origin,
    },
  });
  return { ...running, url, metadataUrl, version: versionOf(), ...registryOf() };
}

function prepareState(): void {
  rmSync(STATE, { recursive: true, force: true });
  for (const folder of ["www", "sp", "tmp"]) mkdirSync(join(STATE, folder), { recursive: true });
  symlinkSync(join(PACKAGE, "www"), join(STATE, "www", "simplesaml"));
  writeFileSync(join(STATE, "people.json"), "{}");
  makeKeyPair(STATE);
}

function registryOf(): Pick<SimpleSamlPhp, "addPerson" | "addServiceProvider"> {
  const people: Record<string, object> = {};
  let providers = 0;
  return {
    addPerson: (email) => {
      people[email] = { password: PASSWORD, firstName: "Ada", lastName: "Lovelace" };
      writeFileSync(join(STATE, "people.json"), JSON.stringify(people));
    },
    addServiceProvider: (metadata, settings) => {
      const file = join(STATE, "sp", `${++providers}.xml`);
      writeFileSync(`${file}.json`, JSON.stringify(settings));
      writeFileSync(file, metadata);
    },
  };
}

function versionOf(): string {
  if (!isInstalled("dpkg-query")) return "SimpleSAMLphp";
  const [, version = ""] = /^Version: (.*)$/m.exec(runProgram("dpkg-query", ["-s", "simplesamlphp"])) ?? [];
  return `SimpleSAMLphp ${version}`;
}
