/**
 * Starts the demo app from environment variables. What they leave out is read from the `credentials.env` that
 * Gatehouse writes on its first start.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { ScalekitClient } from "@scalekit-sdk/node";
import { createApp } from "./app.ts";
import { registerLoginUrl } from "./own-addresses.ts";

const credentials = process.env.CREDENTIALS ?? path.join(import.meta.dirname, "../../data/credentials.env");
// Variables that are set already win over the file.
if (existsSync(credentials)) process.loadEnvFile(credentials);

const environmentUrl = required("SCALEKIT_ENVIRONMENT_URL").replace(/\/+$/, "");
const clientId = required("SCALEKIT_CLIENT_ID");
const host = process.env.HOST ?? "127.0.0.1";
const port = Number(process.env.PORT ?? 8081);
if (!Number.isInteger(port) || port < 1 || port > 65535)
  stop(`PORT is "${process.env.PORT}": it must be 1 to 65535.`);
const baseUrl = (process.env.BASE_URL ?? `http://localhost:${port}`).replace(/\/+$/, "");
for (const url of [environmentUrl, baseUrl]) if (!URL.canParse(url)) stop(`"${url}" is not a URL.`);

const scalekit = new ScalekitClient(environmentUrl, clientId, required("SCALEKIT_CLIENT_SECRET"));
const app = createApp({
  scalekit,
  environmentUrl,
  clientId,
  baseUrl,
  shortcuts: {
    organizationId: process.env.DEMO_ORGANIZATION_ID,
    samlConnectionId: process.env.DEMO_SAML_CONNECTION_ID,
    oidcConnectionId: process.env.DEMO_OIDC_CONNECTION_ID,
  },
});

app.listen(port, host, (error) => {
  if (error) stop(`The demo app cannot listen on ${host}:${port}: ${error.message}`);
  process.stdout.write(`Demo app on ${baseUrl}, signing in at ${environmentUrl}\n`);
});

// Beside the simulated identity providers only: another environment's client is configured by its owner.
if (process.env.DEMO_SAML_CONNECTION_ID) {
  const loginUrl = `${baseUrl}/login`;
  registerLoginUrl({ scalekit, environmentUrl, clientId, loginUrl }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : "unknown error";
    process.stderr.write(`The demo app could not register ${loginUrl}: ${reason}\n`);
  });
}

function required(name: string): string {
  return (
    process.env[name] ||
    stop(`${name} is not set, and ${credentials} does not give it. Start Gatehouse first.`)
  );
}

function stop(reason: string): never {
  process.stderr.write(`${reason}\n`);
  process.exit(1);
}
