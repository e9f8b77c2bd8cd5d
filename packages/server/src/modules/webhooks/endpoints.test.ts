/** Endpoints over the API: what may be set, what is refused, secrets and their change, and who reaches them. */
import { WebhookService } from "@gatehouse/contract/gatehouse/v1/webhooks/webhooks_pb";
import { ScalekitClient } from "@scalekit-sdk/node";
import { Webhook as StandardWebhook } from "standardwebhooks";
import { Webhook as SvixWebhook } from "svix";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { removeExpired } from "../../jobs/expire.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, rpc } from "../../testing/callers.ts";
import { type Received, type Receiver, startReceiver } from "../../testing/receiver.ts";
import * as endpoints from "./endpoints.ts";
import { startSending } from "./sending.ts";

let app: TestApp;
let receiver: Receiver;
let stop: () => Promise<void>;

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

const create = (endpoint: object) =>
  app.api("/webhooks/endpoints", { body: { url: "https://hooks.example.com/in", ...endpoint } });
const call = (method: string, path: string, body?: object) =>
  app.api(`/webhooks/endpoints/${path}`, { method, ...(body && { body }) });

async function delivered(path: string, count: number): Promise<Received> {
  await expect.poll(() => receiver.at(path).length, { timeout: 30_000, interval: 5 }).toBe(count);
  const last = receiver.at(path).at(-1);
  if (!last) throw new Error("nothing came");
  return last;
}

