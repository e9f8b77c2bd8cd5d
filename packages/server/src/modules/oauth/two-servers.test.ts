/** Two servers on one database: what happens at one counts at the other, at once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addClient, redemption } from "../../testing/oauth.ts";
import { createSamlTenant, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import { rotate } from "../keys/keys.ts";

let first: TestApp;
let second: TestApp;
let tenant: SamlTenant;

beforeAll(async () => {
  first = await startTestApp();
  second = await startTestApp({
    DATABASE_URL: first.databaseUrl,
    GATEHOUSE_DATA: first.app.config.dataDir,
    GATEHOUSE_URL: first.url,
  });
  tenant = await createSamlTenant(first);
});
afterAll(async () => {
  await second.stop();
  await first.stop();
});

async function postTo(server: TestApp, form: Record<string, string>) {
  const answer = await fetch(`http://localhost:${server.port}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({ client_id: first.clientId, client_secret: first.clientSecret, ...form }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> };
}

const newCode = async () => (await samlSignIn(first, tenant)).answer.get("code") ?? "";

test("a code of one is redeemed at the other, with the issuer of both", async () => {
  const { status, body } = await postTo(second, redemption(await newCode()));
  expect(status).toBe(200);
  const answer = await fetch(`http://localhost:${first.port}/userinfo`, {
    headers: { authorization: `Bearer ${body.access_token}` },
  });
  expect(answer.status).toBe(200);
});

test("a client that changes at one has changed at the other", async () => {
  const uri = "https://new.acme.test/callback";
  const url = `http://localhost:${second.port}/oauth/authorize?response_type=code&scope=openid&prompt=none&client_id=${first.clientId}&redirect_uri=${uri}`;
  const ask = async () => (await fetch(url, { redirect: "manual" })).status;
  expect(await ask()).toBe(400);
  await first.api(`/clients/${first.clientId}`, { method: "PATCH", body: { post_login_uris: [uri] } });
  await expect.poll(ask, { interval: 2, timeout: 2000 }).toBe(302);
});

test("a secret or a client that is deleted at one is refused there at once, and at the other", async () => {
  const { id, secret } = await addClient(first);
  const issue = (server: TestApp) =>
    postTo(server, { grant_type: "client_credentials", client_id: id, client_secret: secret });
  const token = (await issue(first)).body.access_token ?? "";
  const call = async ({ port }: TestApp) => {
    const url = `http://localhost:${port}/api/v1/organizations`;
    return (await fetch(url, { headers: { authorization: `Bearer ${token}` } })).status;
  };
  // Both have now seen the token, and know its signature to be good.
  expect([await call(first), await call(second), (await issue(second)).status]).toEqual([200, 200, 200]);

  const [kept] = (await first.api(`/clients/${id}`)).body.client.secrets;
  const removed = await first.api(`/clients/${id}/secrets/${kept.id}`, { method: "DELETE" });
  expect([removed.status, (await issue(first)).status]).toEqual([200, 401]);
  await expect.poll(async () => (await issue(second)).status, { interval: 2, timeout: 2000 }).toBe(401);

  await first.api(`/clients/${id}`, { method: "DELETE" });
  expect(await call(first)).toBe(401);
  await expect.poll(() => call(second), { interval: 2, timeout: 2000 }).toBe(401);
});

test("keys that rotate at one have rotated at the other", async () => {
  const published = async (server: TestApp) => (await fetch(`http://localhost:${server.port}/keys`)).text();
  const before = await published(second);
  await rotate(first.systemCtx());
  const after = await published(first);
  expect(after).not.toBe(before);
  await expect.poll(() => published(second), { interval: 2, timeout: 2000 }).toBe(after);
  const { body } = await postTo(second, { grant_type: "client_credentials" });
  expect((await first.api("/organizations", { token: body.access_token ?? "" })).status).toBe(200);
});
