/** The house rules as tests: which way imports point, and what each module, table, event and file must be. */
import { readFileSync } from "node:fs";
import { hasOption } from "@bufbuild/protobuf";
import { auth_option } from "@gatehouse/contract/scalekit/v1/options/options_pb";
import { describe, expect, test } from "vitest";
import { readMigrations } from "./db/migrate.ts";
import { AppError } from "./errors.ts";
import { importsOf, type SourceFile, sourceFiles } from "./testing/source-files.ts";
import { contract } from "./transport/contract.ts";

/** The reading order of the modules; rules call only rules of modules further up. */
const moduleOrder = [
  ...["events", "keys", "secrets", "emails"],
  ...["environments", "interceptors", "members", "organizations", "domains"],
  ...["roles", "user-attributes", "users", "sessions"],
  ...["clients", "tokens"],
  ...["traces", "connections", "passwordless", "totp", "webauthn", "auth", "oauth"],
  ...["directories"],
  ...["webhooks", "auditlogs"],
  ...["providers", "connected-accounts", "tools", "mcp", "agentkit-logs"],
  ...["simulator"],
];

/** Put the server together, so they may see every layer. */
const assembly = new Set([
  "app.ts",
  "main.ts",
  "run.ts",
  "runtime.ts",
  "first-start.ts",
  "rotate-keys.ts",
  "invite-member.ts",
]);

type Kind =
  | "assembly"
  | "shared"
  | "transport"
  | "protocols"
  | "lib"
  | "db"
  | "jobs"
  | "rpc"
  | "mapper"
  | "http"
  | "store"
  | "rule";

/** Where a file of the server stands. */
interface Place {
  path: string;
  kind: Kind;
  /** "" outside of modules/. */
  module: string;
}

const serverRoot = "packages/server/src/";
const everything = sourceFiles();
const server = everything.filter((file) => file.path.startsWith(serverRoot) && !file.isTest);

function placeOf(file: string): Place {
  const at = file.slice(serverRoot.length);
  const [folder = "", module = ""] = at.split("/");
  if (!at.includes("/")) return { path: at, kind: assembly.has(at) ? "assembly" : "shared", module: "" };
  if (folder !== "modules") return { path: at, kind: folder as Kind, module: "" };
  return { path: at, kind: kindInModule(at.slice(at.lastIndexOf("/") + 1)), module };
}

function kindInModule(name: string): Kind {
  if (name === "rpc.ts") return "rpc";
  if (name.endsWith(".rpc.ts")) return "mapper";
  if (name.endsWith(".http.ts")) return "http";
  return name.endsWith(".store.ts") ? "store" : "rule";
}

interface ImportRule {
  rule: string;
  reason: string;
  /** A file of the server and an import of it that the rule must find. */
  breach: [from: string, name: string];
  /** `to` is undefined for a package. */
  breaks(from: Place, to: Place | undefined, name: string): boolean;
}

const isDoor = (place: Place | undefined) =>
  place !== undefined && ["rpc", "mapper", "http"].includes(place.kind);
const belongsToModules = (place: Place) => place.module !== "";

