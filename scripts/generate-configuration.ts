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
for client addresses to be right. For gRPC it must speak HTTP/2 to this port.
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
