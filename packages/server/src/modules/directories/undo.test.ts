/** Preview, journal and undo of what directories do to memberships. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  addGroup,
  addPeople,
  assignRoles,
  changePerson,
  createTenant,
  member,
  personOf,
  setMembers,
  type Tenant,
} from "../../testing/directories.ts";
import { eventTypesSince, lastEventId } from "../../testing/scenarios.ts";

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => app.stop());

async function restore(at: Tenant, window: object) {
  return app.api(`${at.path}:restore`, { body: window });
}

/** Three people, one of them an administrator, whom a mistake at the provider takes everything from. */
async function mistake(): Promise<{
  acme: Tenant;
  before: string;
  after: string;
  ids: string[];
  group: string;
}> {
  const acme = await createTenant(app);
  const names = ["ada", "bob", "cy"].map(acme.address);
  const ids = await addPeople(
    app,
    acme,
    names.map((name) => personOf(name)),
  );
  const group = await addGroup(app, acme, "Admins", ids.slice(0, 1));
  await assignRoles(app, acme, [group, "admin"]);
  app.advance(60);
  const before = app.app.now().toISOString();
  app.advance(1);
  await setMembers(app, acme, group, []);
  for (const [at, id] of ids.slice(0, 2).entries())
    await changePerson(app, acme, id, personOf(names[at] ?? "", { active: false }));
  app.advance(1);
  const after = app.app.now().toISOString();
  app.advance(60);
  return { acme, before, after, ids, group };
}

describe("undo", () => {
  test("gives back status and roles of a window, once", async () => {
    const { acme, before, after } = await mistake();
    expect(await member(app, acme, acme.address("ada"))).toMatchObject({
      status: "INACTIVE",
      roles: ["member"],
    });
    const window = { start_time: before, end_time: after };
    const since = await lastEventId(app);
    const dry = await restore(acme, { ...window, dry_run: true });
    expect(dry).toMatchObject({ status: 200, body: { memberships_restored: 2, roles_restored: 1 } });
    expect(await eventTypesSince(app, since)).toEqual([]);
    expect((await restore(acme, window)).body).toEqual({ memberships_restored: 2, roles_restored: 1 });
    expect(await eventTypesSince(app, since)).toEqual([
      "user.organization_membership_updated",
      "user.organization_membership_updated",
    ]);
    expect(await member(app, acme, acme.address("ada"))).toMatchObject({
      status: "ACTIVE",
      roles: ["admin"],
    });
    expect(await member(app, acme, acme.address("bob"))).toMatchObject({
      status: "ACTIVE",
      roles: ["member"],
    });
    expect((await restore(acme, window)).body).toEqual({ memberships_restored: 0, roles_restored: 0 });
    const { body } = await app.api(`${acme.path}/changes?page_size=3`);
    expect(body).toMatchObject({ total_size: 9, prev_page_token: "" });
    expect(body.changes.map(({ kind }: { kind: string }) => kind)).toEqual([
      "RESTORED",
      "RESTORED",
      "DEACTIVATED",
    ]);
    expect(body.changes[2].restore_time).toBeDefined();
    const next = await app.api(`${acme.path}/changes?page_size=3&page_token=${body.next_page_token}`);
    expect(next.body.changes).toHaveLength(3);
  });

  test("stays until the provider sends another change of the person's access", async () => {
    const { acme, before, ids } = await mistake();
    await restore(acme, { start_time: before });
    const bob = acme.address("bob");
    await changePerson(app, acme, ids[1] ?? "", personOf(bob, { active: false, title: "Dr" }));
    expect(await member(app, acme, bob)).toMatchObject({ status: "ACTIVE" });
    await changePerson(app, acme, ids[1] ?? "", personOf(bob));
    await changePerson(app, acme, ids[1] ?? "", personOf(bob, { active: false }));
    expect(await member(app, acme, bob)).toMatchObject({ status: "INACTIVE" });
  });

  test("leaves what happened outside of the window, and at another directory", async () => {
    const { acme, before, after } = await mistake();
    const other = await mistake();
    expect((await restore(acme, { start_time: after })).body).toEqual({
      memberships_restored: 0,
      roles_restored: 0,
    });
    await restore(other.acme, { start_time: before });
    expect(await member(app, acme, acme.address("ada"))).toMatchObject({ status: "INACTIVE" });
    expect((await restore(acme, { start_time: after, end_time: before })).status).toBe(400);
    expect((await restore(acme, {})).status).toBe(400);
  });

  test("gives back only what the directory took", async () => {
    const { acme, before } = await mistake();
    const [ada, bob] = [acme.address("ada"), acme.address("bob")];
    await app.api("/roles", { body: { name: "manager", display_name: "Manager" } });
    const path = `/memberships/organizations/${acme.organizationId}/users`;
    const idOf = async (email: string) => (await member(app, acme, email))?.id;
    const setRoles = async (email: string, ...names: string[]) =>
      app.api(`${path}/${await idOf(email)}`, {
        method: "PATCH",
        body: { roles: names.map((name) => ({ name })) },
      });
    // Given by hand after the mistake; and changed by hand, where the directory had taken the status only.
    await setRoles(ada, "member", "manager");
    await setRoles(bob, "manager");
    const window = { start_time: before };
    const counts = { memberships_restored: 2, roles_restored: 1 };
    expect((await restore(acme, { ...window, dry_run: true })).body).toEqual(counts);
    expect((await restore(acme, window)).body).toEqual(counts);
    expect(await member(app, acme, ada)).toMatchObject({ status: "ACTIVE", roles: ["admin", "manager"] });
    expect(await member(app, acme, bob)).toMatchObject({ status: "ACTIVE", roles: ["manager"] });
  });

  test("leaves a membership that the API made anew", async () => {
    const { acme, before } = await mistake();
    const ada = acme.address("ada");
    const { id } = (await member(app, acme, ada)) ?? { id: "" };
    const path = `/memberships/organizations/${acme.organizationId}/users/${id}`;
    await app.api(path, { method: "DELETE" });
    await app.api(`${path}?send_invitation_email=false`, { body: { roles: [{ name: "member" }] } });
    expect((await restore(acme, { start_time: before })).body).toEqual({
      memberships_restored: 1,
      roles_restored: 0,
    });
    expect(await member(app, acme, ada)).toMatchObject({ roles: ["member"] });
  });

  test("does not pass the limit of users, and then changes nothing", async () => {
    const { acme, before } = await mistake();
    await app.api(`/organizations/${acme.organizationId}/settings/usermanagement`, {
      method: "PATCH",
      body: { settings: { max_allowed_users: 1 } },
    });
    const { status, body } = await restore(acme, { start_time: before });
    expect({ status, code: body.details?.[0]?.error_code }).toEqual({
      status: 400,
      code: "USER_LIMIT_REACHED",
    });
    expect(await member(app, acme, acme.address("ada"))).toMatchObject({
      status: "INACTIVE",
      roles: ["member"],
    });
  });
});

