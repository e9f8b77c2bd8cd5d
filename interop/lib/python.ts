/** Python peers: the packages of a requirements file, in a virtual environment that is kept. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isInstalled, runProgram } from "./processes.ts";
import { progress } from "./progress.ts";

/** A virtual environment with all its packages. */
export type PythonEnvironment = {
  /** The interpreter. */
  python: string;
  /** Where the packages put their commands. */
  bin: string;
  /** `name version` of a package that the requirements pin. */
  versionOf: (name: string) => string;
};

const CACHE = join(import.meta.dirname, "..", ".cache");

/** What a Python peer needs that this machine lacks. */
export function missingPython(): string | undefined {
  return isInstalled("python3") ? undefined : "python3";
}

/**
 * Installs a peer's packages, unless they are there from a former run with the same requirements.
 * @param name of the environment's folder
 * @param requirements a file with every package pinned, also those that others need
 * @throws with pip's words when something cannot be installed
 */
export function installPython(name: string, requirements: string): PythonEnvironment {
  const folder = join(CACHE, name);
  const bin = join(folder, "bin");
  const marker = join(folder, "installed.txt");
  const wanted = readFileSync(requirements, "utf8");
  if (!existsSync(marker) || readFileSync(marker, "utf8") !== wanted) {
    progress(`${name}: installing into a virtual environment, once …`);
    runProgram("python3", ["-m", "venv", "--clear", folder]);
    runProgram(join(bin, "pip"), ["install", "--quiet", "-r", requirements]);
    writeFileSync(marker, wanted);
  }
  const versionOf = (which: string) => {
    const line = wanted.split("\n").find((each) => each.startsWith(`${which}==`));
    return line?.trim().replace("==", " ") ?? which;
  };
  return { python: join(bin, "python"), bin, versionOf };
}
