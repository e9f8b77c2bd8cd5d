/** The peer sdk-java: the official Java SDK, from Maven Central. It calls port 443 whatever the address says. */
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type Peer, Unavailable } from "../../lib/cases.ts";
import { copyDependencies, expectPort, JAVA_PORT, javaTrust, missingJava } from "../../lib/java.ts";
import { runProgram } from "../../lib/processes.ts";
import { progress } from "../../lib/progress.ts";
import { startSmoke } from "../smoke.ts";

const NAME = "sdk-java";
const CACHE = join(import.meta.dirname, "..", "..", ".cache", NAME);
const POM = join(import.meta.dirname, "pom.xml");

export const sdkJava: Peer = {
  name: NAME,
  missing: missingJava,
  start: async () => {
    await expectPort();
    const args = ["-cp", build(), "Smoke"];
    const trust = javaTrust(CACHE);
    return startSmoke(NAME, { version: versionOf(), command: "java", args, trust: () => trust }, JAVA_PORT);
  },
};

/** @returns the class path @throws Unavailable where the repository has no such SDK */
function build(): string {
  const libraries = join(CACHE, "lib");
  const classes = join(CACHE, "classes");
  progress(`${NAME}: fetching the SDK and compiling …`);
  mkdirSync(classes, { recursive: true });
  try {
    copyDependencies(POM, libraries);
  } catch (error) {
    if (!/could not (find|resolve)/i.test((error as Error).message)) throw error;
    throw new Unavailable(`${versionOf()}, which the Maven repository of this machine does not have`);
  }
  const path = `${classes}:${libraries}/*`;
  runProgram("javac", ["-d", classes, "-cp", path, join(import.meta.dirname, "Smoke.java")]);
  return path;
}

function versionOf(): string {
  const pom = readFileSync(POM, "utf8");
  return `scalekit-sdk-java ${/<artifactId>scalekit-sdk-java<\/artifactId>\s*<version>([^<]+)/.exec(pom)?.[1]}`;
}
