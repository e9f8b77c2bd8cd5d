/**
 * The peer grpc-java: the gRPC of Java, on which the Java SDK is built, with stubs made of our contract. It calls the
 * port and verifies the certificate as the SDK does, also where the SDK itself cannot be had.
 */
import { chmodSync, cpSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { arch, platform } from "node:os";
import { join } from "node:path";
import { type Peer, Unavailable } from "../../lib/cases.ts";
import { copyDependencies, expectPort, JAVA_PORT, javaTrust, missingJava } from "../../lib/java.ts";
import { runProgram } from "../../lib/processes.ts";
import { progress } from "../../lib/progress.ts";
import { startSmoke } from "../../sdks/smoke.ts";

const NAME = "grpc-java";
const ROOT = join(import.meta.dirname, "..", "..", "..");
const CACHE = join(import.meta.dirname, "..", "..", ".cache", NAME);
const LIBRARIES = join(CACHE, "lib");
const CLASSES = join(CACHE, "classes");
const POM = readFileSync(join(import.meta.dirname, "pom.xml"), "utf8");

/** The service that is called, with what it imports. */
const SOURCES = ["organizations", "commons", "options", "errdetails"].map(
  (name) => `scalekit/v1/${name}/${name}.proto`,
);

export const grpcJava: Peer = {
  name: NAME,
  missing: missingJava,
  start: async () => {
    await expectPort();
    build();
    const trust = javaTrust(CACHE);
    const version = `grpc-java ${versionOf("grpc")}`;
    const args = ["-cp", `${CLASSES}:${LIBRARIES}/*`, "Calls"];
    return startSmoke(NAME, { version, command: "java", args, trust: () => trust }, JAVA_PORT);
  },
};

function build(): void {
  progress(`${NAME}: fetching and compiling …`);
  const stubs = join(CACHE, "stubs");
  const includes = join(CACHE, "includes");
  rmSync(stubs, { recursive: true, force: true });
  for (const folder of [stubs, includes, CLASSES]) mkdirSync(folder, { recursive: true });
  copyDependencies(join(import.meta.dirname, "pom.xml"), LIBRARIES);
  for (const jar of ["protobuf-java", "proto-google-common-protos", "protovalidate"])
    unpackProtos(jar, includes);
  cpSync(join(ROOT, "proto"), includes, { recursive: true });
  const protoc = compiler("com.google.protobuf:protoc", versionOf("protobuf"));
  const plugin = compiler("io.grpc:protoc-gen-grpc-java", versionOf("grpc"));
  const outputs = [
    `--java_out=${stubs}`,
    `--grpc-java_out=${stubs}`,
    `--plugin=protoc-gen-grpc-java=${plugin}`,
  ];
  runProgram(protoc, [
    `-I${includes}`,
    ...outputs,
    ...SOURCES,
    "buf/validate/validate.proto",
    "google/api/visibility.proto",
  ]);
  const sources = runProgram("find", [stubs, "-name", "*.java"]).trim().split("\n");
  const program = join(import.meta.dirname, "Calls.java");
  runProgram("javac", ["-nowarn", "-d", CLASSES, "-cp", `${LIBRARIES}/*`, ...sources, program]);
}

/** Takes the proto files out of a jar. */
function unpackProtos(name: string, folder: string): void {
  const jar = runProgram("find", [LIBRARIES, "-name", `${name}-[0-9]*.jar`]).trim();
  const entries = runProgram("jar", ["tf", jar]).split("\n");
  runProgram("jar", ["xf", jar, ...entries.filter((entry) => entry.endsWith(".proto"))], folder);
}

/** Fetches a program that Maven has for each system. @throws Unavailable on a system that it has none for */
function compiler(artifact: string, version: string): string {
  const system = { linux: "linux", darwin: "osx" }[platform() as string];
  const processor = { x64: "x86_64", arm64: "aarch_64" }[arch() as string];
  if (!system || !processor) throw new Unavailable(`a system that ${artifact} is made for`);
  const wanted = `-Dartifact=${artifact}:${version}:exe:${system}-${processor}`;
  runProgram("mvn", ["-q", "-B", "dependency:copy", wanted, `-DoutputDirectory=${CACHE}`], CACHE);
  const file = join(CACHE, `${artifact.split(":").at(-1)}-${version}-${system}-${processor}.exe`);
  chmodSync(file, 0o755);
  return file;
}

function versionOf(name: string): string {
  return new RegExp(`<${name}.version>([^<]+)`).exec(POM)?.[1] ?? "";
}
