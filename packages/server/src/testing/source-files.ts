/** The source of the repository as the architecture test and the measures read it: files, their text, their imports. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

export const repositoryRoot = fileURLToPath(new URL("../../../../", import.meta.url));

export interface SourceFile {
  /** From the root of the repository, with `/`. */
  path: string;
  text: string;
  isTest: boolean;
}

const roots = ["packages", "apps", "scripts", "e2e", "examples", "bench"];
const skippedFolders = new Set(["node_modules", "gen", "dist", "testdata", "data"]);

/** Every hand-written TypeScript and JavaScript file, tests included. */
export function sourceFiles(): SourceFile[] {
  return roots.flatMap((root) => walk(root)).map(read);
}

function walk(folder: string): string[] {
  return readdirSync(path.join(repositoryRoot, folder), { withFileTypes: true }).flatMap((entry) => {
    const below = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return skippedFolders.has(entry.name) ? [] : walk(below);
    return /\.(ts|tsx|mjs|js)$/.test(entry.name) && below !== generatedSchema ? [below] : [];
  });
}

const generatedSchema = "packages/server/src/db/schema.ts";

function read(file: string): SourceFile {
  return {
    path: file,
    text: readFileSync(path.join(repositoryRoot, file), "utf8"),
    isTest: /\.test\.tsx?$|(^|\/)testing(\.ts$|\/)|^e2e\/|\/test\//.test(file),
  };
}

const importPatterns = [
  /(?:^|\n)(?:import|export)\s[^;"']*?from\s*"([^"]+)"/g,
  /(?:^|\n)import\s*"([^"]+)"/g,
  /\bimport\(\s*"([^"]+)"\s*\)/g,
];

/** What a file imports: paths from the root of the repository for files of ours, else the package's name. */
export function importsOf(file: SourceFile): string[] {
  const specifiers = importPatterns.flatMap((pattern) =>
    [...file.text.matchAll(pattern)].map(([, name = ""]) => name),
  );
  return specifiers.map((name) =>
    name.startsWith(".") ? path.posix.join(path.posix.dirname(file.path), name) : name,
  );
}
