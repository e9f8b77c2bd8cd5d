/** Clients of two environments on one server: neither knows, hides or reads the other's. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addClient, bodyOf } from "../../testing/oauth.ts";
import * as keys from "../keys/keys.ts";

let app: TestApp;
/** The other environment, at another name of the same port. */
let otherUrl: string;
let other: { id: string; secret: string };

beforeAll(async () => {
  app = await startTestApp();
  otherUrl = `http://127.0.0.1:${app.port}`;
  const now = app.app.now();
  const id = "env_000000000000000002";
  const names = { name: "second", type: "DEV", authentication_mode: "FULL_STACK_AUTH", public_url: otherUrl };
  await app.app.db
    .insertInto("environments")
    .values({ id, ...names, created_at: now, updated_at: now })
    .execute();
  await keys.ensure(Object.assign(app.systemCtx(), { environmentId: id }));
  other = await addClient(app, { environmentId: id, scopes: ["read"] });
  app.app.cache.dropAll();
});
afterAll(async () => app.stop());

async function token(url: string, client: { id: string; secret: string }) {
  const form = { grant_type: "client_credentials", client_id: client.id, client_secret: client.secret };
  return bodyOf(fetch(`${url}/oauth/token`, { method: "POST", body: new URLSearchParams(form) }));
}

const own = () => ({ id: app.clientId, secret: app.clientSecret });

test("a client gets tokens in its own environment only", async () => {
  expect(await token(otherUrl, own())).toMatchObject({ error: "invalid_client" });
  expect(await token(app.url, other)).toMatchObject({ error: "invalid_client" });
  expect((await token(otherUrl, other)).access_token).toBeDefined();
});

test("asking for it elsewhere does not hide it at home", async () => {
  app.app.cache.dropAll();
  await token(otherUrl, own());
  expect((await token(app.url, own())).access_token).toBeDefined();
});

test("a token of one environment is worth nothing in the other", async () => {
  const { access_token } = await token(app.url, own());
  const headers = { authorization: `Bearer ${access_token}` };
  expect((await fetch(`${app.url}/api/v1/organizations`, { headers })).status).toBe(200);
  expect((await fetch(`${otherUrl}/api/v1/organizations`, { headers })).status).toBe(401);
});
