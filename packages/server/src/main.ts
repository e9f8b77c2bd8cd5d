/** Starts the server and stops it cleanly: config → app → listen → stop. */
import { enableCompileCache } from "node:module";

// Before anything else is loaded: what is compiled once is not compiled at the next start.
enableCompileCache();
const { run } = await import("./run.ts");
await run();
