/**
 * Starts the provisioning example from environment variables. What they leave out is read from the `credentials.env`
 * that Gatehouse writes on its first start, and the webhook endpoint is registered when no secret of one is given.
 */
import { existsSync } from "node:fs";
import path from "node:path";
import { ScalekitClient } from "@scalekit-sdk/node";
import { createApp, webhookPath } from "./app.ts";
import { registerEndpoint } from "./register.ts";

const credentials = process.env.CREDENTIALS ?? path.join(import.meta.dirname, "../../data/credentials.env");
// Variables that are set already win over the file.
if (existsSync(credentials)) process.loadEnvFile(credentials);

const environmentUrl = required("SCALEKIT_ENVIRONMENT_URL").replace(/\/+$/, "");
const clientId = required("SCALEKIT_CLIENT_ID");
const clientSecret = required("SCALEKIT_CLIENT_SECRET");
const host = process.env.HOST ?? "127.0.0.1";
const port = Number(process.env.PORT ?? 8082);
const baseUrl = (process.env.BASE_URL ?? `http://localhost:${port}`).replace(/\/+$/, "");

const secret =
  process.env.SCALEKIT_WEBHOOK_SECRET ??
  (await registerEndpoint({ environmentUrl, clientId, clientSecret }, baseUrl + webhookPath).catch(refused));

const app = createApp({
  scalekit: new ScalekitClient(environmentUrl, clientId, clientSecret),
  secret,
  simulatorUrl: `${environmentUrl}/simulator/scim`,
});
app.listen(port, host, (error) => {
  if (error) stop(`The example cannot listen on ${host}:${port}: ${error.message}`);
  process.stdout.write(`Provisioning example on ${baseUrl}, hearing from ${environmentUrl}\n`);
});

/** The usual reason is one that the operator mends. */
function refused(error: Error): never {
  const isOurs = error.message.includes("GATEHOUSE_OUTBOUND_ALLOW");
  const { host: own } = new URL(baseUrl);
  return stop(
    isOurs ? `${error.message}\nGATEHOUSE_OUTBOUND_ALLOW=${own} npm start lets it.` : error.message,
  );
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
