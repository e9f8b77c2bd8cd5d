/**
 * Every setting of the server: its environment variable, type, default and one sentence. `docs/configuration.md`
 * is generated from this table.
 */
import { readFileSync } from "node:fs";
import path from "node:path";
import { createSecureContext } from "node:tls";
import { isNameServer } from "./lib/dns.ts";

export interface Config {
  mode: "development" | "production";
  host: string;
  port: number;
  /** The public URL of the first environment, without a trailing slash. */
  publicUrl: string;
  /** 0 = off. */
  demoPort: number;
  dataDir: string;
  /** Empty: the embedded database in the data folder. */
  databaseUrl: string;
  databasePoolSize: number;
  /** 32 bytes; undefined in development until one is made in the data folder. */
  masterKey: Buffer | undefined;
  tls: { cert: string; key: string } | undefined;
  trustedProxies: string[];
  outboundAllow: string[];
  smtpUrl: string;
  mailFrom: string;
  logLevel: string;
  /** How long the traces of sign-ins are kept. */
  traceDays: number;
  /** The most requests a minute; undefined counts none. */
  limits: Readonly<Record<LimitName, number>> | undefined;
  /** Empty: the name servers of the system. */
  dns: string[];
  portalLinkMinutes: number;
  /** For the whole of one attempt at a delivery. */
  webhookTimeoutSeconds: number;
}

/** What is counted by the address that a request comes from. */
export type AddressLimit =
  | "apiPerAddress"
  | "tokensPerAddress"
  | "signInPerAddress"
  | "wrongSecretsPerAddress";
export type LimitName = AddressLimit | "apiPerClient" | "tokensPerClient" | "wrongSecretsPerClient";

interface Setting {
  name: string;
  type: string;
  default: string;
  /** One sentence, for the page and for error messages. */
  about: string;
}

