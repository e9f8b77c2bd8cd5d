/** The peer sdk-java: the official Java SDK, from Maven Central. It calls port 443 whatever the address says. */
import { mkdirSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type Peer, Unavailable } from "../../lib/cases.ts";
import { localTls } from "../../lib/local-tls.ts";
import { isInstalled, runProgram } from "../../lib/processes.ts";
import { progress } from "../../lib/progress.ts";
import { startSmoke } from "../smoke.ts";

const NAME = "sdk-java";
const CACHE = join(import.meta.dirname, "..", "..", ".cache", NAME);
const PORT = 443;
const PASSWORD = "changeit";

export const sdkJava: Peer = {
  name: NAME,
  missing: () => {
    if (!isInstalled("javac", ["-version"])) return "a JDK, 17 or newer";
    return isInstalled("mvn") ? undefined : "mvn, to fetch the SDK";
  },
  start: async () => {
    const refusal = await refusalOfPort();
    if (refusal !== undefined) throw new Unavailable(`port ${PORT}, which the SDK calls: ${refusal}`);
    const classes = build();
    const store = trustStore();
    return startSmoke(
      NAME,
      {
        version: "scalekit-sdk-java",
        command: "java",
        args: ["-cp", classes, "Smoke"],
        trust: () => ({
          JAVA_TOOL_OPTIONS: `-Djavax.net.ssl.trustStore=${store} -Djavax.net.ssl.trustStorePassword=${PASSWORD}`,
        }),
      },
      PORT,
    );
  },
};

/** @returns the class path @throws Unavailable where the repository has no such SDK */
function build(): string {
  const libraries = join(CACHE, "lib");
  const classes = join(CACHE, "classes");
  progress(`${NAME}: fetching the SDK and compiling …`);
  mkdirSync(classes, { recursive: true });
  const pom = join(import.meta.dirname, "pom.xml");
  try {
    const copy = ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${libraries}`];
    runProgram("mvn", copy, CACHE);
  } catch (error) {
    const { message } = error as Error;
    if (!/could not find artifact|no versions available|Could not resolve/i.test(message)) throw error;
    throw new Unavailable(
      "com.scalekit:scalekit-sdk-java, which the Maven repository of this machine does not have",
    );
  }
  const path = `${classes}:${libraries}/*`;
  runProgram("javac", ["-d", classes, "-cp", path, join(import.meta.dirname, "Smoke.java")]);
  return path;
}

function trustStore(): string {
  const store = join(CACHE, "trust.p12");
  rmSync(store, { force: true });
  const words = ["-importcert", "-noprompt", "-alias", "gatehouse", "-storetype", "PKCS12"];
  runProgram("keytool", [
    ...words,
    "-file",
    localTls().authority,
    "-keystore",
    store,
    "-storepass",
    PASSWORD,
  ]);
  return store;
}

/** Why nobody can listen there; undefined when we can. */
function refusalOfPort(): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer().once("error", (error) => resolve(error.message));
    server.listen(PORT, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
}
