/**
 * Measures the source (without tests and generated code) against the sizes of the house style, and fails when one
 * is left: short functions, short files, comments that give reasons instead of repeating the code.
 */
import { parseAst } from "vite";
import { type SourceFile, sourceFiles } from "../packages/server/src/testing/source-files.ts";

interface Measure {
  name: string;
  value: number;
  allowed: string;
  holds: boolean;
}

interface Part {
  where: string;
  lines: number;
}

const share = 0.9;

/** Every measure of these files. */
function measure(files: readonly SourceFile[]): { measures: Measure[]; functions: Part[] } {
  const functions = files.flatMap(functionsOf).sort((a, b) => a.lines - b.lines);
  const sizes = files.map((file) => linesOf(file.text).length).sort((a, b) => a - b);
  const lines = files.flatMap((file) => linesOf(file.text));
  const comments =
    Math.round((1000 * lines.filter(isComment).length) / lines.filter((line) => line !== "").length) / 10;
  const lengths = functions.map((part) => part.lines);
  return {
    functions,
    measures: [
      atMost("function lines, 90 %", quantile(lengths, share), 35),
      atMost("function lines, longest", lengths.at(-1) ?? 0, 100),
      atMost("file lines, median", quantile(sizes, 0.5), 120),
      atMost("file lines, 90 %", quantile(sizes, share), 300),
      atMost("file lines, longest", sizes.at(-1) ?? 0, 500),
      {
        name: "comment lines, %",
        value: comments,
        allowed: "8 to 20",
        holds: comments >= 8 && comments <= 20,
      },
    ],
  };
}

function atMost(name: string, value: number, most: number): Measure {
  return { name, value, allowed: `at most ${most}`, holds: value <= most };
}

function quantile(sorted: readonly number[], part: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * part) - 1)] ?? 0;
}

function linesOf(text: string): string[] {
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.trim());
}

function isComment(line: string): boolean {
  return /^(\/\/|\/\*|\*)/.test(line);
}

/** A function within a function counts for itself and as part of the outer one. */
function functionsOf(file: SourceFile): Part[] {
  const found: Part[] = [];
  const lang = file.path.endsWith("x") ? "tsx" : "ts";
  visit(parseAst(file.text, { lang }), (start, end) => {
    const line = file.text.slice(0, start).split("\n").length;
    found.push({ where: `${file.path}:${line}`, lines: file.text.slice(start, end).split("\n").length });
  });
  return found;
}

function visit(node: unknown, onFunction: (start: number, end: number) => void): void {
  if (typeof node !== "object" || node === null) return;
  const { type, start, end, body } = node as {
    type?: unknown;
    start?: unknown;
    end?: unknown;
    body?: unknown;
  };
  const isFunction =
    typeof type === "string" &&
    /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type);
  if (isFunction && body && typeof start === "number" && typeof end === "number") onFunction(start, end);
  for (const child of Object.values(node)) {
    if (Array.isArray(child)) for (const item of child) visit(item, onFunction);
    else visit(child, onFunction);
  }
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

const files = sourceFiles().filter((file) => !file.isTest && /^(packages|apps|scripts)\//.test(file.path));
const { measures, functions } = measure(files);
print(`${files.length} files, ${functions.length} functions`);
for (const { name, value, allowed, holds } of measures) {
  print(`${holds ? "ok  " : "FAIL"}  ${name.padEnd(26)} ${String(value).padStart(5)}   ${allowed}`);
}
print("\nThe longest functions:");
for (const { where, lines } of functions.slice(-5).reverse()) print(`${String(lines).padStart(5)}  ${where}`);
if (measures.some((each) => !each.holds)) process.exitCode = 1;
