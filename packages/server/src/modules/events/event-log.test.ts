/** The log of events: its filters and pages, who caused what, whose events are seen, and what pages report. */
import { Code } from "@connectrpc/connect";
import { EventsService, ObjectType } from "@gatehouse/contract/scalekit/v1/events/events_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Caller, Ctx } from "../../context.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createEnvironment, rpc, sessionToken } from "../../testing/callers.ts";
import { createSamlTenant, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import * as log from "./event-log.ts";

let app: TestApp;
let acme: SamlTenant;
let globex: SamlTenant;

beforeAll(async () => {
  app = await startTestApp();
  acme = await createSamlTenant(app);
  globex = await createSamlTenant(app);
  await samlSignIn(app, acme);
});
afterAll(async () => app.stop());

interface Sent {
  id: string;
  type: string;
  organization_id?: string;
  data: Record<string, unknown>;
}

const list = async (filter: object, query = "page_size=100") => {
  const { status, body } = await app.api(`/events?${query}`, { body: filter });
  return { status, body, events: (body.events ?? []) as Sent[] };
};

/** The same server as somebody else: callers of these kinds have no tokens yet. */
function as(caller: Caller): Ctx {
  return Object.assign(app.systemCtx(), { caller });
}

describe("an event", () => {
  test("is shown in the envelope of the webhooks", async () => {
    const { events } = await list({ event_types: ["organization.sso_created"] });
    expect(events[0]).toMatchObject({
      spec_version: "1",
      id: expect.stringMatching(/^evt_\d{18}$/),
      type: "organization.sso_created",
      occurred_at: expect.stringMatching(/Z$/),
      environment_id: app.environmentId,
      organization_id: globex.organizationId,
      object: "Connection",
      data: { id: globex.connectionId, organization_id: globex.organizationId },
      display_name: "SSO Connection Created",
    });
  });

  test("keeps who caused it", async () => {
    const { body } = await app.api("/organizations", { body: { display_name: "Caused" } });
    const token = await sessionToken(app, acme, ["organizations_read", "organizations_write"]);
    await app.api(`/organizations/${acme.organizationId}`, {
      method: "PATCH",
      body: { display_name: "By a user" },
      token,
    });
    const rows = await app.app.db.selectFrom("events").selectAll().orderBy("id", "desc").limit(20).execute();
    const created = rows.find((row) => row.organization_id === body.organization.id);
    expect(created).toMatchObject({ actor_kind: "CLIENT", actor_id: app.clientId });
    const updated = rows.find((row) => row.type === "organization.updated");
    expect(updated).toMatchObject({ actor_kind: "SESSION", actor_id: expect.stringMatching(/^usr_/) });
  });
});

describe("the list", () => {
  test("goes newest first, in pages forwards and back, with the count", async () => {
    const all = (await list({})).events.map((event) => event.id);
    expect(all).toEqual([...all].sort().reverse());
    const first = await list({}, "page_size=3");
    expect(first.body).toMatchObject({ total_size: all.length, prev_page_token: "" });
    const second = await list({}, `page_size=3&page_token=${first.body.next_page_token}`);
    expect([...first.events, ...second.events].map((event) => event.id)).toEqual(all.slice(0, 6));
    const back = await list({}, `page_size=3&page_token=${second.body.prev_page_token}`);
    expect(back.events).toEqual(first.events);
  });

  test("is the same without the count, and on gRPC", async () => {
    const { body } = await app.api("/events/paginated?page_size=2", { body: {} });
    expect(body).not.toHaveProperty("total_size");
    const client = rpc(app, EventsService);
    const page = await client.listEventsPaginated({ pageSize: 2 });
    expect(page.events.map((event) => event.id)).toEqual(body.events.map((event: Sent) => event.id));
    expect(page.events[0]?.object).toBeTypeOf("number");
    const next = await client.listEventsPaginated({ pageSize: 2, pageToken: page.nextPageToken });
    expect(next.events).toHaveLength(2);
    expect(next.prevPageToken).not.toBe("");
  });

  test("narrows to types, to an organization and to both", async () => {
    const byType = await list({ event_types: ["user.login", "organization.domain_created"] });
    expect(new Set(byType.events.map((event) => event.type))).toEqual(
      new Set(["user.login", "organization.domain_created"]),
    );
    const ofAcme = await list({ organization_id: acme.organizationId });
    expect(new Set(ofAcme.events.map((event) => event.organization_id))).toEqual(
      new Set([acme.organizationId]),
    );
    expect(ofAcme.body.total_size).toBe(ofAcme.events.length);
    const both = await list({ organization_id: globex.organizationId, event_types: ["user.login"] });
    expect(both.events).toEqual([]);
  });

  test("narrows to a connection, by its own events", async () => {
    const { events } = await list({ connection_id: acme.connectionId });
    expect(events.length).toBeGreaterThan(0);
    for (const event of events) expect(event.data.id).toBe(acme.connectionId);
  });

  test("narrows to a span of time, both ends included", async () => {
    const { events } = await list({ event_types: ["organization.created"] });
    const at = (events[1] as unknown as { occurred_at: string }).occurred_at;
    const only = await list({ event_types: ["organization.created"], start_time: at, end_time: at });
    expect(only.events.map((event) => event.id)).toEqual([events[1]?.id]);
    expect((await list({ start_time: "9999-12-31T23:59:59Z" })).events).toEqual([]);
    expect((await list({ end_time: "0001-01-01T00:00:00Z" })).events).toEqual([]);
  });

  test("narrows to a source, and to what no event has yet", async () => {
    expect((await list({ source: "DIR_SYNC" })).events).toEqual([]);
    expect((await list({ source: "SCALEKIT" })).events.length).toBeGreaterThan(5);
    for (const name of ["auth_request_id", "interceptor_id", "interceptor_status", "connected_account_id"])
      expect((await list({ [name]: "x_1" })).events).toEqual([]);
  });

  test("keeps internal events to ourselves", async () => {
    const ctx = app.systemCtx();
    await ctx.emit({ name: "test.internal", visibility: "internal" }, {});
    expect((await list({ event_types: ["test.internal"] })).events).toEqual([]);
  });

  test.each([
    ["a source that there is not", { source: "MARS" }, ""],
    ["the number of a source that there is not", { source: 9 }, ""],
    ["a moment that is none", { start_time: "yesterday" }, ""],
    ["a year that is none", { start_time: "10000-01-01T00:00:00Z" }, ""],
    ["NUL in a type", { event_types: ["a\0b"] }, ""],
    ["garbage for a token", {}, "page_token=garbage"],
    ["a negative page", {}, "page_size=-1"],
  ])("refuses %s with 400", async (_name, filter, query) => {
    expect((await list(filter, query)).status).toBe(400);
  });

  test("refuses on gRPC an instant that no calendar has", async () => {
    for (const seconds of [253_402_300_800n, -62_135_596_801n, 2n ** 62n]) {
      const asked = rpc(app, EventsService).listEvents({ filter: { startTime: { seconds, nanos: 0 } } });
      await expect(asked).rejects.toMatchObject({ code: Code.InvalidArgument });
    }
  });

  test("refuses the token of another filter", async () => {
    const { body } = await list({ event_types: ["organization.created"] }, "page_size=1");
    const other = await list({}, `page_token=${body.next_page_token}`);
    expect(other.status).toBe(400);
  });
});

describe("who sees what", () => {
  test("an application of another environment sees its own", async () => {
    const other = await createEnvironment(app);
    const { body } = await other.api("/events?page_size=100", { body: { connection_id: acme.connectionId } });
    expect(body).toMatchObject({ events: [], total_size: 0 });
  });

  test("an end user may not read the log", async () => {
    const token = await sessionToken(app, acme, []);
    for (const path of ["/events", "/events/paginated", "/events/frontend_events/opened"]) {
      expect((await app.api(path, { body: {}, token })).status).toBe(403);
    }
  });

  test("the portal sees its own organization's, whatever it asks for", async () => {
    const portal = as({ kind: "CUSTOMER_PORTAL", organizationId: acme.organizationId });
    for (const filter of [{}, { organizationId: globex.organizationId }]) {
      const { items } = await log.list(portal, filter, { pageSize: 100, pageToken: "" });
      expect(new Set(items.map((row) => row.organization_id))).toEqual(new Set([acme.organizationId]));
    }
  });
});

describe("what a page reports", () => {
  const portal = () => as({ kind: "CUSTOMER_PORTAL", organizationId: acme.organizationId });

  test("is seen in the log under a name that no event of ours has", async () => {
    const id = await log.report(portal(), "organization.deleted", { step: 2 });
    const { events } = await list({ event_types: ["frontend.organization.deleted"] });
    expect(events).toEqual([
      expect.objectContaining({
        id,
        organization_id: acme.organizationId,
        data: { step: 2 },
        object: "JSON",
      }),
    ]);
    expect(ObjectType.JSON).toBe(29);
    const row = await app.app.db.selectFrom("events").selectAll().where("id", "=", id).executeTakeFirst();
    expect(row).toMatchObject({ visibility: "log", actor_kind: "CUSTOMER_PORTAL" });
  });

  test.each([
    ["upper case", "Opened", {}],
    ["a blank", "a b", {}],
    ["a dot at the end", "a.", {}],
    ["101 characters", "a".repeat(101), {}],
    ["more than 16 KiB", "opened", { text: "x".repeat(16 * 1024) }],
  ])("is refused with %s", async (_name, name, payload) => {
    await expect(log.report(portal(), name, payload)).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
  });

  test("is no business of an application", async () => {
    expect((await app.api("/events/frontend_events/opened", { body: {} })).status).toBe(403);
  });
});
