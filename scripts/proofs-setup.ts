/**
 * Runs in every test file: sees which methods of the API answer while a test runs, the preparations left out. A file
 * that is kept as a proof fails when it proves its methods no more.
 */
import { writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterAll, afterEach, beforeEach, type RunnerTask } from "vitest";
import { takeAnswers } from "../packages/server/src/testing/answers.ts";
import { broken, readProofs, type Seen, WATCH_FOLDER } from "./proofs.ts";

const answers = new Map<string, string[]>();

beforeEach(() => {
  takeAnswers();
});

afterEach(({ task }) => {
  answers.set(task.id, takeAnswers());
});

// biome-ignore lint/correctness/noEmptyPattern: Vitest reads from the pattern which fixtures are wanted: none.
afterAll(({}, { tasks, file: { filepath } }) => {
  const file = relative(join(import.meta.dirname, ".."), filepath);
  const tests = tasks.flatMap(testsOf);
  const passed = tests.filter((test) => test.result?.state === "pass");
  const seen: Seen = {
    file,
    tests: passed.map(({ id, name }) => ({ title: name, methods: answers.get(id) ?? [] })),
  };
  const folder = process.env[WATCH_FOLDER];
  if (folder !== undefined) {
    writeFileSync(join(folder, `${file.replaceAll("/", "-")}.json`), JSON.stringify(seen));
  } else if (passed.length === tests.length) {
    const methods = broken(readProofs(), seen);
    if (methods.length > 0) {
      const advice = `prove them, or, if tests beside it do, run: npm run generate -- --proofs ${dirname(file)}`;
      throw new Error(`scripts/proofs.json has ${file} as the proof of ${methods.join(", ")}: ${advice}`);
    }
  }
});

function testsOf(task: RunnerTask): RunnerTask[] {
  return task.type === "suite" ? task.tasks.flatMap(testsOf) : [task];
}
