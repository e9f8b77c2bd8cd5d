/** What a provider sends while its directory is switched or its organization deleted: it is followed, or refused. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../context.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createTenant, member, personOf, type Tenant } from "../../testing/directories.ts";
import { createScimClient } from "../../testing/scim.ts";
import * as directories from "./directories.ts";
import * as users from "./scim-users.ts";
import * as switching from "./switching.ts";

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

async function tenantBeingSetUp(): Promise<Tenant> {
  const acme = await createTenant(app);
  await app.api(acme.path, { method: "PATCH", body: { name: "New", status: "DRAFT" } });
  return acme;
}

const asRemembered = (at: Tenant) => directories.get(app.systemCtx(), at.organizationId, at.id);
const enable = (at: Tenant) => switching.enable(app.systemCtx(), at.organizationId, at.id);

/** Resolves when somebody waits for a lock, or when `otherwise` does. */
async function waiting(otherwise: Promise<unknown>): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  otherwise.then(over, over);
  while (!isOver) {
    const { rows } = await sql`select from pg_stat_activity
      where wait_event_type = 'Lock' and datname = current_database()`.execute(app.app.db);
    if (rows.length > 0) return;
  }
}

describe("a directory that is switched", () => {
  test("on waits for whom the provider is just sending", async () => {
    const acme = await tenantBeingSetUp();
    const remembered = await asRemembered(acme);
    const enabling = await inTransaction(app.systemCtx(), async (ctx) => {
      await users.create(ctx, remembered, personOf(acme.address("ada")));
      const enabled = enable(acme);
      await waiting(enabled);
      return { enabled };
    });
    expect(await enabling.enabled).toEqual({ enabled: true });
    expect(await member(app, acme, acme.address("ada"))).toMatchObject({ status: "ACTIVE" });
  });

  test("on lets the provider wait until it is done", async () => {
    const acme = await tenantBeingSetUp();
    const remembered = await asRemembered(acme);
    const sent = await inTransaction(app.systemCtx(), async (ctx) => {
      await switching.enable(ctx, acme.organizationId, acme.id);
      const sent = users.create(app.systemCtx(), remembered, personOf(acme.address("ada")));
      const outcome = await Promise.race([sent.then(() => "done"), app.api("/roles").then(() => "waiting")]);
      expect(outcome).toBe("waiting");
      return { sent };
    });
    await sent.sent;
    expect(await member(app, acme, acme.address("ada"))).toMatchObject({ status: "ACTIVE" });
  });

  test("on is followed by processes that have not heard of it", async () => {
    const acme = await tenantBeingSetUp();
    const remembered = await asRemembered(acme);
    const gone = await users.create(app.systemCtx(), remembered, personOf(acme.address("gone")));
    await enable(acme);
    await users.create(app.systemCtx(), remembered, personOf(acme.address("ada")));
    await users.delete(app.systemCtx(), remembered, gone.id, undefined);
    expect(await member(app, acme, acme.address("ada"))).toMatchObject({ status: "ACTIVE" });
    expect(await member(app, acme, acme.address("gone"))).toMatchObject({ status: "INACTIVE" });
  });

  test("on keeps nobody else from making users", async () => {
    const acme = await tenantBeingSetUp();
    const remembered = await asRemembered(acme);
    await users.create(app.systemCtx(), remembered, personOf(acme.address("ada")));
    const other = await createTenant(app);
    const emails = Array.from({ length: 24 }, (_, at) => other.address(`user${at}`));
    await inTransaction(app.systemCtx(), async (ctx) => {
      await switching.enable(ctx, acme.organizationId, acme.id);
      for (const email of emails) {
        const body = { email };
        const path = `/organizations/${other.organizationId}/users?send_invitation_email=false`;
        expect((await app.api(path, { body })).status).toBe(201);
      }
    });
    const { body } = await app.api(`/organizations/${acme.organizationId}/users`);
    expect(body.total_size).toBe(1);
  });

  test("off takes nothing in, whatever a process remembers", async () => {
    const acme = await createTenant(app);
    const remembered = await asRemembered(acme);
    await app.api(`${acme.path}:disable`, { method: "PATCH" });
    const late = users.create(app.systemCtx(), remembered, personOf(acme.address("late")));
    await expect(late).rejects.toMatchObject({ status: 403 });
  });

  test("off and deleted is not found", async () => {
    const acme = await createTenant(app);
    const remembered = await asRemembered(acme);
    await app.api(`${acme.path}:disable`, { method: "PATCH" });
    await app.api(acme.path, { method: "DELETE" });
    const late = users.create(app.systemCtx(), remembered, personOf(acme.address("late")));
    await expect(late).rejects.toMatchObject({ status: 404 });
  });
});

test("an organization is deleted while its provider goes on", async () => {
  const idp = await createScimClient(app);
  const ids = await idp.users("a", "b", "c", "d", "e", "f");
  const groups = await Promise.all(["one", "two"].map((name) => idp.group(name, ids)));
  const answers = await Promise.all([
    ...ids.map((id, at) => idp.send("PUT", `/Users/${id}`, { userName: `new${at}`, active: at % 2 === 0 })),
    ...groups.map((id) => idp.patch(`/Groups/${id}`, { op: "remove", path: "members" })),
    app.api(`/organizations/${idp.organizationId}`, { method: "DELETE" }),
    ...ids.map((_id, at) => idp.send("POST", "/Users", { userName: `more${at}` })),
    ...ids.map((id) => idp.send("DELETE", `/Users/${id}`)),
  ]);
  expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
  expect((await app.api(`/organizations/${idp.organizationId}`)).status).toBe(404);
});

test("users, members and what was lost change while the provider goes on", async () => {
  const acme = await createTenant(app);
  const idp = await createScimClient(app, { organizationId: acme.organizationId });
  const names = Array.from({ length: 8 }, (_, at) => acme.address(`person${at}`));
  const ids = await idp.users(...names);
  const groups = await Promise.all(["one", "two"].map((name) => idp.group(name, ids)));
  const found = await Promise.all(names.map((name) => member(app, acme, name)));
  const path = `/organizations/${acme.organizationId}`;
  const answers = await Promise.all([
    ...groups.map((id, at) =>
      idp.patch(`/Groups/${id}`, { op: "remove", path: `members[value eq "${ids[at]}"]` }),
    ),
    ...ids.map((id, at) => idp.send("PUT", `/Users/${id}`, { userName: names[at], active: at % 2 === 0 })),
    ...found.slice(0, 4).map((user) => app.api(`/users/${user?.id}`, { method: "DELETE" })),
    ...found.slice(4).map((user) => app.api(`/memberships${path}/users/${user?.id}`, { method: "DELETE" })),
    app.api(`${path}/directories/${idp.directory.id}:restore`, {
      body: { start_time: "2020-01-01T00:00:00Z" },
    }),
    ...groups.map((id) => idp.send("DELETE", `/Groups/${id}`)),
  ]);
  expect(answers.map(({ status }) => status).filter((status) => status >= 500)).toEqual([]);
});
