/** Writes docs/configuration.md from the table of settings in packages/server/src/config.ts. */
import { realpathSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { ConfigError, readConfig, settings } from "../packages/server/src/config.ts";
import { cell, code, notice, table, writePage } from "./markdown.ts";

/** The page, from the settings as they are now. */
export function configurationPage(): string {
  const rows = settings.map(({ name, type, default: standard, about }) => [
    code(name),
    cell(type),
    cell(standard),
    cell(about),
  ]);
  return `${notice("generate-configuration.ts", "packages/server/src/config.ts")}

# Configuration

Gatehouse reads environment variables and nothing else. There is no file to write for a try: \`npm start\` runs with
none of them set. A value that cannot be used stops the start, and all that is wrong is printed at once.

${table(["Variable", "Type", "Default", "What it is"], rows)}

## Production

\`GATEHOUSE_MODE=production\` starts only when everything that it must not run without is there. With nothing else set
it prints:

\`\`\`
${refusal({ GATEHOUSE_MODE: "production" })}
\`\`\`

What else differs: the listener binds all addresses, the log holds a line a request, the simulated identity providers
and the demo app are not there, an unknown \`Host\` header is answered with 404, and cookies carry \`Secure\` and the
\`__Host-\` prefix, since the URL is https.

## Behind a proxy

The port speaks HTTP/1.1 and HTTP/2 without TLS, or both with TLS when a certificate is set. A proxy in front must pass
the \`Host\` header on as it came, since it selects the environment, and must be named in \`GATEHOUSE_TRUSTED_PROXIES\`
for client addresses to be right. For gRPC it must speak HTTP/2 to this port. A proxy that is not named is taken for
the client: the rate limits then count all users behind it as one address.

## Rate limits

In production, requests are counted by the minute of the clock; in development they are not, unless
\`GATEHOUSE_LIMITS=on\` says so. What is over a limit is answered with 429 (gRPC: \`RESOURCE_EXHAUSTED\`), the code
\`RATE_LIMITED\`, and the headers \`Retry-After\` and \`RateLimit-Reset\` (seconds), \`RateLimit-Limit\` and
\`RateLimit-Remaining\`; it is not counted itself. The log says once a minute which limit of whom is used up.

- An address is a single one in IPv4, and a /64 network in IPv6. Offices and mobile networks put many people behind one
  address: raise \`GATEHOUSE_LIMIT_SIGN_IN_PER_ADDRESS\` before a large one moves in.
- An application is counted once its secret is proven, so nobody uses up its limit by naming it.
- An address that sent too many wrong secrets is refused for the rest of the minute, with the right one too.
- Processes on one database tell each other once a second what they counted, so a limit holds for all of them together,
  give or take what arrives in that second. Where the database does not answer, each goes on with its own counts.
`;
}

function refusal(env: Record<string, string>): string {
  try {
    readConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error("production started with nothing set");
}

if (argv[1] && realpathSync(argv[1]) === fileURLToPath(import.meta.url)) {
  writePage("configuration.md", configurationPage());
}