const importRules: ImportRule[] = [
  {
    rule: "1. Proto types are seen only in rpc.ts, *.rpc.ts and transport/",
    reason: "a rule that knows messages could serve the API only, and not SAML, SCIM and the portal",
    breach: ["modules/users/users.ts", "@gatehouse/contract/scalekit/v1/users/users_pb"],
    breaks: (from, _to, name) =>
      /^(@gatehouse\/contract|@bufbuild\/|@connectrpc\/)/.test(name) &&
      !["rpc", "mapper", "transport"].includes(from.kind),
  },
  {
    rule: "1. HTTP types are seen only in *.http.ts and transport/",
    reason: "a rule that knows requests cannot be called by another door",
    breach: ["modules/users/users.ts", "transport/http.ts"],
    breaks: (from, to, name) =>
      (to?.kind === "transport" || /^(fastify|@fastify\/|node:https?2?$)/.test(name)) &&
      !["http", "transport", "assembly"].includes(from.kind) &&
      // `serve` is the form of an RPC door, no HTTP type.
      !((from.kind === "rpc" || from.kind === "mapper") && to?.path === "transport/service.ts"),
  },
  {
    rule: "1. SQL is seen only in *.store.ts and db/",
    reason: "the environment is part of every query, which can be checked only where all queries are",
    breach: ["modules/users/users.ts", "kysely"],
    breaks: (from, to, name) =>
      (name === "kysely" || name === "pg" || to?.path === "db/schema.ts") &&
      from.kind !== "db" &&
      !from.path.endsWith(".store.ts"),
  },
  {
    rule: "1. Stores import only db/, lib/ and protocols/",
    reason:
      "rows in and out: a store that calls rules decides something; a query language of a protocol is a tree there",
    breach: ["modules/users/users.store.ts", "modules/users/users.ts"],
    breaks: (from, to) =>
      from.kind === "store" &&
      to !== undefined &&
      !["db", "lib", "shared", "protocols"].includes(to.kind) &&
      to.kind !== "store",
  },
  {
    rule: "2. Of another module only the rules and tables may be imported, never its store or doors",
    reason: "else its owner cannot change how it keeps its rows, and checks are passed by",
    breach: ["modules/users/users.ts", "modules/roles/roles.store.ts"],
    breaks: (from, to) =>
      belongsToModules(from) &&
      to !== undefined &&
      belongsToModules(to) &&
      to.module !== from.module &&
      // Messages contain messages of other modules, so their mappers are shared among doors.
      to.kind !== "rule" &&
      !(to.kind === "mapper" && (from.kind === "mapper" || from.kind === "rpc")),
  },
  {
    rule: "3. Doors never import a store",
    reason: "what a door reads past the rules is not checked by them",
    breach: ["modules/users/rpc.ts", "modules/users/users.store.ts"],
    breaks: (from, to) => isDoor(from) && (to?.kind === "store" || to?.kind === "db"),
  },
  {
    rule: "3. Nobody imports a door but app.ts",
    reason: "a door has no callers inside: what two doors share is a rule",
    breach: ["modules/users/users.ts", "modules/users/rpc.ts"],
    breaks: (from, to) =>
      isDoor(to) &&
      from.path !== "app.ts" &&
      !(to?.kind === "mapper" && (from.kind === "rpc" || from.kind === "mapper")) &&
      // The doors of one module may be collected by one of them.
      !(to?.kind === "http" && from.kind === "http" && to.module === from.module),
  },
  {
    rule: "3. transport/ never imports a module",
    reason: "it serves any contract; a feature must not need a change there",
    breach: ["transport/pipeline.ts", "modules/users/users.ts"],
    breaks: (from, to) => from.kind === "transport" && to !== undefined && belongsToModules(to),
  },
  {
    rule: "4. protocols/ and lib/ import nothing of ours outside of their own folder",
    reason: "they are libraries: to be read, tested and reused without the server",
    breach: ["protocols/saml/response.ts", "config.ts"],
    breaks: (from, to, name) =>
      (from.kind === "protocols" || from.kind === "lib") &&
      (to === undefined ? name.startsWith("@gatehouse/") : to.kind !== from.kind),
  },
  {
    rule: "5. Rules import only rules of modules above them",
    reason: "no cycles: what must flow upward is a reaction, see app.ts",
    breach: ["modules/users/users.ts", "modules/sessions/sessions.ts"],
    breaks: (from, to) =>
      belongsToModules(from) &&
      !isDoor(from) &&
      to !== undefined &&
      belongsToModules(to) &&
      moduleOrder.indexOf(to.module) > moduleOrder.indexOf(from.module),
  },
];

/** Every import that breaks the rule, in words. */
function breaches(rule: ImportRule): string[] {
  return server.flatMap((file) =>
    importsOf(file)
      .filter((name) => isBroken(rule, file.path, name))
      .map((name) => `${file.path} imports ${name}. ${rule.rule}: ${rule.reason}`),
  );
}

function isBroken(rule: ImportRule, file: string, name: string): boolean {
  return rule.breaks(placeOf(file), name.startsWith(serverRoot) ? placeOf(name) : undefined, name);
}

