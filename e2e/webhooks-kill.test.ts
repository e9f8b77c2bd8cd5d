/** A server that is killed while it sends webhooks: its successor sends whatever was not answered, and nothing is lost. */
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { freePort, startTestApp, type TestApp } from "../packages/server/src/testing/app.ts";
import { type Receiver, startReceiver } from "../packages/server/src/testing/receiver.ts";
import { type ServerProcess, startProcess } from "./server-process.ts";

const events = 1_000;
const type = { name: "role.created", visibility: "public" } as const;

/** Sends nothing itself: it makes the endpoint and the events, and looks at the rows. */
let app: TestApp;
let receiver: Receiver;
const processes: ServerProcess[] = [];

beforeAll(async () => {
  receiver = await startReceiver();
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1" });
});
afterEach(async () => {
  for (const process of processes) process.signal("SIGTERM");
  await Promise.all(processes.splice(0).map((process) => process.ended));
});
afterAll(async () => {
  receiver.stop();
  await app.stop();
});

/** A process of the real entry, reached at its own port, where it answers for the environment of `app`. */
async function startServer(): Promise<ServerProcess & { origin: string }> {
  const port = String(await freePort());
  const server = startProcess({
    PORT: port,
    GATEHOUSE_URL: app.url,
    GATEHOUSE_DATA: app.app.config.dataDir,
    DATABASE_URL: app.databaseUrl,
    GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1",
    GATEHOUSE_WEBHOOK_TIMEOUT_SECONDS: "2",
    LOG_LEVEL: "info",
  });
  processes.push(server);
  await server.says("Gatehouse is ready at");
  return { ...server, origin: `http://localhost:${port}` };
}

const received = () => new Set(receiver.received.map(({ headers }) => headers["webhook-id"]));

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await pause(5);
}

test("kill -9 in the middle of 1,000 deliveries loses none of them", async () => {
  await app.api("/webhooks/endpoints", { body: { url: receiver.url, event_types: [type.name] } });
  receiver.answer = (response) => void setTimeout(() => response.end(), 10);
  const first = await startServer();
  const payloads = Array.from({ length: events }, (_, number) => ({ number }));
  await app.systemCtx().emitAll(type, payloads);
  await until(() => received().size >= 300);
  first.signal("SIGKILL");
  expect(await first.ended).toEqual({ code: null, signal: "SIGKILL" });
  expect(received().size).toBeLessThan(events);

  await startServer();
  await until(() => received().size === events);
  const numbers = receiver.received.map(({ body }) => JSON.parse(body).data.number);
  expect(new Set(numbers)).toEqual(new Set(payloads.map(({ number }) => number)));
  await until(async () => (await unsettled()) === 0);
  const attempts = await app.app.db.selectFrom("webhook_attempts").select("error").execute();
  // A busy machine may be slower than the time-out; such an attempt is made again by the rules.
  const late = attempts.filter(({ error }) => error !== "").length;
  // Beyond those, twice came only what was not yet written down, which is bounded.
  expect(receiver.received.length - events - late).toBeLessThanOrEqual(256);
});

async function unsettled(): Promise<number> {
  const rows = await app.app.db
    .selectFrom("webhook_deliveries")
    .select("id")
    .where("status", "<>", "success")
    .execute();
  return rows.length;
}

test("kill -9 right after answers to changes loses no event of them", async () => {
  receiver.answer = (response) => void response.end();
  const url = `${receiver.url}/changes`;
  await app.api("/webhooks/endpoints", { body: { url, event_types: ["organization.created"] } });
  const server = await startServer();
  const headers = { authorization: `Bearer ${await app.token()}`, "content-type": "application/json" };
  const names = Array.from({ length: 40 }, (_, number) => `Change ${number}`);
  const answers = await Promise.all(
    names.map((display_name) => {
      const body = JSON.stringify({ display_name });
      return fetch(`${server.origin}/api/v1/organizations`, { method: "POST", headers, body });
    }),
  );
  server.signal("SIGKILL");
  expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
  await server.ended;
  await startServer();
  const told = () => receiver.at("/changes").map((one) => JSON.parse(one.body).data.display_name);
  await until(() => new Set(told()).size === names.length);
  expect([...new Set(told())].sort()).toEqual(names.sort());
});
