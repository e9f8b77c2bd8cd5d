/** Each setting: what it is without a value, what it takes, and how a bad value is refused. */
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { ConfigError, readConfig, settings } from "./config.ts";
import { createSelfSignedCertificate } from "./protocols/saml/self-signed-certificate.ts";

const folder = mkdtempSync(path.join(tmpdir(), "gatehouse-config-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const at = path.join(folder, name);
  writeFileSync(at, text);
  return at;
}

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

const masterKey = Buffer.alloc(32, 7).toString("base64");
const keyPair = generateKeyPairSync("ec", { namedCurve: "P-256" });
const keyPem = keyPair.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
const certPem = createSelfSignedCertificate({
  commonName: "localhost",
  ...keyPair,
  serialNumber: Buffer.from([1]),
  notBefore: new Date("2026-01-01T00:00:00Z"),
  notAfter: new Date("2036-01-01T00:00:00Z"),
});

const production = {
  GATEHOUSE_MODE: "production",
  GATEHOUSE_MASTER_KEY: masterKey,
  DATABASE_URL: "postgres://gatehouse@db.example/gatehouse",
  GATEHOUSE_URL: "https://auth.example.com",
  SMTP_URL: "smtp://mail.example",
  MAIL_FROM: "auth@example.com",
};

describe("what is read", () => {
  test("nothing set is a development server on localhost that keeps all in ./data", () => {
    expect(readConfig({})).toMatchObject({
      mode: "development",
      host: "127.0.0.1",
      port: 8080,
      publicUrl: "http://localhost:8080",
      demoPort: 8081,
      dataDir: path.resolve("data"),
      databaseUrl: "",
      masterKey: undefined,
      tls: undefined,
      trustedProxies: [],
      outboundAllow: [],
      logLevel: "warn",
      limits: undefined,
    });
  });

  test("production counts requests against limits; development does when it is told to", () => {
    expect(readConfig(production).limits).toMatchObject({ apiPerClient: 6_000, wrongSecretsPerClient: 10 });
    expect(readConfig({ ...production, GATEHOUSE_LIMITS: "off" }).limits).toBeUndefined();
    const env = { GATEHOUSE_LIMITS: "on", GATEHOUSE_LIMIT_SIGN_IN_PER_ADDRESS: "7" };
    expect(readConfig(env).limits).toMatchObject({ signInPerAddress: 7, apiPerAddress: 12_000 });
  });

  test("production listens to all addresses, starts no demo and logs requests", () => {
    expect(readConfig(production)).toMatchObject({
      mode: "production",
      host: "0.0.0.0",
      demoPort: 0,
      logLevel: "info",
    });
  });

  test.each<[string, Record<string, string>, object]>([
    [
      "the demo's port follows PORT",
      { PORT: "9000" },
      { demoPort: 9001, publicUrl: "http://localhost:9000" },
    ],
    ["an empty value counts as none", { PORT: " ", GATEHOUSE_URL: "" }, { port: 8080 }],
    [
      "a slash at the end of the URL is dropped",
      { GATEHOUSE_URL: "https://a.example/" },
      { publicUrl: "https://a.example" },
    ],
    ["host names are lower case", { GATEHOUSE_URL: "https://A.Example" }, { publicUrl: "https://a.example" }],
    [
      "a default port is dropped",
      { GATEHOUSE_URL: "https://a.example:443" },
      { publicUrl: "https://a.example" },
    ],
    [
      "lists are split at commas",
      { GATEHOUSE_OUTBOUND_ALLOW: "a.example:8443, 10.0.0.0/8," },
      { outboundAllow: ["a.example:8443", "10.0.0.0/8"] },
    ],
  ])("%s", (_case, env, expected) => {
    expect(readConfig(env)).toMatchObject(expected);
  });

  test("the master key may stand in a file, with a line break at its end", () => {
    const config = readConfig({ GATEHOUSE_MASTER_KEY_FILE: file("key", `${masterKey}\n`) });
    expect(config.masterKey?.toString("base64")).toBe(masterKey);
  });

  test("with a certificate and its key the default URL is an https one", () => {
    const env = { GATEHOUSE_TLS_CERT: file("cert.pem", certPem), GATEHOUSE_TLS_KEY: file("key.pem", keyPem) };
    expect(readConfig(env)).toMatchObject({
      publicUrl: "https://localhost:8080",
      tls: { cert: certPem, key: keyPem },
    });
  });
});

describe("what is refused", () => {
  const absent = path.join(folder, "absent");
  const otherKey = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
  const otherPem = otherKey.export({ type: "pkcs8", format: "pem" }).toString();
  test.each<[Record<string, string>, string]>([
    [{ GATEHOUSE_MODE: "prod" }, 'GATEHOUSE_MODE is "prod": it must be one of development, production'],
    [{ PORT: "abc" }, 'PORT is "abc": it must be a whole number from 0 to 65535'],
    [{ PORT: "70000" }, 'PORT is "70000"'],
    [{ PORT: "80.5" }, 'PORT is "80.5"'],
    [{ PORT: "-1" }, 'PORT is "-1"'],
    [{ GATEHOUSE_DEMO_PORT: "x" }, 'GATEHOUSE_DEMO_PORT is "x"'],
    [{ GATEHOUSE_DNS: "192.0.2.1, dns.example" }, "it must be an IP address, with or without a port"],
    [{ GATEHOUSE_PORTAL_LINK_MINUTES: "10081" }, "it must be a whole number from 1 to 10080"],
    [{ GATEHOUSE_DATABASE_POOL: "1" }, "it must be a whole number from 2 to 500"],
    [{ GATEHOUSE_URL: "https://a.example/auth" }, "it must be an http or https URL without a path"],
    [{ GATEHOUSE_URL: "https://user:pw@a.example" }, "GATEHOUSE_URL is"],
    [{ GATEHOUSE_URL: "https://a.example/?" }, "GATEHOUSE_URL is"],
    [{ GATEHOUSE_URL: "a.example" }, "GATEHOUSE_URL is"],
    [{ GATEHOUSE_URL: "ftp://a.example" }, "GATEHOUSE_URL is"],
    [{ DATABASE_URL: "localhost:5432/gatehouse" }, "DATABASE_URL is not of the form postgres://"],
    [{ DATABASE_URL: "mysql://root:hunter2@db/x" }, "DATABASE_URL is not of the form postgres://"],
    [
      { GATEHOUSE_MASTER_KEY: Buffer.alloc(16).toString("base64") },
      "GATEHOUSE_MASTER_KEY holds 16 bytes: it must be 32",
    ],
    [
      { GATEHOUSE_MASTER_KEY_FILE: absent },
      `GATEHOUSE_MASTER_KEY_FILE names ${absent}, which cannot be read`,
    ],
    [{ GATEHOUSE_MASTER_KEY_FILE: file("empty", "") }, "GATEHOUSE_MASTER_KEY_FILE holds 0 bytes"],
    [{ GATEHOUSE_TLS_CERT: absent }, "belong together: one of them is missing"],
    [
      { GATEHOUSE_TLS_CERT: absent, GATEHOUSE_TLS_KEY: file("k", keyPem) },
      `GATEHOUSE_TLS_CERT names ${absent}`,
    ],
    [
      { GATEHOUSE_TLS_CERT: file("c", certPem), GATEHOUSE_TLS_KEY: file("o", otherPem) },
      "no PEM certificate and its key",
    ],
    [
      { GATEHOUSE_TLS_CERT: file("t", "text"), GATEHOUSE_TLS_KEY: file("k", keyPem) },
      "no PEM certificate and its key",
    ],
    [{ LOG_LEVEL: "loud" }, 'LOG_LEVEL is "loud"'],
    [{ GATEHOUSE_LIMITS: "yes" }, 'GATEHOUSE_LIMITS is "yes": it must be one of on, off'],
    [{ GATEHOUSE_LIMIT_API_PER_CLIENT: "0" }, 'GATEHOUSE_LIMIT_API_PER_CLIENT is "0"'],
  ])("%j", (env, words) => {
    expect(problemsOf(env)).toEqual([expect.stringContaining(words)]);
  });

  test("a bad DATABASE_URL is not repeated, since it may hold a password", () => {
    expect(problemsOf({ DATABASE_URL: "mysql://root:hunter2@db/x" }).join()).not.toContain("hunter2");
  });

  test.each(["GATEHOUSE_MASTER_KEY", "DATABASE_URL", "GATEHOUSE_URL", "SMTP_URL", "MAIL_FROM"])(
    "production without %s",
    (name) => {
      expect(problemsOf({ ...production, [name]: "" })).toEqual([expect.stringMatching(`^${name} is `)]);
    },
  );

  test("production at an http URL", () => {
    expect(problemsOf({ ...production, GATEHOUSE_URL: "http://auth.example.com" })).toEqual([
      "GATEHOUSE_URL is http://auth.example.com: production needs an https URL",
    ]);
  });

  test("everything at once, each setting once", () => {
    const problems = problemsOf({
      GATEHOUSE_MODE: "production",
      PORT: "abc",
      DATABASE_URL: "x",
      LOG_LEVEL: "loud",
    });
    const named = problems.map((problem) => problem.split(" ")[0]);
    expect(named).toEqual([
      "PORT",
      "DATABASE_URL",
      "LOG_LEVEL",
      "GATEHOUSE_MASTER_KEY",
      "GATEHOUSE_URL",
      "SMTP_URL",
      "MAIL_FROM",
    ]);
  });
});

test("every setting has a sentence, and its name once", () => {
  expect(new Set(settings.map(({ name }) => name)).size).toBe(settings.length);
  for (const { name, about } of settings) expect(about, name).toMatch(/^[A-Z].*\.$/);
});
