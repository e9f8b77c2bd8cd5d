/** Gives a test run its folder for files (vitest's global set-up) and removes it at the end. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  interface ProvidedContext {
    /** Where the run keeps its files. */
    scratchDir: string;
  }
}

let folder = "";

/** Called by vitest before the first test. */
export function setup(project: TestProject): void {
  folder = mkdtempSync(path.join(tmpdir(), "gatehouse-test-"));
  project.provide("scratchDir", folder);
}

/** Called by vitest after the last test. */
export function teardown(): void {
  rmSync(folder, { recursive: true, force: true });
}