/** The table that the page is generated from; `readConfig` reads exactly these names. */
export const settings = [
  {
    name: "GATEHOUSE_MODE",
    type: "development | production",
    default: "development",
    about: "Production refuses to start on missing keys, a missing database, missing mail or an http URL.",
  },
  {
    name: "HOST",
    type: "address",
    default: "127.0.0.1 (production: 0.0.0.0)",
    about: "The address that the one listener binds.",
  },
  {
    name: "PORT",
    type: "number",
    default: "8080",
    about: "The one port: gRPC, gRPC-Web, Connect, REST, OAuth, SSO and the pages.",
  },
  {
    name: "GATEHOUSE_URL",
    type: "URL",
    default: "http://localhost:PORT; https with GATEHOUSE_TLS_CERT",
    about: "The public URL of the first environment; every link and the issuer are built from it.",
  },
  {
    name: "GATEHOUSE_DEMO_PORT",
    type: "number",
    default: "PORT + 1",
    about: "The port of the demo app in development; 0 switches it off.",
  },
  {
    name: "GATEHOUSE_DATA",
    type: "folder",
    default: "./data",
    about: "Holds the embedded database, generated keys and credentials.env.",
  },
  {
    name: "DATABASE_URL",
    type: "postgres:// URL",
    default: "the embedded database",
    about: "Any PostgreSQL 15 or newer.",
  },
  {
    name: "GATEHOUSE_DATABASE_POOL",
    type: "number",
    default: "10",
    about: "The most connections that this process opens to the database.",
  },
  {
    name: "GATEHOUSE_MASTER_KEY",
    type: "32 bytes, base64",
    default: "made in the data folder in development",
    about: "Wraps the keys that seal secrets at rest; all processes on one database share it.",
  },
  {
    name: "GATEHOUSE_MASTER_KEY_FILE",
    type: "file",
    default: "none",
    about: "A file that holds the master key, instead of GATEHOUSE_MASTER_KEY.",
  },
  {
    name: "GATEHOUSE_TLS_CERT",
    type: "PEM file",
    default: "none",
    about: "The certificate chain; with GATEHOUSE_TLS_KEY the port speaks HTTPS only.",
  },
  {
    name: "GATEHOUSE_TLS_KEY",
    type: "PEM file",
    default: "none",
    about: "The private key of GATEHOUSE_TLS_CERT.",
  },
  {
    name: "GATEHOUSE_TRUSTED_PROXIES",
    type: "CIDRs, comma-separated",
    default: "none",
    about: "X-Forwarded-For is read only from these addresses.",
  },
  {
    name: "GATEHOUSE_OUTBOUND_ALLOW",
    type: "host, host:port or CIDR, comma-separated",
    default: "none",
    about:
      "Private addresses that requests to customers' URLs may reach all the same, such as an identity provider in a private network.",
  },
  {
    name: "SMTP_URL",
    type: "smtp:// URL",
    default: "none",
    about: "The mail server; in development mail is kept and shown, never sent.",
  },
  { name: "MAIL_FROM", type: "address", default: "none", about: "The sender of mail." },
  {
    name: "LOG_LEVEL",
    type: "trace | debug | info | warn | error",
    default: "warn (production: info)",
    about: "What the structured log holds; at info, a line a request.",
  },
  {
    name: "GATEHOUSE_TRACE_DAYS",
    type: "number",
    default: "30",
    about: "How many days the traces of sign-in attempts are kept.",
  },
  {
    name: "GATEHOUSE_LIMITS",
    type: "on | off",
    default: "off (production: on)",
    about:
      "Whether requests are counted against the limits below, by all processes on one database together.",
  },
  {
    name: "GATEHOUSE_LIMIT_API_PER_CLIENT",
    type: "number a minute",
    default: "6000",
    about:
      "Calls of the management API by one application, or by one signed-in user, and SCIM requests for one directory.",
  },
  {
    name: "GATEHOUSE_LIMIT_API_PER_ADDRESS",
    type: "number a minute",
    default: "12000",
    about: "Calls of the management API from one address, counted before the token is read.",
  },
  {
    name: "GATEHOUSE_LIMIT_TOKENS_PER_CLIENT",
    type: "number a minute",
    default: "6000",
    about:
      "Requests to the token, introspection and revocation endpoints by one application with its secret.",
  },
  {
    name: "GATEHOUSE_LIMIT_TOKENS_PER_ADDRESS",
    type: "number a minute",
    default: "12000",
    about: "Requests to the token, introspection and revocation endpoints from one address.",
  },
  {
    name: "GATEHOUSE_LIMIT_SIGN_IN_PER_ADDRESS",
    type: "number a minute",
    default: "1200",
    about:
      "What strangers can begin at no cost, from one address: authorize, the way to an identity provider and back, test links, hosted discovery; a sign-in takes three to five of them.",
  },
  {
    name: "GATEHOUSE_LIMIT_WRONG_SECRETS_PER_ADDRESS",
    type: "number a minute",
    default: "60",
    about: "Wrong client secrets from one address, for all clients together.",
  },
  {
    name: "GATEHOUSE_LIMIT_WRONG_SECRETS_PER_CLIENT",
    type: "number a minute",
    default: "10",
    about:
      "Wrong secrets for one client from one address; the right one is still taken from all other addresses.",
  },
  {
    name: "GATEHOUSE_DNS",
    type: "address or address:port, comma-separated",
    default: "the name servers of the system",
    about:
      "The name servers that are asked for the records by which organizations and environments prove their domains.",
  },
  {
    name: "GATEHOUSE_PORTAL_LINK_MINUTES",
    type: "number",
    default: "1",
    about:
      "How many minutes an admin portal link that an application asked for can be opened; 10080 at most.",
  },
  {
    name: "GATEHOUSE_WEBHOOK_TIMEOUT_SECONDS",
    type: "number",
    default: "15",
    about: "How many seconds a webhook's receiver has to answer; 60 at most.",
  },
] as const satisfies readonly Setting[];

type Name = (typeof settings)[number]["name"];
type Env = Readonly<Record<string, string | undefined>>;

/** A setting that cannot be used; `main.ts` prints all of them and does not start. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly problems: readonly string[];
  constructor(problems: string[]) {
    super(`Gatehouse cannot start:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/**
 * Reads and judges the settings.
 * @throws ConfigError naming every setting that is wrong or, in production, missing.
 */
