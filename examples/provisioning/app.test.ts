import { createHmac, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ScalekitClient } from "@scalekit-sdk/node";
import { expect, onTestFinished, test } from "vitest";
import { createApp, webhookPath } from "./app.ts";

const key = Buffer.alloc(24, 7);
const secret = `whsec_${key.toString("base64")}`;

async function startExample() {
  const scalekit = new ScalekitClient("http://localhost:9", "skc_1", "secret");
  const server = createServer(createApp({ scalekit, secret }));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    /** Delivers an event as Gatehouse signs it (Standard Webhooks). */
    async deliver(event: object, signingKey = key) {
      const body = JSON.stringify(event);
      const id = `msg_${randomUUID()}`;
      const timestamp = String(Math.floor(Date.now() / 1000));
      const signature = createHmac("sha256", signingKey)
        .update(`${id}.${timestamp}.${body}`)
        .digest("base64");
      const headers = {
        "content-type": "application/json",
        "webhook-id": id,
        "webhook-timestamp": timestamp,
        "webhook-signature": `v1,${signature}`,
      };
      const answer = await fetch(url + webhookPath, { method: "POST", headers, body });
      return { status: answer.status, body: await answer.json() };
    },
    accounts: async () =>
      (await (await fetch(`${url}/accounts`)).json()) as { email: string; isActive: boolean }[],
  };
}

function event(kind: string, second: number, data: object = {}) {
  const at = new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
  const person = { id: "diruser_1", organization_id: "org_1", email: "ada@acme.test", name: "Ada King" };
  return { type: `organization.directory.user_${kind}`, occurred_at: at, data: { ...person, ...data } };
}

test("a person who arrives in a directory gets an account, and loses access when they leave", async () => {
  const example = await startExample();
  expect(await example.deliver(event("created", 1, { active: true }))).toEqual({
    status: 201,
    body: { account: "created" },
  });
  expect(await example.accounts()).toMatchObject([
    { email: "ada@acme.test", name: "Ada King", isActive: true },
  ]);
  expect((await example.deliver(event("deleted", 2))).body).toEqual({ account: "deactivated" });
  expect(await example.accounts()).toMatchObject([{ email: "ada@acme.test", isActive: false }]);
});

test("an event that arrives late changes nothing, and one that arrives twice nothing more", async () => {
  const example = await startExample();
  await example.deliver(event("created", 1));
  await example.deliver(event("deleted", 3));
  await example.deliver(event("deleted", 3));
  expect((await example.deliver(event("updated", 2, { active: true }))).body).toEqual({ account: "ignored" });
  expect(await example.accounts()).toMatchObject([{ isActive: false }]);
});

test("what was not signed with the secret is refused and changes nothing", async () => {
  const example = await startExample();
  expect(await example.deliver(event("created", 1), Buffer.alloc(24, 8))).toEqual({
    status: 400,
    body: { error: "Invalid signature" },
  });
  expect(await example.accounts()).toEqual([]);
});

test("the page shows what a directory says as text, never as markup", async () => {
  const example = await startExample();
  await example.deliver(event("created", 1, { name: "<script>alert(1)</script>" }));
  const page = await (await fetch(example.url)).text();
  expect(page).toContain("&#60;script&#62;");
  expect(page).not.toContain("<script>");
});