describe("preview", () => {
  test("says of everybody what enabling would do, and enabling does just that", async () => {
    const acme = await createTenant(app);
    await app.api(acme.path, { method: "PATCH", body: { name: "New", status: "DRAFT" } });
    const add = (name: string, query: string) =>
      app.api(`/organizations/${acme.organizationId}/users?send_invitation_email=${query}`, {
        body: { email: acme.address(name) },
      });
    await add("here", "false");
    await add("left", "false");
    await add("invited", "true");
    await add("promoted", "false");
    const elsewhere = await createTenant(app);
    await app.api(`/organizations/${elsewhere.organizationId}/users?send_invitation_email=false`, {
      body: { email: acme.address("known") },
    });
    const people = await addPeople(app, acme, [
      personOf(acme.address("new")),
      personOf(acme.address("known")),
      personOf(acme.address("here")),
      personOf(acme.address("left"), { active: false }),
      personOf(acme.address("invited")),
      personOf(acme.address("promoted")),
      personOf("contractor@elsewhere.example"),
      personOf("nobody"),
    ]);
    const group = await addGroup(app, acme, "Admins", people.slice(5, 6));
    await assignRoles(app, acme, [group, "admin"]);
    const since = await lastEventId(app);
    const { body } = await app.api(`${acme.path}:preview`);
    expect(body.counts).toEqual({
      users_created: 1,
      memberships_added: 1,
      memberships_activated: 1,
      memberships_deactivated: 1,
      roles_changed: 1,
      left_out_foreign_domain: 1,
      left_out_no_address: 1,
      left_out_other_organization: 0,
      unchanged: 1,
    });
    expect(body.people.map(({ effect }: { effect: string }) => effect)).toEqual([
      "USER_CREATED",
      "MEMBERSHIP_ADDED",
      "UNCHANGED",
      "MEMBERSHIP_DEACTIVATED",
      "MEMBERSHIP_ACTIVATED",
      "ROLES_CHANGED",
      "LEFT_OUT_FOREIGN_DOMAIN",
      "LEFT_OUT_NO_ADDRESS",
    ]);
    expect(body.people[5].roles).toEqual(["admin"]);
    expect(await eventTypesSince(app, since)).toEqual([]);
    expect(await member(app, acme, acme.address("new"))).toBeUndefined();
    await app.api(`${acme.path}:enable`, { method: "PATCH" });
    for (const name of ["new", "known", "here", "invited", "promoted"])
      expect(await member(app, acme, acme.address(name))).toMatchObject({ status: "ACTIVE" });
    expect(await member(app, acme, acme.address("left"))).toMatchObject({ status: "INACTIVE" });
    expect((await member(app, acme, acme.address("promoted")))?.roles).toContain("admin");
    const { changes } = (await app.api(`${acme.path}/changes?page_size=100`)).body;
    const kinds = Map.groupBy(changes, ({ kind }: { kind: string }) => kind);
    expect(Object.fromEntries([...kinds].map(([kind, all]) => [kind, all.length]))).toEqual({
      JOINED: 3,
      ROLES: 1,
      DEACTIVATED: 1,
    });
  });

  test("says when there is no room", async () => {
    const acme = await createTenant(app);
    await app.api(acme.path, { method: "PATCH", body: { name: "New", status: "DRAFT" } });
    await addPeople(app, acme, [personOf(acme.address("one")), personOf(acme.address("two"))]);
    await app.api(`/organizations/${acme.organizationId}/settings/usermanagement`, {
      method: "PATCH",
      body: { settings: { max_allowed_users: 1 } },
    });
    const { body } = await app.api(`${acme.path}:preview?page_size=1`);
    expect(body.problem).toContain("2 people need a seat and 1 are left");
    expect(body.people).toHaveLength(1);
    expect(body.total_size).toBe(2);
    expect((await app.api(`${acme.path}:enable`, { method: "PATCH" })).status).toBe(400);
    expect((await app.api(acme.path)).body.directory).toMatchObject({ enabled: false, status: "DRAFT" });
  });
});
