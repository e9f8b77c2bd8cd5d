/** From an event to its receiver: what is sent, when it is sent again, and when an endpoint is given up. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { freePort, startTestApp, type TestApp } from "../../testing/app.ts";
import { type Receiver, startReceiver } from "../../testing/receiver.ts";
import { startSending } from "./sending.ts";
import { announce } from "./subscriptions.ts";

let app: TestApp;
let receiver: Receiver;
let stop: () => Promise<void>;
let made = 0;

beforeAll(async () => {
  receiver = await startReceiver();
  app = await startTestApp({
    GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1",
    GATEHOUSE_WEBHOOK_TIMEOUT_SECONDS: "3",
  });
  stop = startSending(app.app, app.systemCtx, { lookEveryMs: 20 });
});
afterEach(async () => {
  receiver.answer = (response) => void response.end("ok");
  for (const { id } of (await app.api("/webhooks/endpoints?page_size=100")).body.endpoints)
    await app.api(`/webhooks/endpoints/${id}`, { method: "DELETE" });
});
afterAll(async () => {
  await stop();
  receiver.stop();
  await app.stop();
});

interface Endpoint {
  id: string;
  path: string;
  secret: string;
}

async function createEndpoint(event_types: string[] = [], more: object = {}): Promise<Endpoint> {
  const path = `/hook/${++made}`;
  const endpoint = { url: receiver.url + path, event_types, ...more };
  const { body } = await app.api("/webhooks/endpoints", { body: endpoint });
  return { id: body.endpoint.id, path, secret: body.secret };
}

async function createOrganization(display_name = "Acme"): Promise<string> {
  return (await app.api("/organizations", { body: { display_name } })).body.organization.id;
}

async function got(endpoint: Endpoint, count: number) {
  await expect.poll(() => receiver.at(endpoint.path).length, { timeout: 30_000, interval: 5 }).toBe(count);
  return receiver.at(endpoint.path);
}

async function deliveriesOf(endpoint: Endpoint, query = "") {
  return (await app.api(`/webhooks/deliveries?endpoint_id=${endpoint.id}${query}`)).body.deliveries;
}

/** The newest delivery of an endpoint, once it has this status. */
async function settled(endpoint: Endpoint, status: string) {
  const read = async () => (await deliveriesOf(endpoint))[0];
  await expect.poll(async () => (await read())?.status, { timeout: 30_000, interval: 5 }).toBe(status);
  const { id } = await read();
  return (await app.api(`/webhooks/deliveries/${id}`)).body.delivery;
}

const secondsBetween = (from: string, to: string) => Math.round((Date.parse(to) - Date.parse(from)) / 1000);