export function readConfig(env: Env): Config {
  const problems: string[] = [];
  const reader = new Reader(env, problems);
  const mode = reader.oneOf("GATEHOUSE_MODE", ["development", "production"] as const, "development");
  const port = reader.port("PORT", 8080);
  const tls = reader.tls();
  const config: Config = {
    mode,
    host: reader.text("HOST", mode === "production" ? "0.0.0.0" : "127.0.0.1"),
    port,
    publicUrl: reader.origin("GATEHOUSE_URL", `${tls ? "https" : "http"}://localhost:${port}`),
    demoPort: reader.port("GATEHOUSE_DEMO_PORT", mode === "production" ? 0 : port === 0 ? 0 : port + 1),
    dataDir: path.resolve(reader.text("GATEHOUSE_DATA", "./data")),
    databaseUrl: reader.databaseUrl(),
    databasePoolSize: reader.whole("GATEHOUSE_DATABASE_POOL", 10, 2, 500),
    masterKey: reader.masterKey(),
    tls,
    trustedProxies: reader.list("GATEHOUSE_TRUSTED_PROXIES"),
    outboundAllow: reader.list("GATEHOUSE_OUTBOUND_ALLOW"),
    smtpUrl: reader.text("SMTP_URL", ""),
    mailFrom: reader.text("MAIL_FROM", ""),
    logLevel: reader.oneOf(
      "LOG_LEVEL",
      ["trace", "debug", "info", "warn", "error"] as const,
      mode === "production" ? "info" : "warn",
    ),
    traceDays: reader.whole("GATEHOUSE_TRACE_DAYS", 30, 1, 3_650),
    limits: reader.limits(mode === "production" ? "on" : "off"),
    dns: reader.nameServers("GATEHOUSE_DNS"),
    portalLinkMinutes: reader.whole("GATEHOUSE_PORTAL_LINK_MINUTES", 1, 1, 10_080),
    webhookTimeoutSeconds: reader.whole("GATEHOUSE_WEBHOOK_TIMEOUT_SECONDS", 15, 1, 60),
  };
  if (mode === "production") problems.push(...missingInProduction(config, problems));
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** A setting that was named with a bad value is not missing, too. */
function missingInProduction(config: Config, told: readonly string[]): string[] {
  const checks: [boolean, string][] = [
    [
      config.masterKey === undefined,
      "GATEHOUSE_MASTER_KEY is missing: make one with `openssl rand -base64 32` and keep it safe, nothing at rest can be read without it",
    ],
    [
      config.databaseUrl === "",
      "DATABASE_URL is missing: production needs a PostgreSQL of its own (15 or newer)",
    ],
    [
      !config.publicUrl.startsWith("https://"),
      `GATEHOUSE_URL is ${config.publicUrl}: production needs an https URL`,
    ],
    [config.smtpUrl === "", "SMTP_URL is missing: sign-in codes and invitations could not be sent"],
    [config.mailFrom === "", "MAIL_FROM is missing: mail needs a sender"],
  ];
  const missing = checks.filter(([wrong]) => wrong).map(([, text]) => text);
  return missing.filter(
    (text) => !told.some((problem) => problem.startsWith(text.slice(0, text.indexOf(" ")))),
  );
}

/** Reads one variable at a time and notes what is wrong instead of throwing, so that all is told at once. */
class Reader {
  readonly #env: Env;
  readonly #problems: string[];
  constructor(env: Env, problems: string[]) {
    this.#env = env;
    this.#problems = problems;
  }

  text(name: Name, fallback: string): string {
    const value = this.#env[name]?.trim();
    return value === undefined || value === "" ? fallback : value;
  }

  list(name: Name): string[] {
    return this.text(name, "")
      .split(",")
      .map((part) => part.trim())
      .filter((part) => part !== "");
  }

  oneOf<T extends string>(name: Name, allowed: readonly T[], fallback: T): T {
    const value = this.text(name, fallback);
    const match = allowed.find((candidate) => candidate === value);
    if (match === undefined)
      this.#problems.push(`${name} is "${value}": it must be one of ${allowed.join(", ")}`);
    return match ?? fallback;
  }

  whole(name: Name, fallback: number, least: number, most: number): number {
    const value = Number(this.text(name, String(fallback)));
    if (Number.isInteger(value) && value >= least && value <= most) return value;
    this.#problems.push(
      `${name} is "${this.#env[name]}": it must be a whole number from ${least} to ${most}`,
    );
    return fallback;
  }

  limits(fallback: "on" | "off"): Config["limits"] {
    const perMinute = (name: Name, fallback: number) => this.whole(name, fallback, 1, 1_000_000_000);
    const limits = {
      apiPerClient: perMinute("GATEHOUSE_LIMIT_API_PER_CLIENT", 6_000),
      apiPerAddress: perMinute("GATEHOUSE_LIMIT_API_PER_ADDRESS", 12_000),
      tokensPerClient: perMinute("GATEHOUSE_LIMIT_TOKENS_PER_CLIENT", 6_000),
      tokensPerAddress: perMinute("GATEHOUSE_LIMIT_TOKENS_PER_ADDRESS", 12_000),
      signInPerAddress: perMinute("GATEHOUSE_LIMIT_SIGN_IN_PER_ADDRESS", 1_200),
      wrongSecretsPerAddress: perMinute("GATEHOUSE_LIMIT_WRONG_SECRETS_PER_ADDRESS", 60),
      wrongSecretsPerClient: perMinute("GATEHOUSE_LIMIT_WRONG_SECRETS_PER_CLIENT", 10),
    };
    const choice = this.oneOf("GATEHOUSE_LIMITS", ["on", "off"] as const, fallback);
    return choice === "on" ? limits : undefined;
  }

  port(name: Name, fallback: number): number {
    return this.whole(name, fallback, 0, 65535);
  }

  nameServers(name: Name): string[] {
    const servers = this.list(name);
    const wrong = servers.find((server) => !isNameServer(server));
    if (wrong !== undefined)
      this.#problems.push(`${name} holds "${wrong}": it must be an IP address, with or without a port`);
    return servers;
  }

  origin(name: Name, fallback: string): string {
    const value = this.text(name, fallback);
    const url = URL.parse(value);
    // The parser itself writes the one slash behind the origin, host names in lower case, and drops default ports.
    if (url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`) return url.origin;
    this.#problems.push(`${name} is "${value}": it must be an http or https URL without a path`);
    return fallback;
  }

  /** The value stays out of the message: it may hold the password. */
  databaseUrl(): string {
    const value = this.text("DATABASE_URL", "");
    const isPostgres = /^postgres(ql)?:$/.test(URL.parse(value)?.protocol ?? "");
    if (value === "" || isPostgres) return value;
    this.#problems.push("DATABASE_URL is not of the form postgres://user:password@host:5432/database");
    return "";
  }

  masterKey(): Buffer | undefined {
    const file = this.text("GATEHOUSE_MASTER_KEY_FILE", "");
    if (file !== "")
      return this.#key("GATEHOUSE_MASTER_KEY_FILE", this.#file("GATEHOUSE_MASTER_KEY_FILE", file));
    const text = this.text("GATEHOUSE_MASTER_KEY", "");
    return text === "" ? undefined : this.#key("GATEHOUSE_MASTER_KEY", text);
  }

  #key(name: Name, text: string | undefined): Buffer | undefined {
    if (text === undefined) return undefined;
    const key = Buffer.from(text.trim(), "base64");
    if (key.length === 32) return key;
    this.#problems.push(`${name} holds ${key.length} bytes: it must be 32 bytes in base64`);
    return undefined;
  }

  tls(): Config["tls"] {
    const cert = this.text("GATEHOUSE_TLS_CERT", "");
    const key = this.text("GATEHOUSE_TLS_KEY", "");
    if (cert === "" && key === "") return undefined;
    if (cert === "" || key === "") {
      this.#problems.push("GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY belong together: one of them is missing");
      return undefined;
    }
    const pem = { cert: this.#file("GATEHOUSE_TLS_CERT", cert), key: this.#file("GATEHOUSE_TLS_KEY", key) };
    if (pem.cert === undefined || pem.key === undefined) return undefined;
    return this.#usable({ cert: pem.cert, key: pem.key });
  }

  #usable(pem: { cert: string; key: string }): Config["tls"] {
    try {
      createSecureContext(pem);
      return pem;
    } catch (error) {
      const reason = (error as Error).message;
      this.#problems.push(
        `GATEHOUSE_TLS_CERT and GATEHOUSE_TLS_KEY are no PEM certificate and its key: ${reason}`,
      );
      return undefined;
    }
  }

  #file(name: Name, file: string): string | undefined {
    try {
      return readFileSync(file, "utf8");
    } catch (error) {
      this.#problems.push(`${name} names ${file}, which cannot be read: ${(error as Error).message}`);
      return undefined;
    }
  }
}
