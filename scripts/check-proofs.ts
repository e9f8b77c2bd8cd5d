/** A step of `npm run check`: fails when a method answers and no test proves it. */
import process from "node:process";
import { unprovenMethods } from "./generate-compatibility.ts";

const unproven = unprovenMethods();
if (unproven.length > 0) {
  console.error(`No test proves these methods, which answer:\n  ${unproven.join("\n  ")}`);
  console.error("Test them in their module, then run: npm run generate -- --proofs <path of the test>");
  process.exit(1);
}
