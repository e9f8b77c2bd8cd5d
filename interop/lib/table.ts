/** The table at the end of a run: a row a case. */
import type { Result } from "./cases.ts";

const LONGEST_DETAIL = 160;

/** The rows in columns; long details are cut here and printed whole below. */
export function tableOf(results: Result[]): string {
  const header = ["peer", "case", "result", "seconds", "detail"];
  const rows = results.map(({ peer, name, result, detail, ms }) => [
    peer,
    name,
    result,
    (ms / 1000).toFixed(1),
    detail.replaceAll(/\s+/g, " ").slice(0, LONGEST_DETAIL),
  ]);
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** What failed, with its whole reason. */
export function failuresOf(results: Result[]): string {
  return results
    .filter(({ result }) => result === "failed")
    .map(({ peer, name, detail }) => `\n${peer}: ${name}\n${detail}`)
    .join("\n");
}

/** `12 ok, 1 failed, 0 skipped`. */
export function summaryOf(results: Result[]): string {
  const count = (wanted: Result["result"]) => results.filter(({ result }) => result === wanted).length;
  return `${count("ok")} ok, ${count("failed")} failed, ${count("skipped")} skipped`;
}