describe("imports", () => {
  test.each(importRules)("$rule", (rule) => {
    const [from, name] = rule.breach;
    expect(isBroken(rule, serverRoot + from, name.endsWith(".ts") ? serverRoot + name : name)).toBe(true);
    expect(breaches(rule)).toEqual([]);
  });

  test("1. no query is built outside of *.store.ts and db/, by any way", () => {
    const query = /\.(selectFrom|insertInto|updateTable|deleteFrom)\(|\bsql(<[^`]*>)?`/;
    const found = server.filter((file) => query.test(file.text)).map((file) => placeOf(file.path));
    expect(found.filter((place) => place.kind !== "db" && !place.path.endsWith(".store.ts"))).toEqual([]);
  });

  test("4. protocols/ use no clock, randomness, file or network that was not passed in", () => {
    const impure =
      /\bDate\.now\(|new Date\(\)|Math\.random|\brandom(Bytes|UUID|Int|FillSync)\b|\bfetch\(|"node:(net|tls|dns|fs|https?2?)"/;
    const found = server.filter((file) => placeOf(file.path).kind === "protocols" && impure.test(file.text));
    expect(found.map((file) => file.path)).toEqual([]);
  });

  test("6. nothing outside packages/server imports the server: an app or SDK that does would hold a copy of a rule", () => {
    // These start the server or its database as a whole.
    const runners = /^(packages\/server|scripts|e2e|bench)\//;
    const found = everything
      .filter((file) => !runners.test(file.path))
      .filter((file) =>
        importsOf(file).some((name) => name.startsWith(serverRoot) || name === "@gatehouse/server"),
      );
    expect(found.map((file) => file.path)).toEqual([]);
  });

  test("the order of modules names every module", () => {
    const modules = new Set(server.map((file) => placeOf(file.path).module).filter((name) => name !== ""));
    expect([...modules].filter((name) => !moduleOrder.includes(name))).toEqual([]);
  });
});

describe("files", () => {
  test("open with the sentence that says what they own", () => {
    const silent = server.filter(
      (file) => file.path.endsWith(".ts") && !/^\/\*\*(\n \*)? \S.{15,}/.test(file.text),
    );
    expect(silent.map((file) => file.path)).toEqual([]);
  });

  test("have at most 500 lines", () => {
    const long = everything.map((file) => ({ path: file.path, lines: file.text.split("\n").length - 1 }));
    expect(long.filter((file) => file.lines > 500)).toEqual([]);
  });

  test("have no default export outside of tool configuration", () => {
    const found = everything.filter(
      (file) => /^export default /m.test(file.text) && !isToolConfiguration(file),
    );
    expect(found.map((file) => file.path)).toEqual([]);
  });

  test("have names that say what is in them: no index.ts, utils.ts or types.ts", () => {
    expect(
      everything.map((file) => file.path).filter((file) => /\/(index|utils|types)\.tsx?$/.test(file)),
    ).toEqual([]);
  });
});

describe("the contract", () => {
  test("names the callers of every method; those of these two are nobody, so they are refused", () => {
    const silent = contract
      .flatMap((service) => service.methods)
      .filter((method) => !hasOption(method, auth_option))
      .map((method) => `${method.parent.name}/${method.name}`);
    expect(silent).toEqual(["ApiTokenService/FetchToken", "WebhookService/SendWebhookEvent"]);
  });
});

describe("tables", () => {
  const schema = readFileSync(new URL("db/schema.ts", import.meta.url), "utf8");
  const members = /export interface Database \{([^}]*)\}/.exec(schema)?.[1] ?? "";
  const tables = [...members.matchAll(/(\w+): (\w+);/g)].map(([, table = "", type = ""]) => ({
    table,
    type,
  }));

  test("belong to an environment, but for those of the whole install", () => {
    const free = tables.filter(
      ({ type }) => !new RegExp(`interface ${type} \\{[^}]*\\benvironment_id:`).test(schema),
    );
    expect(free.map(({ table }) => table)).toEqual([
      ...["data_keys", "environments"],
      ...["member_invitations", "member_sessions", "members"],
      "schema_migrations",
    ]);
  });

  test("come from migrations that do not change once they are published", () => {
    // `node scripts/publish-migrations.ts` adds the new files at a release; until then a file may change.
    const published = JSON.parse(
      readFileSync(new URL("db/migrations/checksums.json", import.meta.url), "utf8"),
    );
    const checksums = Object.fromEntries(readMigrations().map(({ name, checksum }) => [name, checksum]));
    expect({ ...checksums, ...published }).toEqual(checksums);
  });
});

describe("tables of errors and events", () => {
  test("announce each event under a name of its own", async () => {
    const names = (await exportsOf(/\/events\.ts$/)).flatMap(([, value]) =>
      isEvent(value) ? [value.name] : [],
    );
    expect(names.length).toBeGreaterThan(0);
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([]);
  });

  test("give each code one meaning; a protocol's code may stand in two tables with one status", async () => {
    const codes = (await exportsOf(/\/errors\.ts$/)).flatMap(([file, value]) =>
      codesOf(value).map((code) => ({ file, ...code })),
    );
    expect(codes.length).toBeGreaterThan(0);
    const clashes = codes.filter(({ code, status, file }) =>
      codes.some(
        (other) => other.code === code && other.file !== file && (isOurs(code) || other.status !== status),
      ),
    );
    expect(clashes).toEqual([]);
  });
});

/** Every export of the modules' files of that name, with its file. */
async function exportsOf(name: RegExp): Promise<[string, unknown][]> {
  const files = server.filter((file) => placeOf(file.path).module !== "" && name.test(file.path));
  const loaded = await Promise.all(
    files.map(async (file) => {
      const address = new URL(placeOf(file.path).path, import.meta.url).href;
      return [file.path, (await import(address)) as Record<string, unknown>] as const;
    }),
  );
  return loaded.flatMap(([file, exported]) =>
    Object.values(exported).map((value): [string, unknown] => [file, value]),
  );
}

function isEvent(value: unknown): value is { name: string } {
  return typeof value === "object" && value !== null && "visibility" in value && "name" in value;
}

function codesOf(table: unknown): { code: string; status: string }[] {
  if (typeof table !== "object" || table === null) return [];
  return Object.values(table).flatMap((make) => {
    const error: unknown = typeof make === "function" ? make("a", "b", "c") : undefined;
    return error instanceof AppError ? [{ code: error.code, status: error.status }] : [];
  });
}

function isOurs(code: string): boolean {
  return /[A-Z]/.test(code);
}

function isToolConfiguration(file: SourceFile): boolean {
  return /\.config\.ts$/.test(file.path);
}