describe("an endpoint", () => {
  test("is made with a secret that is shown this once", async () => {
    const { status, body } = await create({
      description: "Billing",
      event_types: ["user.*", "role.created"],
    });
    expect(status).toBe(200);
    expect(body.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    expect(body.endpoint).toMatchObject({
      id: expect.stringMatching(/^whep_\d{18}$/),
      url: "https://hooks.example.com/in",
      description: "Billing",
      event_types: ["user.*", "role.created"],
      enabled: true,
      disabled_reason: "WEBHOOK_DISABLED_REASON_UNSPECIFIED",
      organization_id: "",
      secrets: [{ suffix: body.secret.slice(-4), create_time: expect.any(String) }],
    });
    const got = await call("GET", body.endpoint.id);
    expect(got.body).toEqual({ endpoint: body.endpoint });
    const stored = await app.app.db.selectFrom("webhook_secrets").selectAll().execute();
    expect(JSON.stringify(stored)).not.toContain(body.secret.slice(6));
  });

  test.each([
    ["no URL", { url: "hooks" }, "WEBHOOK_URL_REFUSED"],
    ["another scheme", { url: "ftp://hooks.example.com" }, "WEBHOOK_URL_REFUSED"],
    ["a password", { url: "https://me:secret@hooks.example.com" }, "WEBHOOK_URL_REFUSED"],
    ["a fragment", { url: "https://hooks.example.com/#here" }, "WEBHOOK_URL_REFUSED"],
    ["a private address", { url: "https://10.0.0.1/hook" }, "WEBHOOK_URL_REFUSED"],
    ["the metadata address", { url: "https://169.254.169.254/" }, "WEBHOOK_URL_REFUSED"],
    ["loopback in disguise", { url: "https://[::ffff:7f00:2]/" }, "WEBHOOK_URL_REFUSED"],
    ["an event that there is not", { event_types: ["user.logged_in"] }, "WEBHOOK_EVENT_TYPE_UNKNOWN"],
    ["a wildcard that fits nothing", { event_types: ["users.*"] }, "WEBHOOK_EVENT_TYPE_UNKNOWN"],
    ["half a word", { event_types: ["organ*"] }, "WEBHOOK_EVENT_TYPE_UNKNOWN"],
    ["an expression", { event_types: ["gatehouse.(a+)+$"] }, "WEBHOOK_EVENT_TYPE_UNKNOWN"],
    ["an id of another kind", { organization_id: "usr_100000000000000001" }, "INVALID_ARGUMENT"],
    ["an event twice", { event_types: ["role.created", "role.created"] }, "INVALID_ARGUMENT"],
    ["an empty address", { url: "" }, "INVALID_ARGUMENT"],
    ["a long description", { description: "x".repeat(257) }, "INVALID_ARGUMENT"],
  ])("is refused with %s", async (_what, endpoint, code) => {
    const { status, body } = await create(endpoint);
    expect({ status, code: body.details[0].error_code }).toEqual({ status: 400, code });
  });

  test.each([
    ["https://hooks.example.com:99999/", '"https://hooks.example.com:99999/" is not a URL'],
    ["https://hooks.example.com/#a", '"https://hooks.example.com/#a" has a fragment, which is never sent'],
    ["javascript:alert(1)", "The URL starts with javascript: it must start with https://."],
  ])("is refused with %s, and told what is wrong with it", async (url, message) => {
    expect((await create({ url })).body.message).toBe(message);
  });

  test("may name events as published guides did before 2025", async () => {
    const path = "/former-names";
    const url = receiver.url + path;
    const { endpoint } = (await create({ url, event_types: ["scalekit.dir.user.*"] })).body;
    expect(endpoint.event_types).toEqual(["scalekit.dir.user.*"]);
    await app.api("/webhooks/test-event/organization.directory.group_created", { method: "POST" });
    await app.api("/webhooks/test-event/organization.directory.user_created", { method: "POST" });
    const { body } = await delivered(path, 1);
    expect(JSON.parse(body).type).toBe("organization.directory.user_created");
  });

  test("is refused with plain http, unless its host is one that the operator allows", async () => {
    const ctx = app.systemCtx();
    const allowing = (outboundAllow: string[]) =>
      Object.assign(ctx, { app: { ...app.app, config: { ...app.app.config, outboundAllow } } });
    const input = { description: "", eventTypes: [], organizationId: undefined, enabled: true };
    const url = "http://hooks.example.com/";
    await expect(endpoints.create(allowing([]), { ...input, url })).rejects.toMatchObject({
      code: "WEBHOOK_URL_REFUSED",
      message: expect.stringContaining("must start with https"),
    });
    const { endpoint } = await endpoints.create(allowing(["hooks.example.com"]), { ...input, url });
    expect(endpoint.url).toBe(url);
  });

  test("is refused for an organization that there is not", async () => {
    expect((await create({ organization_id: "org_100000000000000001" })).status).toBe(404);
  });

  test("changes field by field", async () => {
    const { id } = (await create({ event_types: ["user.*"] })).body.endpoint;
    const patch = { url: "https://other.example.com/", description: "New", event_types: ["*"] };
    expect((await call("PATCH", id, patch)).body.endpoint).toMatchObject({ ...patch, enabled: true });
    expect((await call("PATCH", id, {})).body.endpoint).toMatchObject(patch);
    expect((await call("PATCH", id, { url: "https://10.0.0.1" })).status).toBe(400);
    expect((await call("PATCH", id, { enabled: false })).body.endpoint).toMatchObject({
      enabled: false,
      disabled_reason: "REQUESTED",
    });
  });

  test("is gone once it is deleted, with what was sent to it", async () => {
    const { id } = (await create({ url: `${receiver.url}/gone` })).body.endpoint;
    const sent = await call("POST", `${id}:test`, { event_type: "user.login" });
    await delivered("/gone", 1);
    expect((await call("DELETE", id)).status).toBe(200);
    for (const [method, path] of [
      ["GET", id],
      ["DELETE", id],
      ["POST", `${id}:rotate_secret`],
    ] as const)
      expect((await call(method, path)).status).toBe(404);
    expect((await app.api(`/webhooks/deliveries/${sent.body.delivery.id}`)).status).toBe(404);
    expect((await app.api(`/webhooks/deliveries?endpoint_id=${id}`)).body).toMatchObject({ deliveries: [] });
    await removeExpired(app.app);
    const left = () =>
      app.app.db.selectFrom("webhook_deliveries").select("id").where("endpoint_id", "=", id).execute();
    expect(await left()).toEqual([]);
  });

  test("of a deleted organization stays as long as what was sent to it", async () => {
    const late = await startTestApp({ GATEHOUSE_OUTBOUND_ALLOW: "127.0.0.1" });
    const { organization } = (await late.api("/organizations", { body: { display_name: "Gone" } })).body;
    const make = async (more: object) =>
      (await late.api("/webhooks/endpoints", { body: { url: `${receiver.url}/late`, ...more } })).body
        .endpoint.id;
    const [own, everybody] = [await make({ organization_id: organization.id }), await make({})];
    await late.api(`/organizations/${organization.id}`, { method: "DELETE" });
    const statuses = async () => {
      await removeExpired(late.app);
      const answers = [own, everybody].map((id) => late.api(`/webhooks/endpoints/${id}`));
      return (await Promise.all(answers)).map(({ status }) => status);
    };
    expect(await statuses()).toEqual([200, 200]);
    late.advance(30 * 86_400 + 1);
    expect(await statuses()).toEqual([404, 200]);
    await late.stop();
  });

  test("is listed with the others of its environment, newest first, in pages", async () => {
    const other = await createEnvironment(app);
    expect((await other.api("/webhooks/endpoints")).body).toMatchObject({ endpoints: [], total_size: 0 });
    const first = await app.api("/webhooks/endpoints?page_size=1");
    const second = await app.api(`/webhooks/endpoints?page_size=1&page_token=${first.body.next_page_token}`);
    expect(first.body.endpoints[0].id > second.body.endpoints[0].id).toBe(true);
    expect(first.body.total_size).toBeGreaterThan(1);
    const client = rpc(app, WebhookService);
    const { endpoints } = await client.listWebhookEndpoints({ pageSize: 1 });
    expect(endpoints[0]?.id).toBe(first.body.endpoints[0].id);
  });

  test("of another environment is neither seen nor used nor told anything", async () => {
    const { id } = (await create({ url: `${receiver.url}/ours`, event_types: ["organization.*"] })).body
      .endpoint;
    const other = await createEnvironmentOnce();
    for (const [method, path, body] of [
      ["GET", id],
      ["PATCH", id, { url: `${receiver.url}/theirs` }],
      ["POST", `${id}:test`, { event_type: "user.login" }],
      ["POST", `${id}:replay`, { start_time: "2020-01-01T00:00:00Z", end_time: "2020-01-02T00:00:00Z" }],
    ] as const)
      expect((await other.api(`/webhooks/endpoints/${path}`, { method, body })).status).toBe(404);
    await other.api("/organizations", { body: { display_name: "Theirs" } });
    const ours = (await app.api("/organizations", { body: { display_name: "Ours" } })).body.organization.id;
    const bound = { url: "https://hooks.example.com", organization_id: ours };
    expect((await other.api("/webhooks/endpoints", { body: bound })).status).toBe(404);
    for (const filter of [`endpoint_id=${id}`, `organization_id=${ours}`])
      expect((await other.api(`/webhooks/deliveries?${filter}`)).body).toMatchObject({ deliveries: [] });
    expect(JSON.parse((await delivered("/ours", 1)).body)).toMatchObject({ data: { display_name: "Ours" } });
    await call("DELETE", id);
  });

  let environment: ReturnType<typeof createEnvironment> | undefined;
  function createEnvironmentOnce() {
    environment ??= startTestEnvironment();
    return environment;
  }
  /** The second name of the listener is taken by the first test that needs one. */
  async function startTestEnvironment() {
    await app.app.db.deleteFrom("environments").where("id", "!=", app.environmentId).execute();
    return createEnvironment(app);
  }

  test("is one of fifty at most", async () => {
    const { total_size } = (await app.api("/webhooks/endpoints")).body;
    await Promise.all(
      Array.from({ length: 50 - total_size }, () => create({ event_types: ["role.created"] })),
    );
    const { status, body } = await create({});
    expect({ status, code: body.details[0].error_code }).toEqual({
      status: 400,
      code: "WEBHOOK_ENDPOINT_LIMIT",
    });
    for (const { id } of (await app.api("/webhooks/endpoints?page_size=100")).body.endpoints)
      await call("DELETE", id);
  });
});

describe("a signature", () => {
  /** Throws when it does not fit. */
  const verifiers: [string, (secret: string, { body, headers }: Received) => unknown][] = [
    [
      "the official SDK",
      (secret, { body, headers }) =>
        new ScalekitClient(app.url, app.clientId, app.clientSecret).verifyWebhookPayload(
          secret,
          headers as Record<string, string>,
          body,
        ),
    ],
    [
      "standardwebhooks",
      (secret, { body, headers }) =>
        new StandardWebhook(secret).verify(body, headers as Record<string, string>),
    ],
    [
      "svix",
      (secret, { body, headers }) => new SvixWebhook(secret).verify(body, headers as Record<string, string>),
    ],
  ];

  test.each(verifiers)("is taken by %s, for the bytes and for what they parse to", async (_name, verify) => {
    const { body } = await create({ url: `${receiver.url}/signed`, event_types: ["organization.created"] });
    const before = receiver.at("/signed").length;
    await app.api("/organizations", {
      body: { display_name: "Zoë & <Söhne> 💶", metadata: { 1000: "b", 999: "a" } },
    });
    const request = await delivered("/signed", before + 1);
    expect(verify(body.secret, request)).toBeTruthy();
    expect(verify(body.secret, { ...request, body: JSON.stringify(JSON.parse(request.body)) })).toBeTruthy();
    expect(() => verify(body.secret, { ...request, body: request.body.replace("Zoë", "Eve") })).toThrow();
    await call("DELETE", body.endpoint.id);
  });

  test.each(verifiers)("is taken by %s with both secrets for a day after a change", async (_name, verify) => {
    const { body } = await create({ url: `${receiver.url}/rotated`, event_types: ["organization.created"] });
    const former = body.secret;
    const rotated = await call("POST", `${body.endpoint.id}:rotate_secret`);
    const { secret, endpoint } = rotated.body;
    expect(secret).not.toBe(former);
    expect(endpoint.secrets).toEqual([
      { suffix: secret.slice(-4), create_time: expect.any(String) },
      { suffix: former.slice(-4), create_time: expect.any(String), expire_time: expect.any(String) },
    ]);
    const before = receiver.at("/rotated").length;
    await app.api("/organizations", { body: { display_name: "Both" } });
    const request = await delivered("/rotated", before + 1);
    expect(String(request.headers["webhook-signature"]).split(" ")).toHaveLength(2);
    expect(verify(secret, request)).toBeTruthy();
    expect(verify(former, request)).toBeTruthy();
    await call("DELETE", body.endpoint.id);
  });

  test("of a former secret is made no longer after a day", async () => {
    const { body } = await create({ url: `${receiver.url}/later`, event_types: ["organization.created"] });
    await call("POST", `${body.endpoint.id}:rotate_secret`);
    app.advance(24 * 3600 + 1);
    await app.api("/organizations", { body: { display_name: "Later" } });
    const request = await delivered("/later", 1);
    expect(String(request.headers["webhook-signature"]).split(" ")).toHaveLength(1);
    await removeExpired(app.app);
    expect((await call("GET", body.endpoint.id)).body.endpoint.secrets).toHaveLength(1);
    const kept = await app.app.db
      .selectFrom("webhook_secrets")
      .select("id")
      .where("endpoint_id", "=", body.endpoint.id)
      .execute();
    expect(kept).toHaveLength(1);
  });
});
