/**
 * `npm start`: builds the pages when their sources changed, runs the server in this process, and in development
 * the demo app beside it.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { enableCompileCache } from "node:module";
import { join } from "node:path";
import type { Gatehouse } from "../packages/server/src/app.ts";

enableCompileCache();

const root = join(import.meta.dirname, "..");
// In a process of its own: the bundler's memory is given back before the server starts.
const built = spawnSync(process.execPath, [join(root, "scripts/build-pages.ts")], { stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);

const { run } = await import("../packages/server/src/run.ts");
const gatehouse = await run();
if (gatehouse && gatehouse.app.config.demoPort !== 0) startDemo(gatehouse);

function startDemo({ app, testOrganization }: Gatehouse): void {
  const demo = spawn(process.execPath, [join(root, "scripts/demo.ts")], {
    stdio: ["ignore", "inherit", "inherit", "ipc"],
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      NODE_EXTRA_CA_CERTS: process.env.NODE_EXTRA_CA_CERTS,
      PORT: String(app.config.demoPort),
      CREDENTIALS: join(app.config.dataDir, "credentials.env"),
      DEMO_ORGANIZATION_ID: testOrganization?.organizationId,
      DEMO_SAML_CONNECTION_ID: testOrganization?.samlConnectionId,
      DEMO_OIDC_CONNECTION_ID: testOrganization?.oidcConnectionId,
    },
  });
  endTogether(demo);
}

/** The demo ends with the server, also when the server is killed: then its channel closes. */
function endTogether(demo: ChildProcess): void {
  process.on("exit", () => demo.kill());
  demo.on("exit", (code) => {
    if (code) console.log("The server runs without the demo app; GATEHOUSE_DEMO_PORT gives it another port.");
  });
}
