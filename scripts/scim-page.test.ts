/** The examples of docs/scim.md, run against a server as a reader would run them. */
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";

const root = join(import.meta.dirname, "..");
const page = readFileSync(join(root, "docs/scim.md"), "utf8");
// Inside the repository, where the SDK is found.
const folder = join(root, ".cache", `scim-page-${process.pid}`);
const dataDir = mkdtempSync(join(tmpdir(), "gatehouse-scim-page-"));
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ GATEHOUSE_DATA: dataDir });
  mkdirSync(folder, { recursive: true });
});
afterAll(async () => {
  await app.stop();
  for (const each of [folder, dataDir]) rmSync(each, { recursive: true, force: true });
});

const tools = ["bash", "curl"].every((tool) => spawnSync(tool, ["--version"]).status === 0);
test.skipIf(!tools)("the examples for REST work, one after the other", async () => {
  const [make = "", ...others] = examplesIn("sh");
  const look = others.find((example) => example.includes(":preview")) ?? "";
  // Only an empty directory can be set up anew, so this example comes before there is a group.
  const rest = others.filter((example) => example !== look).join("\n");
  const group = `
BASE=$(api "$DIRECTORIES/$DIR" | member directory.directory_endpoint)
SECRET=$(api -X POST "$DIRECTORIES/$DIR/secrets" | member plain_secret)
GROUP=$(curl -s -H "Authorization: Bearer $SECRET" -H "Content-Type: application/scim+json" "$BASE/Groups" \\
  -d '{"displayName": "Engineering"}' | member id)
`;
  const script = [make, look, group, rest].join("\n");
  const ready = script
    .replace("./data/", `${dataDir}/`)
    .replaceAll("dirgroup_…", `'"$GROUP"'`)
    .replaceAll(/2026-03-01T0(\d)/g, "2020-03-01T0$1");
  const output = await run("bash", ["-euc", ready]);
  expect(output).not.toContain("error_code");
  for (const part of [
    '"status":"DRAFT"',
    '"users_created":0',
    '"enabled":true',
    '"role_name":"admin"',
    '"map_to":"badge"',
    '"memberships_restored":0',
  ])
    expect(output).toContain(part);
});

test("the example for the SDK works", async () => {
  const { body } = await app.api("/organizations", { body: { display_name: "Hooli" } });
  const file = join(folder, "try.mjs");
  const [example] = examplesIn("js");
  writeFileSync(
    file,
    `import { ScalekitClient } from "@scalekit-sdk/node";
const { SCALEKIT_ENVIRONMENT_URL: url, SCALEKIT_CLIENT_ID: id, SCALEKIT_CLIENT_SECRET: secret } = process.env;
const scalekit = new ScalekitClient(url, id, secret);
const organizationId = "${body.organization.id}";
${example}
console.log(directory.name, users.length, groups.length);`,
  );
  const output = await run(process.execPath, [`--env-file=${join(dataDir, "credentials.env")}`, file]);
  expect(output).toBe("Okta 0 0");
});

function examplesIn(language: string): string[] {
  const blocks = page.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"));
  return [...blocks].map(([, text = ""]) => text);
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
