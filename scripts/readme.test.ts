import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";

const root = join(import.meta.dirname, "..");
const pageOf = (name: string) => readFileSync(join(root, name), "utf8");
const readme = pageOf("README.md");
const webhooks = pageOf("docs/webhooks.md");
// Inside the repository, where the SDK is found.
const folder = join(root, ".cache", `readme-${process.pid}`);
const dataDir = mkdtempSync(join(tmpdir(), "gatehouse-readme-"));
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_DATA: dataDir });
  mkdirSync(folder, { recursive: true });
});
afterAll(async () => {
  await app.stop();
  for (const each of [folder, dataDir]) rmSync(each, { recursive: true, force: true });
});

test("the example for the SDK does what the page says", async () => {
  const file = join(folder, "try.mjs");
  writeFileSync(file, exampleIn("js"));
  const output = await run(process.execPath, [`--env-file=${join(dataDir, "credentials.env")}`, file]);
  expect(output).toContain("Acme: 0 connections\nTest Organization: 2 connections\n");
  expect(output).toContain(`${app.url}/oauth/authorize?response_type=code`);
});

const tools = ["bash", "curl"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
test.skipIf(!tools)("the example for REST ends with a connection that is switched on", async () => {
  const script = exampleIn("sh").replace("./data/", `${dataDir}/`);
  expect(await run("bash", ["-euc", script])).toMatch(/\{"enabled":true\}$/);
});

test.skipIf(!tools)("the commands about webhooks answer as their page says", async () => {
  const commands = [...webhooks.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map(([, text]) => text).join("\n");
  // One answer a line.
  const script = commands.replace("./data/", `${dataDir}/`).replace("curl -s -H", "curl -s -w '\\n' -H");
  const answers = (await run("bash", ["-euc", script])).split("\n").map((line) => JSON.parse(line));
  const answered = (member: object) => expect.objectContaining(member);
  expect(answers).toEqual([
    answered({ secret: expect.stringMatching(/^whsec_/) }),
    answered({ delivery: answered({ is_test: true }) }),
    answered({ deliveries: expect.any(Array) }),
    answered({ delivery: answered({ body: expect.stringContaining("ada@acme.example") }) }),
    answered({ delivery: answered({ status: "QUEUED" }) }),
    answered({ replay: answered({ start_time: "2026-02-03T04:00:00Z" }) }),
  ]);
});

function exampleIn(language: string): string {
  const [, text] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "m").exec(readme) ?? [];
  if (!text) throw new Error(`The README has no example in ${language}`);
  return text;
}

/** What a program prints; not waited for synchronously, since the server runs in this process. */
function run(program: string, args: string[]): Promise<string> {
  const { SCALEKIT_ENVIRONMENT_URL: _, ...env } = process.env;
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  let complaints = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    complaints += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) =>
      status === 0
        ? resolve(output.trimEnd())
        : reject(new Error(`${program} ended with ${status}: ${complaints}`)),
    );
  });
}
