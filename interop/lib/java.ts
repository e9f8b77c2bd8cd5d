/** What Java peers share: the port that the Java SDK fixes, jars from Maven, and trust in the local authority. */
import { rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { Unavailable } from "./cases.ts";
import { localTls } from "./local-tls.ts";
import { isInstalled, runProgram } from "./processes.ts";

/** The port that the Java SDK calls, whatever the address says. */
export const JAVA_PORT = 443;

const PASSWORD = "changeit";

/** What a Java peer needs that this machine lacks. */
export function missingJava(): string | undefined {
  if (!isInstalled("javac", ["-version"])) return "a JDK, 17 or newer";
  return isInstalled("mvn") ? undefined : "mvn, to fetch what it is made of";
}

/** @throws Unavailable when nobody may listen on the port, or somebody does */
export async function expectPort(): Promise<void> {
  const refusal = await new Promise<string | undefined>((resolve) => {
    const server = createServer().once("error", (error) => resolve(error.message));
    server.listen(JAVA_PORT, "127.0.0.1", () => server.close(() => resolve(undefined)));
  });
  if (refusal !== undefined) throw new Unavailable(`port ${JAVA_PORT}, which the Java SDK calls: ${refusal}`);
}

/** Copies what a pom names, with all that it needs, into a folder. @throws in Maven's words */
export function copyDependencies(pom: string, folder: string): void {
  runProgram("mvn", ["-q", "-B", "-f", pom, "dependency:copy-dependencies", `-DoutputDirectory=${folder}`]);
}

/** The variables of a Java program that trusts the local authority; the store is made in `folder`. */
export function javaTrust(folder: string): Record<string, string> {
  const store = join(folder, "trust.p12");
  rmSync(store, { force: true });
  const words = ["-importcert", "-noprompt", "-alias", "gatehouse", "-storetype", "PKCS12"];
  const files = ["-file", localTls().authority, "-keystore", store, "-storepass", PASSWORD];
  runProgram("keytool", [...words, ...files]);
  const property = "-Djavax.net.ssl.trustStore";
  return { JAVA_TOOL_OPTIONS: `${property}=${store} ${property}Password=${PASSWORD}` };
}
