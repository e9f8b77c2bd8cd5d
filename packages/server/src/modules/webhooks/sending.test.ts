/** Who waits for whom when much is due at once. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { type Receiver, startReceiver } from "../../testing/receiver.ts";
import { startSending } from "./sending.ts";

let app: TestApp;
let receiver: Receiver;
let stop: () => Promise<void>;

beforeAll(async () => {
  receiver = await startReceiver();
  app = await startTestApp({
    GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1",
    GATEHOUSE_WEBHOOK_TIMEOUT_SECONDS: "60",
  });
  stop = startSending(app.app, app.systemCtx, { lookEveryMs: 20, stopWithinMs: 0 });
});
afterAll(async () => {
  await stop();
  receiver.stop();
  await app.stop();
});

const createEndpoint = (path: string) =>
  app.api("/webhooks/endpoints", {
    body: { url: receiver.url + path, event_types: ["organization.created"] },
  });

test("however many endpoints never answer, one that does is not held up by them", async () => {
  receiver.answer = (response, { path }) => void (path === "/prompt" && response.end());
  const silent = Array.from({ length: 12 }, (_, at) => `/silent/${at}`);
  for (const path of silent) await createEndpoint(path);
  const create = () => app.api("/organizations", { body: { display_name: "Acme" } });
  await Promise.all(Array.from({ length: 40 }, create));
  const tried = () => silent.reduce((sum, path) => sum + receiver.at(path).length, 0);
  // Each has a fourth of what they leave of 192: 12 at once.
  await expect.poll(tried, { timeout: 30_000, interval: 20 }).toBeGreaterThanOrEqual(12 * 12);
  await createEndpoint("/prompt");
  await create();
  await expect.poll(() => receiver.at("/prompt").length, { timeout: 20_000, interval: 20 }).toBe(1);
}, 60_000);
