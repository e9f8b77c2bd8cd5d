/** Which tests there are and what they need: `npm test` is all of it. */
import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["packages/**/*.test.ts", "examples/**/*.test.ts", "scripts/**/*.test.ts", "e2e/**/*.test.ts"],
    setupFiles: ["scripts/proofs-setup.ts"],
    globalSetup: [
      "packages/server/src/testing/scratch-setup.ts",
      "packages/server/src/testing/postgres-setup.ts",
    ],
    pool: "forks",
    maxWorkers: 2,
    // Only against hanging for ever: a busy machine must not fail a test.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // One process for many files: starting one takes longer than most files. Nothing may rely on a module's
    // state being fresh, or change process.env without putting it back.
    isolate: false,
  },
});
