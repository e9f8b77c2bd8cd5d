import { createServer } from "node:http";
import { ScalekitClient } from "@scalekit-sdk/node";
import { expect, onTestFinished, test } from "vitest";
import { CLIENT_ID, CLIENT_SECRET, listen } from "./fake-environment.ts";
import { registerLoginUrl } from "./own-addresses.ts";

const loginUrl = "http://localhost:8081/login";

/** An environment that knows one client. */
async function startClients(initiate_login_uri: string, status = 200) {
  const client = { id: CLIENT_ID, initiate_login_uri };
  const calls: string[] = [];
  const server = createServer(async (request, response) => {
    const body = Buffer.concat(await Array.fromAsync(request)).toString();
    const isToken = request.url === "/oauth/token";
    if (!isToken) calls.push(`${request.method} ${request.url} ${request.headers.authorization}`);
    if (request.method === "PATCH") Object.assign(client, JSON.parse(body));
    response.writeHead(isToken ? 200 : status, { "content-type": "application/json" });
    response.end(JSON.stringify(isToken ? { access_token: "at", expires_in: 60 } : { client }));
  });
  onTestFinished(() => void server.close());
  const environmentUrl = await listen(server);
  const scalekit = new ScalekitClient(environmentUrl, CLIENT_ID, CLIENT_SECRET);
  const register = () => registerLoginUrl({ scalekit, environmentUrl, clientId: CLIENT_ID, loginUrl });
  return { client, calls, register };
}

test("a client without an initiate-login URL gets that of the app", async () => {
  const { client, calls, register } = await startClients("");
  await register();
  expect(client.initiate_login_uri).toBe(loginUrl);
  const path = `/api/v1/clients/${CLIENT_ID} Bearer at`;
  expect(calls).toEqual([`GET ${path}`, `PATCH ${path}`]);
});

test("one that somebody has set stays", async () => {
  const { client, register } = await startClients("https://app.example/start");
  await register();
  expect(client.initiate_login_uri).toBe("https://app.example/start");
});

test("a refusal is reported", async () => {
  const { register } = await startClients("", 403);
  await expect(register()).rejects.toThrow("answered 403");
});
