// Owns the generation of packages/contract/gen from proto/. Third-party proto files are collected into the
// ignored folder .cache/proto, because none of them is committed and buf's own registry may be out of reach.
import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const cache = join(root, ".cache", "proto");
const googleFiles = ["annotations", "http", "field_behavior", "visibility"].map(
  (name) => `google/api/${name}.proto`,
);
const validateFile = "buf/validate/validate.proto";

// The release whose validate.proto has the same descriptor as the one inside @bufbuild/protovalidate 1.3.0.
const validateRelease = "1.2.2";
const releaseFile = join(cache, ".validate-release");

if (!isComplete()) collect();
run("buf", ["generate"]);

function isComplete(): boolean {
  const present = [...googleFiles, validateFile].every((file) => existsSync(join(cache, file)));
  return present && existsSync(releaseFile) && readFileSync(releaseFile, "utf8") === validateRelease;
}

function collect(): void {
  rmSync(cache, { recursive: true, force: true });
  for (const file of googleFiles) {
    const target = join(cache, file);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(join(root, "tools", "node_modules", "google-proto-files", file), target);
  }
  collectValidate();
  writeFileSync(releaseFile, validateRelease);
}

// validate.proto is in no npm package; the Java library of the same project carries it in its jar. Maven without a
// project leaves a marker folder where it runs, hence the temporary one.
function collectValidate(): void {
  const folder = mkdtempSync(join(tmpdir(), "gatehouse-proto-"));
  const artifact = `build.buf:protovalidate:${validateRelease}`;
  const wanted = [
    `-Dartifact=${artifact}`,
    `-Dmdep.unpack.includes=${validateFile}`,
    `-DoutputDirectory=${cache}`,
  ];
  try {
    run("mvn", ["-q", "-B", "dependency:unpack", ...wanted], folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function run(command: string, args: string[], cwd: string = root): void {
  const path = `${join(root, "tools", "node_modules", ".bin")}${delimiter}${process.env.PATH ?? ""}`;
  const result = spawnSync(command, args, { cwd, stdio: "inherit", env: { ...process.env, PATH: path } });
  if (result.error) throw new Error(`cannot run ${command}: ${result.error.message}`);
  if (result.status !== 0) throw new Error(`${command} ${args.join(" ")} ended with status ${result.status}`);
}
