/** The peer sdk-go: the official Go SDK, from the Go module proxy. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Peer } from "../../lib/cases.ts";
import { isInstalled, runProgram } from "../../lib/processes.ts";
import { progress } from "../../lib/progress.ts";
import { startSmoke } from "../smoke.ts";

const NAME = "sdk-go";
const CACHE = join(import.meta.dirname, "..", "..", ".cache", NAME);
const SDK = "github.com/scalekit-inc/scalekit-sdk-go/v2";

export const sdkGo: Peer = {
  name: NAME,
  missing: () => (isInstalled("go", ["version"]) ? undefined : "go 1.21 or newer"),
  start: () => {
    const smoke = join(CACHE, "smoke");
    mkdirSync(CACHE, { recursive: true });
    progress(`${NAME}: building; the first time it fetches the modules …`);
    runProgram("go", ["build", "-o", smoke, "."], import.meta.dirname);
    return startSmoke(NAME, {
      version: `scalekit-sdk-go ${versionOf()}`,
      command: smoke,
      args: [],
      trust: (authority) => ({ SSL_CERT_FILE: authority }),
    });
  },
};

function versionOf(): string {
  const line = readFileSync(join(import.meta.dirname, "go.mod"), "utf8")
    .split("\n")
    .find((each) => each.includes(`${SDK} `));
  return line?.trim().split(" ").at(-1) ?? "";
}
