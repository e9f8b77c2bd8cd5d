/** Folders for the files of tests. */
import { mkdtempSync } from "node:fs";
import path from "node:path";
import { inject } from "vitest";

/** A new, empty folder, which is there until the run ends. */
export function scratchFolder(): string {
  return mkdtempSync(path.join(inject("scratchDir"), "f-"));
}
