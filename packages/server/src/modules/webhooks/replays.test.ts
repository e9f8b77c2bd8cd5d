/** Sending again, sending examples, and two processes that send side by side. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeExpired } from "../../jobs/expire.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { type Receiver, startReceiver } from "../../testing/receiver.ts";
import { examples } from "./examples.ts";
import { startSending } from "./sending.ts";

let app: TestApp;
let receiver: Receiver;
let stop: () => Promise<void>;
let made = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  app = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1" });
  stop = startSending(app.app, app.systemCtx, { lookEveryMs: 20 });
});
afterAll(async () => {
  await stop();
  receiver.stop();
  await app.stop();
});

async function createEndpoint(event_types = ["organization.created"]) {
  const path = `/hook/${++made}`;
  const { body } = await app.api("/webhooks/endpoints", { body: { url: receiver.url + path, event_types } });
  return { id: body.endpoint.id as string, path };
}

const createOrganization = (display_name: string) => app.api("/organizations", { body: { display_name } });

const deliveries = async (query: string) => (await app.api(`/webhooks/deliveries?${query}`)).body;

async function statuses(endpoint: { id: string }): Promise<string[]> {
  const { deliveries: rows } = await deliveries(`endpoint_id=${endpoint.id}&page_size=100`);
  return rows.map((row: { status: string }) => row.status);
}

const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 30_000, interval: 10 });

const names = (path: string) => receiver.at(path).map(({ body }) => JSON.parse(body).data.display_name);

describe("a delivery that is replayed", () => {
  test("is sent once more, under its id, with a new signature", async () => {
    const endpoint = await createEndpoint();
    await createOrganization("Again");
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS"]);
    app.advance(60);
    const [{ id }] = (await deliveries(`endpoint_id=${endpoint.id}`)).deliveries;
    const { body } = await app.api(`/webhooks/deliveries/${id}:replay`, { method: "POST" });
    expect(body.delivery).toMatchObject({ id, status: "QUEUED" });
    await eventually(() => receiver.at(endpoint.path).length).toBe(2);
    const [first, second] = receiver.at(endpoint.path);
    expect(second?.body).toBe(first?.body);
    expect(second?.headers["webhook-id"]).toBe(first?.headers["webhook-id"]);
    expect(second?.headers["webhook-signature"]).not.toBe(first?.headers["webhook-signature"]);
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS"]);
  });

  test("and fails is not tried on", async () => {
    const endpoint = await createEndpoint();
    await createOrganization("Once");
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS"]);
    receiver.answer = (response) => void response.writeHead(500).end();
    const [{ id }] = (await deliveries(`endpoint_id=${endpoint.id}`)).deliveries;
    await app.api(`/webhooks/deliveries/${id}:replay`, { method: "POST" });
    await eventually(() => statuses(endpoint)).toEqual(["FAILED"]);
    receiver.answer = (response) => void response.end();
    expect(receiver.at(endpoint.path)).toHaveLength(2);
  });

  test("needs an endpoint that is on", async () => {
    const endpoint = await createEndpoint();
    await createOrganization("Off");
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS"]);
    await app.api(`/webhooks/endpoints/${endpoint.id}`, { method: "PATCH", body: { enabled: false } });
    const [{ id }] = (await deliveries(`endpoint_id=${endpoint.id}`)).deliveries;
    const answer = await app.api(`/webhooks/deliveries/${id}:replay`, { method: "POST" });
    expect(answer).toMatchObject({
      status: 400,
      body: { details: [{ error_code: "WEBHOOK_ENDPOINT_DISABLED" }] },
    });
    const test = await app.api(`/webhooks/endpoints/${endpoint.id}:test`, {
      body: { event_type: "user.login" },
    });
    expect(test.status).toBe(400);
    expect(
      (await app.api("/webhooks/deliveries/dlv_100000000000000001:replay", { method: "POST" })).status,
    ).toBe(404);
  });
});

describe("a span of time that is replayed", () => {
  const replay = (endpoint: { id: string }, body: object) =>
    app.api(`/webhooks/endpoints/${endpoint.id}:replay`, { body });
  const finished = async (id: string) => (await app.api(`/webhooks/replays/${id}`)).body.replay;

  test("sends the failed ones again, or all, and nothing from outside of it", async () => {
    const endpoint = await createEndpoint();
    await createOrganization("Before");
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS"]);
    app.advance(60);
    const start_time = new Date(app.app.now()).toISOString();
    receiver.answer = (response) => void response.writeHead(410).end();
    await createOrganization("Lost");
    await eventually(() => statuses(endpoint)).toEqual(["FAILED", "SUCCESS"]);
    receiver.answer = (response) => void response.end();
    await app.api(`/webhooks/endpoints/${endpoint.id}`, { method: "PATCH", body: { enabled: true } });
    await createOrganization("Good");
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS", "FAILED", "SUCCESS"]);
    const end_time = new Date(app.app.now()).toISOString();
    app.advance(60);
    await createOrganization("After");
    await eventually(() => names(endpoint.path)).toEqual(["Before", "Lost", "Good", "After"]);

    const failed = await replay(endpoint, { start_time, end_time });
    expect(failed.body.replay).toMatchObject({ endpoint_id: endpoint.id, include_successful: false });
    await eventually(() => names(endpoint.path).slice(4)).toEqual(["Lost"]);
    await eventually(() => finished(failed.body.replay.id)).toMatchObject({
      replayed_count: 1,
      finish_time: expect.any(String),
    });
    await eventually(() => statuses(endpoint)).toEqual(Array(4).fill("SUCCESS"));

    const all = await replay(endpoint, { start_time, end_time, include_successful: true });
    await eventually(() => names(endpoint.path).slice(5).sort()).toEqual(["Good", "Lost"]);
    await eventually(() => finished(all.body.replay.id)).toMatchObject({ replayed_count: 2 });
  });

  test("runs once at a time", async () => {
    const endpoint = await createEndpoint();
    const start_time = new Date(app.app.now().getTime() - 1000).toISOString();
    const answers = await Promise.all(Array.from({ length: 5 }, () => replay(endpoint, { start_time })));
    const codes = answers
      .filter(({ status }) => status !== 200)
      .map(({ body }) => body.details[0].error_code);
    expect(new Set(codes)).toEqual(new Set(codes.length > 0 ? ["WEBHOOK_REPLAY_RUNNING"] : []));
    const first = answers.find(({ status }) => status === 200);
    await eventually(() => finished(first?.body.replay.id)).toHaveProperty("finish_time");
  });

  test.each([
    ["without a beginning", {}],
    ["that ends before it begins", { start_time: "2026-01-02T00:00:00Z", end_time: "2026-01-01T00:00:00Z" }],
    ["of more than 30 days", { start_time: "2026-01-01T00:00:00Z", end_time: "2026-02-01T00:00:00Z" }],
  ])("is refused %s", async (_what, body) => {
    expect((await replay(await createEndpoint(), body)).status).toBe(400);
  });
});

describe("a test", () => {
  test("sends an example to one endpoint, whatever it asks for, and leaves no event behind", async () => {
    const endpoint = await createEndpoint(["role.created"]);
    const { body } = await app.api(`/webhooks/endpoints/${endpoint.id}:test`, {
      body: { event_type: "user.login" },
    });
    expect(body.delivery).toMatchObject({
      endpoint_id: endpoint.id,
      is_test: true,
      event_type: "user.login",
    });
    await eventually(() => receiver.at(endpoint.path).length).toBe(1);
    const [request] = receiver.at(endpoint.path);
    expect(request?.body).toBe(body.delivery.body);
    expect(JSON.parse(request?.body ?? "")).toMatchObject({
      type: "user.login",
      data: examples["user.login"],
    });
    const log = await app.api("/events", { body: { event_types: ["user.login"] } });
    expect(log.body.events).toEqual([]);
  });

  test("by the published method reaches every endpoint that asks for such events", async () => {
    const wanting = await createEndpoint(["organization.directory.*"]);
    const other = await createEndpoint(["user.*"]);
    const type = "organization.directory.user_created";
    const { body } = await app.api(`/webhooks/test-event/${type}`, { method: "POST" });
    expect(body).toEqual({ event_type: type, event_payload: examples[type] });
    await eventually(() => receiver.at(wanting.path).length).toBe(1);
    expect(receiver.at(other.path)).toEqual([]);
    expect((await app.api("/webhooks/test-event/nothing", { method: "POST" })).status).toBe(400);
  });
});

describe("the log of deliveries", () => {
  test("narrows by each filter and by all of them", async () => {
    const endpoint = await createEndpoint(["organization.*"]);
    const { id } = (await createOrganization("Filtered")).body.organization;
    await app.api(`/organizations/${id}`, { method: "PATCH", body: { display_name: "Changed" } });
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS", "SUCCESS"]);
    const count = async (query: string) =>
      (await deliveries(`endpoint_id=${endpoint.id}&${query}`)).total_size;
    expect(await count("event_type=organization.created")).toBe(1);
    expect(await count("status=SUCCESS")).toBe(2);
    expect(await count("status=FAILED")).toBe(0);
    expect(await count(`organization_id=${id}`)).toBe(2);
    expect(await count("start_time=9999-01-01T00:00:00Z")).toBe(0);
    expect(await count("end_time=2001-01-01T00:00:00Z")).toBe(0);
    const [{ event_id }] = (await deliveries(`endpoint_id=${endpoint.id}`)).deliveries;
    expect(await count(`event_id=${event_id}&event_type=organization.updated&status=SUCCESS`)).toBe(1);
    const first = await deliveries(`endpoint_id=${endpoint.id}&page_size=1`);
    const second = await deliveries(
      `endpoint_id=${endpoint.id}&page_size=1&page_token=${first.next_page_token}`,
    );
    expect(second.deliveries[0].event_type).toBe("organization.created");
    expect((await app.api("/webhooks/deliveries?page_token=garbage")).status).toBe(400);
    expect((await app.api("/webhooks/deliveries?status=LOST")).status).toBe(400);
  });

  test("ends after 30 days, with its attempts", async () => {
    const endpoint = await createEndpoint();
    await createOrganization("Old");
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS"]);
    app.advance(30 * 86_400 + 1);
    await createOrganization("Young");
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS", "SUCCESS"]);
    await removeExpired(app.app);
    expect(await statuses(endpoint)).toEqual(["SUCCESS"]);
    const limit = new Date(app.app.now().getTime() - 30 * 86_400_000);
    const left = app.app.db.selectFrom("webhook_attempts").select("started_at");
    expect((await left.execute()).filter((row) => row.started_at < limit)).toEqual([]);
  });
});

describe("two processes", () => {
  test("share what is due, and neither sends what the other one does", async () => {
    const second = await startTestApp({
      DATABASE_URL: app.databaseUrl,
      GATEHOUSE_DATA: app.app.config.dataDir,
      GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1",
    });
    const endpoint = await createEndpoint(["role.created"]);
    const stops = [second, app].map((one) => startSending(one.app, one.systemCtx, { lookEveryMs: 20 }));
    try {
      receiver.answer = (response) => void setTimeout(() => response.end(), 20);
      const ctx = app.systemCtx();
      const announced = { name: "role.created", visibility: "public" } as const;
      await ctx.emitAll(
        announced,
        Array.from({ length: 200 }, (_, at) => ({ display_name: `${at}` })),
      );
      await eventually(() => receiver.at(endpoint.path).length).toBe(200);
      await eventually(
        async () => (await deliveries(`endpoint_id=${endpoint.id}&status=SUCCESS`)).total_size,
      ).toBe(200);
      expect(new Set(names(endpoint.path)).size).toBe(200);
      expect(receiver.at(endpoint.path)).toHaveLength(200);
    } finally {
      receiver.answer = (response) => void response.end();
      await Promise.all(stops.map((one) => one()));
      await second.stop();
    }
  });

  test("what one held when it stopped is sent by the next at once, and counts as no failure", async () => {
    const endpoint = await createEndpoint(["permission.created"]);
    await stop();
    receiver.answer = () => undefined;
    const ended = startSending(app.app, app.systemCtx, { lookEveryMs: 5, stopWithinMs: 50 });
    const ctx = app.systemCtx();
    await ctx.emit({ name: "permission.created", visibility: "public" }, { display_name: "Held" });
    await eventually(() => receiver.at(endpoint.path).length).toBe(1);
    await ended();
    receiver.answer = (response) => void response.end();
    stop = startSending(app.app, app.systemCtx, { lookEveryMs: 20 });
    await eventually(() => receiver.at(endpoint.path).length).toBe(2);
    await eventually(() => statuses(endpoint)).toEqual(["SUCCESS"]);
    const { body } = await app.api(`/webhooks/endpoints/${endpoint.id}`);
    expect(body.endpoint).not.toHaveProperty("failing_since");
  });
});
