/** The command line against a running server: commands of the contract, credentials, output, and what is wrong. */
import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { loadCommands } from "../packages/cli/commands.ts";
import { main } from "../packages/cli/main.ts";
import { asJson, asTable } from "../packages/cli/output.ts";
import { startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";
import { scratchFolder } from "../packages/server/src/testing/scratch.ts";

let app: TestApp;
let env: Record<string, string>;

beforeAll(async () => {
  app = await startTestApp();
  env = {
    SCALEKIT_ENVIRONMENT_URL: app.url,
    SCALEKIT_CLIENT_ID: app.clientId,
    SCALEKIT_CLIENT_SECRET: app.clientSecret,
  };
});
afterAll(async () => app.stop());

interface Ran {
  code: number;
  out: string;
  err: string;
}

async function gatehouse(
  line: string | string[],
  world: { env?: object; folder?: string; isTerminal?: boolean } = {},
): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await main(typeof line === "string" ? line.split(" ") : line, {
    env: (world.env ?? env) as Record<string, string>,
    folder: world.folder ?? tmpdir(),
    out: (text) => out.push(text),
    err: (text) => err.push(text),
    isTerminal: world.isTerminal ?? false,
    fetch,
  });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

async function answer(line: string | string[]) {
  const ran = await gatehouse(line);
  expect(ran).toMatchObject({ code: 0, err: "" });
  return JSON.parse(ran.out);
}

describe("commands", () => {
  test("create, change, read, list and delete an organization", async () => {
    const created = await answer([
      "organizations",
      "create",
      "--display-name",
      "Acme & Söhne",
      "--external-id=cli-1",
    ]);
    const { id } = created.organization;
    const changed = await answer(`organizations update ${id} --metadata plan=gold --metadata seats=5`);
    expect(changed.organization).toMatchObject({
      display_name: "Acme & Söhne",
      metadata: { plan: "gold", seats: "5" },
    });
    expect((await answer("organizations get-by-external-id cli-1")).organization.id).toBe(id);
    expect((await answer("organizations list --page-size 1")).organizations[0].id).toBe(id);
    expect(await answer(`organizations delete ${id}`)).toEqual({});
    expect(await gatehouse(`organizations get ${id}`)).toMatchObject({ code: 1, out: "" });
  });

  test("a connection with nested settings, a value out of a file, and switches", async () => {
    const { organization } = await answer("organizations create --display-name Nested");
    const made = await answer(`connections create ${organization.id} --provider OKTA --type SAML`);
    const at = `${organization.id} ${made.connection.id}`;
    const file = join(scratchFolder(), "url");
    writeFileSync(file, "https://idp.example/sso");
    const flags = `--provider OKTA --type SAML --idp-sso-url @${file} --force-authn --no-debug-enabled`;
    const { connection } = await answer(`connections update ${at} ${flags}`);
    expect(connection.saml_config).toMatchObject({
      idp_sso_url: "https://idp.example/sso",
      force_authn: true,
    });
    expect(connection.debug_enabled).toBe(false);
  });

  test("a switch alone, with its word, and negated; what is named by a word may stand behind it", async () => {
    const made = await answer("webhooks create-endpoint --url https://hooks.example/ --enabled false");
    expect(made.endpoint.enabled).toBe(false);
    const enabled = async (flags: string) =>
      (await answer(`webhooks update-endpoint ${flags}`)).endpoint.enabled;
    const { id } = made.endpoint;
    expect(await enabled(`${id} --enabled`)).toBe(true);
    expect(await enabled(`${id} --no-enabled`)).toBe(false);
    expect(await enabled(`--enabled ${id}`)).toBe(true);
    expect(await enabled(`--enabled=false ${id}`)).toBe(false);
  });

  test("the whole body as JSON, which flags change", async () => {
    const json = JSON.stringify({ display_name: "From JSON", external_id: "cli-json" });
    const { organization } = await answer([
      "organizations",
      "create",
      "--json",
      json,
      "--display-name",
      "From a flag",
    ]);
    expect(organization).toMatchObject({ display_name: "From a flag", external_id: "cli-json" });
  });
});

describe("output", () => {
  test("a table in a terminal, and how the list goes on", async () => {
    for (const name of ["Table-1", "Table-2"]) await answer(`organizations create --display-name ${name}`);
    const { out } = await gatehouse("organizations list --page-size 1", { isTerminal: true });
    expect(out).toMatch(/^id +create_time/);
    expect(out).toContain("Table-2");
    expect(out).toMatch(/More: --page-token \S+/);
    expect((await gatehouse("traces list", { isTerminal: true })).out).toBe("none");
  });
});

describe("what strangers wrote", () => {
  test("moves no cursor: control characters are left out of tables and written out in JSON", () => {
    const answer = { traces: [{ id: "trc_1", email: "\u001b]0;pwned\u0007evil\u009b@x.example" }] };
    for (const text of [asTable(answer), asJson(answer)])
      expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
  });

  test("an id that would name another path is refused", async () => {
    for (const id of [".", "..", ""]) {
      const ran = await gatehouse(["organizations", "delete", id]);
      expect([ran.code, ran.err]).toEqual([2, expect.stringContaining("is no id")]);
    }
  });
});

describe("credentials", () => {
  const text = () =>
    Object.entries(env)
      .map(([name, value]) => `${name}=${value}`)
      .join("\n");

  test("of a named file, and of data/credentials.env in a folder above", async () => {
    const folder = scratchFolder();
    const file = join(folder, "mine.env");
    writeFileSync(file, text());
    expect((await gatehouse(`organizations list --credentials ${file}`, { env: {} })).code).toBe(0);
    expect((await gatehouse("organizations list", { env: { GATEHOUSE_CREDENTIALS: file } })).code).toBe(0);
  });

  test.each([
    ["none at all", {}, /No credentials: set SCALEKIT_ENVIRONMENT_URL/],
    ["half of them", { SCALEKIT_ENVIRONMENT_URL: "http://localhost:1" }, /SCALEKIT_CLIENT_ID is missing/],
  ])("%s: says where they were looked for", async (_, env, words) => {
    const ran = await gatehouse("organizations list", { env });
    expect([ran.code, ran.err]).toEqual([1, expect.stringMatching(words)]);
  });

  test("a wrong secret, and a server that is not there", async () => {
    const wrong = await gatehouse("organizations list", {
      env: { ...env, SCALEKIT_CLIENT_SECRET: "test_wrong" },
    });
    expect([wrong.code, wrong.err]).toEqual([1, expect.stringContaining("gave no token")]);
    const gone = { ...env, SCALEKIT_ENVIRONMENT_URL: "http://127.0.0.1:1" };
    expect((await gatehouse("organizations list", { env: gone })).err).toContain("was not reached");
  });
});

describe("what is wrong is said, and nothing is sent", () => {
  test.each([
    ["organisations list", 'There is no group "organisations"'],
    ["organizations make", 'organizations has no command "make". It has: create'],
    ["organizations get", "id is missing"],
    ["organizations get org_1 org_2", 'Nothing takes the word "org_2"'],
    ["organizations create --name Acme", "There is no --name here. There are: --display-name"],
    ["organizations list --page-size many", '--page-size is a number, not "many"'],
    ["organizations create --display-name", "--display-name needs a value"],
    ["organizations create --metadata plan", '--metadata is key=value, not "plan"'],
    ["connections create org_1 --type LDAP", "--type is one of"],
    ["organizations create --json {", "--json is not valid JSON"],
    ["organizations list --output xml", "--output is json or table, not xml"],
    ["organizations create --json @/nowhere", "The file cannot be read"],
    ["completion tcsh", "Completion is made for bash, zsh and fish"],
  ])("%s", async (line, words) => {
    const ran = await gatehouse(line);
    expect(ran).toMatchObject({ code: 2, out: "" });
    expect(ran.err).toContain(words);
  });

  test("the server's refusal names code, field and request", async () => {
    const ran = await gatehouse("organizations get not-an-id");
    expect(ran.code).toBe(1);
    expect(ran.err).toMatch(/\(\w+, 4\d\d\)/);
    expect(ran.err).toMatch(/request \S+/);
  });
});

describe("help and completion", () => {
  test("each level has its own", async () => {
    expect((await gatehouse("--help")).out).toContain("organizations");
    expect((await gatehouse("organizations --help")).out).toContain("gatehouse organizations create");
    const own = await gatehouse("connections create --help");
    expect(own.out).toContain("gatehouse connections create <organization_id>");
    expect(own.out).toContain("--type");
  });

  test("completes groups, commands and flags", async () => {
    expect((await gatehouse("__complete")).out.split("\n")).toContain("organizations");
    expect((await gatehouse("__complete organizations")).out.split("\n")).toContain("create");
    expect((await gatehouse("__complete organizations create")).out.split("\n")).toContain("--display-name");
    for (const shell of ["bash", "zsh", "fish"]) {
      expect((await gatehouse(`completion ${shell}`)).out).toContain("gatehouse __complete");
    }
  });

  test("no two methods have one name", () => {
    const names = loadCommands().map(({ group, name }) => `${group} ${name}`);
    expect(new Set(names).size).toBe(names.length);
    const methods = loadCommands().map(({ verb, path }) => `${verb} ${path}`);
    expect(new Set(methods).size).toBe(methods.length);
  });
});