describe("an event", () => {
  test("reaches the endpoints that want it, in the envelope of the log", async () => {
    const all = await createEndpoint();
    const some = await createEndpoint(["organization.*"]);
    const others = await createEndpoint(["user.*", "organization.domain_created"]);
    const id = await createOrganization("Ünïcode \u2028 </script> \\/");
    const [request] = await got(all, 1);
    const event = JSON.parse(request?.body ?? "");
    expect(Object.keys(event)).toEqual([
      ...["spec_version", "id", "type", "object", "occurred_at", "environment_id", "organization_id"],
      ...["data", "display_name"],
    ]);
    expect(event).toMatchObject({ spec_version: "1", type: "organization.created", organization_id: id });
    expect(event).toMatchObject({ environment_id: app.environmentId, object: "Organization" });
    expect(JSON.stringify(event)).toBe(request?.body);
    const { body } = await app.api("/events", { body: { organization_id: id } });
    expect(event).toEqual(body.events[0]);
    await got(some, 1);
    expect(receiver.at(others.path)).toEqual([]);
  });

  test("is sent with the headers of Standard Webhooks and no others of ours", async () => {
    const endpoint = await createEndpoint();
    await createOrganization();
    const [request] = await got(endpoint, 1);
    const { headers = {} } = request ?? {};
    expect(headers).toMatchObject({
      "content-type": "application/json",
      "webhook-id": expect.stringMatching(/^dlv_\d{18}$/),
      "webhook-timestamp": expect.stringMatching(/^\d{10}$/),
      "webhook-signature": expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
    expect(Object.keys(headers).filter((name) => /gatehouse|authorization|cookie/.test(name))).toEqual([]);
  });

  test("of an organization reaches what asks for that one alone", async () => {
    const ours = await createOrganization();
    const endpoint = await createEndpoint([], { organization_id: ours });
    await createOrganization("Another");
    await app.api(`/organizations/${ours}`, { method: "PATCH", body: { display_name: "Ours" } });
    const [request] = await got(endpoint, 1);
    expect(JSON.parse(request?.body ?? "")).toMatchObject({ organization_id: ours });
  });

  test("that is rolled back is not sent", async () => {
    const endpoint = await createEndpoint();
    await app.api("/organizations", { body: { display_name: "One", external_id: `once-${made}` } });
    await app.api("/organizations", { body: { display_name: "Two", external_id: `once-${made}` } });
    await createOrganization("Three");
    const names = (await got(endpoint, 2)).map(({ body }) => JSON.parse(body).data.display_name);
    expect(names).toEqual(["One", "Three"]);
  });

  test("goes out in the order in which things happened", async () => {
    const endpoint = await createEndpoint(["organization.created"]);
    const names = Array.from({ length: 15 }, (_, at) => `Number ${at}`);
    await app.api(`/webhooks/endpoints/${endpoint.id}`, { method: "PATCH", body: { description: "x" } });
    for (const name of names) await createOrganization(name);
    const sent = (await got(endpoint, 15)).map(({ body }) => JSON.parse(body).data.display_name);
    expect(sent).toEqual(names);
  });

  test("costs no statement where nobody asks for it", async () => {
    const endpoint = await createEndpoint(["user.*"]);
    await createOrganization();
    const ctx = app.systemCtx();
    const db = new Proxy(ctx.db, {
      get() {
        throw new Error("the database was asked");
      },
    });
    const event = {
      type: "organization.created",
      ids: ["evt_1"],
      organizationId: "org_1",
      occurredAt: ctx.now(),
    };
    await announce(Object.assign(ctx, { db }), event);
    await expect(announce(ctx, { ...event, type: "user.login" })).rejects.toThrow("the database was asked");
    expect(await deliveriesOf(endpoint)).toEqual([]);
  });
});

describe("a delivery", () => {
  test("shows its request and the answer", async () => {
    receiver.answer = (response) => void response.writeHead(201, { "x-seen": "yes" }).end("thanks\0!");
    const endpoint = await createEndpoint();
    await createOrganization();
    const delivery = await settled(endpoint, "SUCCESS");
    const [request] = receiver.at(endpoint.path);
    expect(delivery).toMatchObject({
      id: request?.headers["webhook-id"],
      endpoint_id: endpoint.id,
      event_type: "organization.created",
      attempt_count: 1,
      response_status: 201,
      is_test: false,
      body: request?.body,
    });
    expect(delivery).not.toHaveProperty("next_attempt_time");
    expect(delivery.attempts).toEqual([
      {
        number: 1,
        start_time: expect.any(String),
        duration: expect.stringMatching(/^[\d.]+s$/),
        request_headers: {
          "content-type": "application/json",
          "user-agent": "Gatehouse-Webhooks",
          "webhook-id": delivery.id,
          "webhook-signature": request?.headers["webhook-signature"],
          "webhook-timestamp": request?.headers["webhook-timestamp"],
        },
        response_status: 201,
        response_headers: expect.objectContaining({ "x-seen": "yes" }),
        response_body: "thanks\uFFFD!",
        error: "",
      },
    ]);
  });

  test("is tried again on schedule, under one id, until eight attempts have failed", async () => {
    receiver.answer = (response) => void response.writeHead(500).end("broken");
    const endpoint = await createEndpoint();
    await createOrganization();
    for (const [at, pause] of [5, 300, 1800, 7200, 18_000, 36_000, 36_000].entries()) {
      const written = async () => (await settled(endpoint, "RETRYING")).attempts.length;
      await expect.poll(written, { timeout: 30_000, interval: 5 }).toBe(at + 1);
      const { next_attempt_time, attempts } = await settled(endpoint, "RETRYING");
      const waits = secondsBetween(attempts.at(-1).start_time, next_attempt_time);
      expect(waits / pause).toBeGreaterThanOrEqual(0.8);
      // It counts from the failure, a moment after the start.
      expect(waits / pause).toBeLessThanOrEqual(1.25);
      app.advance(waits + 1);
    }
    const delivery = await settled(endpoint, "FAILED");
    expect(delivery.attempts).toHaveLength(8);
    expect(delivery.attempts[7]).toMatchObject({ number: 8, response_body: "broken", error: "answered 500" });
    const requests = await got(endpoint, 8);
    expect(new Set(requests.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers["webhook-timestamp"])).size).toBe(8);
    const { body } = await app.api(`/webhooks/endpoints/${endpoint.id}`);
    expect(body.endpoint).toMatchObject({ enabled: true, failing_since: delivery.attempts[0].start_time });
  });

  test("is tried again later when the receiver asks for it", async () => {
    receiver.answer = (response) => void response.writeHead(503, { "retry-after": "8" }).end();
    const endpoint = await createEndpoint();
    await createOrganization();
    const { next_attempt_time, attempts } = await settled(endpoint, "RETRYING");
    expect(secondsBetween(attempts[0].start_time, next_attempt_time)).toBe(8);
  });

  test("succeeds at last, and the endpoint counts as well again", async () => {
    receiver.answer = (response) => void response.writeHead(500).end();
    const endpoint = await createEndpoint();
    await createOrganization();
    await settled(endpoint, "RETRYING");
    receiver.answer = (response) => void response.writeHead(204).end();
    app.advance(7);
    const delivery = await settled(endpoint, "SUCCESS");
    expect(delivery.attempts.map((one: { response_status: number }) => one.response_status)).toEqual([
      500, 204,
    ]);
    const failing = async () =>
      (await app.api(`/webhooks/endpoints/${endpoint.id}`)).body.endpoint.failing_since;
    await expect.poll(failing, { timeout: 30_000 }).toBeUndefined();
  });

  test("that waits to be tried again holds no newer one up", async () => {
    receiver.answer = (response, { body }) => {
      const isFirst = JSON.parse(body).data.display_name === "First";
      response.writeHead(isFirst ? 503 : 200).end();
    };
    const endpoint = await createEndpoint();
    await createOrganization("First");
    await settled(endpoint, "RETRYING");
    await createOrganization("Second");
    await got(endpoint, 2);
  });

  test.each<[string, Receiver["answer"], object]>([
    ["is too slow", () => undefined, { response_status: 0, error: /did not answer completely within 3 sec/ }],
    ["resets the connection", (answer) => answer.destroy(), { response_status: 0, error: /broke off/ }],
    [
      "redirects, also to where nobody may go",
      (answer) => answer.writeHead(307, { location: `${receiver.url}/inside` }).end(),
      { response_status: 307, error: /answered 307; redirects are not followed/ },
    ],
  ])("fails when the receiver %s", async (_what, answer, expected) => {
    receiver.answer = answer;
    const endpoint = await createEndpoint();
    await createOrganization();
    const { attempts } = await settled(endpoint, "RETRYING");
    const { error, response_status } = { error: /./, response_status: 0, ...expected };
    expect(attempts[0]).toMatchObject({ response_status, error: expect.stringMatching(error) });
    expect(receiver.at("/inside")).toEqual([]);
  });

  test("fails when nobody is there", async () => {
    const host = `127.0.0.1:${await freePort()}`;
    const endpoint = await createEndpoint([], { url: `http://${host}/hook` });
    await createOrganization();
    const { attempts } = await settled(endpoint, "RETRYING");
    expect(attempts[0]).toMatchObject({ response_status: 0, error: `${host} refused the connection.` });
  });

  test("keeps 20,000 bytes of a long answer, and takes one that breaks off behind its status as a success", async () => {
    receiver.answer = (response) => void response.end("x".repeat(100_000));
    const endpoint = await createEndpoint();
    await createOrganization();
    expect((await settled(endpoint, "SUCCESS")).attempts[0].response_body).toBe("x".repeat(20_000));
    receiver.answer = (response) => {
      response.writeHead(200, { "content-length": "100" }).write("part");
      setTimeout(() => response.destroy(), 50);
    };
    await createOrganization();
    await got(endpoint, 2);
    const both = async () => (await deliveriesOf(endpoint)).map((one: { status: string }) => one.status);
    await expect.poll(both, { timeout: 30_000 }).toEqual(["SUCCESS", "SUCCESS"]);
  });
});

describe("an endpoint", () => {
  test("that answers 410 is switched off at once, and the others are told", async () => {
    receiver.answer = (response, { path }) => void response.writeHead(path === gone.path ? 410 : 200).end();
    const gone = await createEndpoint();
    const witness = await createEndpoint(["gatehouse.*"]);
    await createOrganization();
    const delivery = await settled(gone, "FAILED");
    expect(delivery).toMatchObject({ attempt_count: 1, response_status: 410 });
    const [told] = await got(witness, 1);
    expect(JSON.parse(told?.body ?? "")).toMatchObject({
      type: "gatehouse.webhook.endpoint_disabled",
      data: { id: gone.id, reason: "gone", enabled: false },
    });
    const { body } = await app.api(`/webhooks/endpoints/${gone.id}`);
    expect(body.endpoint).toMatchObject({ enabled: false, disabled_reason: "GONE" });
    expect(app.logged).toContainEqual(expect.objectContaining({ endpointId: gone.id, reason: "gone" }));
    await createOrganization();
    expect(await deliveriesOf(gone)).toHaveLength(1);
  });

  test("that fails for five days is switched off, and a success in between starts the days anew", async () => {
    receiver.answer = (response) => void response.writeHead(500).end();
    const endpoint = await createEndpoint();
    await createOrganization();
    await settled(endpoint, "RETRYING");
    app.advance(119 * 3600);
    await createOrganization();
    await got(endpoint, 3);
    const read = async () => (await app.api(`/webhooks/endpoints/${endpoint.id}`)).body.endpoint;
    expect(await read()).toMatchObject({ enabled: true });
    app.advance(3600);
    await createOrganization();
    await expect
      .poll(read, { timeout: 30_000 })
      .toMatchObject({ enabled: false, disabled_reason: "FAILING" });
    const enabled = await app.api(`/webhooks/endpoints/${endpoint.id}`, {
      method: "PATCH",
      body: { enabled: true },
    });
    expect(enabled.body.endpoint).toMatchObject({ disabled_reason: "WEBHOOK_DISABLED_REASON_UNSPECIFIED" });
    await createOrganization();
    await settled(endpoint, "RETRYING");
    expect(await read()).toMatchObject({ enabled: true });
  });

  test("that recovers after five days stays on, whatever attempts of the same moment say", async () => {
    let asked = 0;
    receiver.answer = (response) => void response.writeHead(500).end();
    const endpoint = await createEndpoint();
    await createOrganization();
    await settled(endpoint, "RETRYING");
    app.advance(121 * 3600);
    const waiting: (() => void)[] = [];
    // The first of three succeeds before the others fail, all begun when the endpoint had failed for five days.
    receiver.answer = (response) => {
      asked += 1;
      if (asked === 1) response.end();
      else waiting.push(() => response.writeHead(500).end());
    };
    await Promise.all([createOrganization("A"), createOrganization("B")]);
    await expect.poll(() => waiting.length, { timeout: 30_000, interval: 5 }).toBe(2);
    const read = async () => (await app.api(`/webhooks/endpoints/${endpoint.id}`)).body.endpoint;
    await expect.poll(async () => (await read()).failing_since, { timeout: 30_000 }).toBeUndefined();
    for (const answer of waiting) answer();
    const statuses = async () => (await deliveriesOf(endpoint)).map((one: { status: string }) => one.status);
    await expect
      .poll(async () => (await statuses()).toSorted(), { timeout: 30_000 })
      .toEqual(["RETRYING", "RETRYING", "SUCCESS"]);
    expect(await read()).toMatchObject({ enabled: true });
  });

  test("that is off gets what was held back once it is on again, and nothing of the time between", async () => {
    receiver.answer = (response) => void response.writeHead(500).end();
    const endpoint = await createEndpoint();
    await createOrganization("Before");
    await settled(endpoint, "RETRYING");
    const set = (enabled: boolean) =>
      app.api(`/webhooks/endpoints/${endpoint.id}`, { method: "PATCH", body: { enabled } });
    expect((await set(false)).body.endpoint).toMatchObject({ disabled_reason: "REQUESTED" });
    await createOrganization("Between");
    receiver.answer = (response) => void response.end();
    app.advance(10);
    await set(true);
    await createOrganization("After");
    const names = (await got(endpoint, 3)).slice(1).map(({ body }) => JSON.parse(body).data.display_name);
    expect(names.sort()).toEqual(["After", "Before"]);
  });
});
