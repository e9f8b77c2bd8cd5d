/** Memberships: joining, roles, leaving, and what ends with them. */
import { Code } from "@connectrpc/connect";
import { UserService } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../lib/ids.ts";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";
import { callback, createSamlTenant, postToken, samlSignIn } from "../../testing/sign-in.ts";
import { placeIn, unique, usersOf } from "./testing.ts";

let app: TestApp;
const { createOrganization, createUser, eventsOf, join, membership, resend, roles, totals } = usersOf(
  () => app,
);
const unknown = "usr_100000000000000001";

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

describe("a membership", () => {
  test("is added to a user by id and by external id, and the whole user is returned", async () => {
    const [first, second, third] = [
      await createOrganization(),
      await createOrganization(),
      await createOrganization(),
    ];
    const externalId = unique("ext");
    const user = await createUser(first, { external_id: externalId });
    const body = { roles: [{ name: "admin" }], metadata: { seat: "two" } };
    const query = "?send_invitation_email=false";
    const joined = await membership("POST", second, user.id, { body, query });
    expect(joined.status).toBe(201);
    expect(placeIn(joined, second)).toMatchObject({
      membership_status: "ACTIVE",
      roles: [expect.objectContaining({ name: "admin" })],
      metadata: { seat: "two" },
      provisioning_method: "direct_provision",
    });
    const path = `/memberships/organizations/${third}/users:external/${externalId}${query}`;
    const byExternalId = await app.api(path, { body: {} });
    expect(byExternalId.body.user).toMatchObject({ id: user.id, email: user.email });
    expect(byExternalId.body.user.memberships).toHaveLength(3);
    expect((await totals(third)).members).toBe(1);
    expect(await membership("POST", second, user.id, { body })).toMatchObject({
      status: 409,
      body: { code: 6 },
    });
  });

  test("is changed in roles and metadata, and by empty ones in nothing", async () => {
    const organizationId = await createOrganization();
    const user = await createUser(organizationId);
    const nothing = await membership("PATCH", organizationId, user.id, { body: { roles: [], metadata: {} } });
    expect(placeIn(nothing, organizationId)).toMatchObject({ roles: [{ name: "member" }], metadata: {} });
    const body = { roles: [{ name: "admin" }, { name: "admin" }], metadata: { seat: "one" } };
    const changed = await membership("PATCH", organizationId, user.id, { body });
    expect(placeIn(changed, organizationId)).toMatchObject({
      roles: [{ name: "admin" }],
      metadata: { seat: "one" },
    });
    const same = await membership("PATCH", organizationId, user.id, { body: { roles: [{ name: "admin" }] } });
    expect(placeIn(same, organizationId)).toMatchObject({ metadata: { seat: "one" } });
    expect(await eventsOf(user.id)).toEqual([
      "user.organization_membership_created",
      "user.organization_membership_updated",
    ]);
  });

  test("ends, and the user stays unless that is asked for and it was the last", async () => {
    const [first, second] = [await createOrganization(), await createOrganization()];
    const user = await createUser(first);
    await join(second, user.id);
    const before = (await totals(first)).all;
    expect(await membership("DELETE", first, user.id, { query: "?cascade=true" })).toEqual({
      status: 200,
      body: {},
    });
    expect(await totals(first)).toEqual({ all: before, members: 0 });
    expect((await membership("DELETE", first, user.id)).status).toBe(404);
    expect((await membership("DELETE", second, user.id)).status).toBe(200);
    expect((await app.api(`/users/${user.id}`)).body.user.memberships).toEqual([]);
    await join(first, user.id);
    expect((await membership("DELETE", first, user.id, { query: "?cascade=true" })).body).toEqual({});
    expect((await app.api(`/users/${user.id}`)).status).toBe(404);
    expect(await totals(first)).toEqual({ all: before - 1, members: 0 });
    expect((await eventsOf(user.id)).slice(-2)).toEqual([
      "user.organization_membership_deleted",
      "user.deleted",
    ]);
  });

  test("goes with the organization; a user without another goes, too", async () => {
    const [first, second] = [await createOrganization(), await createOrganization()];
    const stays = await createUser(first);
    const goes = await createUser(first);
    await membership("POST", second, stays.id, { body: {} });
    const before = (await totals(second)).all;
    await app.api(`/organizations/${first}`, { method: "DELETE" });
    expect((await app.api(`/users/${goes.id}`)).status).toBe(404);
    expect((await app.api(`/users/${stays.id}`)).body.user.memberships).toHaveLength(1);
    expect((await totals(second)).all).toBe(before - 1);
  });

  test.each([
    ["roles without a name", { roles: [{ name: "" }] }, 400],
    ["a role that does not exist", { roles: [{ name: "member" }, { name: "nobody" }] }, 400],
    ["a short key", { metadata: { ab: "x" } }, 400],
    [
      "too many pairs",
      { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, at) => [`key-${at}`, "x"])) },
      400,
    ],
    ["an inviter without address", { inviter_email: "nobody" }, 400],
    ["a shape of another kind", [], 400],
  ])("is refused with %s, and nothing is left", async (_, body, status) => {
    const [first, second] = [await createOrganization(), await createOrganization()];
    const user = await createUser(first);
    const before = await totals(first);
    expect((await membership("POST", second, user.id, { body })).status).toBe(status);
    const path = `/organizations/${first}/users`;
    expect(
      (await app.api(path, { body: { email: `${unique("left")}@example.com`, membership: body } })).status,
    ).toBe(status);
    expect(await totals(first)).toEqual(before);
    expect((await totals(second)).members).toBe(0);
    const updated = await membership("PATCH", first, user.id, { body });
    if (!("inviter_email" in body)) expect(updated.status).toBe(status);
    expect(placeIn(await app.api(`/users/${user.id}`), first)).toMatchObject({
      roles: [{ name: "member" }],
      metadata: {},
    });
  });

  test("of nobody, or in no organization, is not found", async () => {
    const organizationId = await createOrganization();
    const nowhere = "org_100000000000000001";
    const user = await createUser(organizationId);
    for (const [organization, id] of [
      [organizationId, unknown],
      [nowhere, user.id],
    ] as const) {
      const answers = [
        await membership("POST", organization, id, { body: {} }),
        await membership("PATCH", organization, id, { body: {} }),
        await membership("DELETE", organization, id),
        await roles("GET", organization, id),
        await roles("POST", organization, id, { body: [{ role_name: "member" }] }),
        await roles("DELETE", organization, id, { name: "member" }),
        await resend(organization, id),
      ];
      expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 404));
    }
  });

  test("with ids of the wrong kind, or none, is refused", async () => {
    const organizationId = await createOrganization();
    for (const [organization, id] of [
      [organizationId, organizationId],
      [unknown, unknown],
      [organizationId, "usr_1"],
    ] as const) {
      const answers = [
        await membership("POST", organization, id, { body: {} }),
        await membership("PATCH", organization, id, { body: {} }),
        await membership("DELETE", organization, id),
        await resend(organization, id),
      ];
      expect(answers.map((answer) => answer.status)).toEqual(answers.map(() => 400));
    }
    expect((await roles("GET", unknown, unknown)).status).toBe(400);
    expect((await roles("POST", organizationId, "nobody", { body: [] })).status).toBe(400);
    const client = rpc(app, UserService);
    const nobody = { organizationId, identities: { case: undefined } } as const;
    for (const call of [
      () => client.createMembership({ ...nobody, membership: {} }),
      () => client.updateMembership({ ...nobody, membership: {} }),
      () => client.deleteMembership(nobody),
    ])
      await expect(call()).rejects.toMatchObject({ code: Code.InvalidArgument });
  });
});

describe("roles of a member", () => {
  test("are added, listed and taken, those held already and the last one too", async () => {
    const organizationId = await createOrganization();
    const user = await createUser(organizationId);
    const names = (answer: ApiAnswer) => answer.body.roles.map((role: { name: string }) => role.name);
    const body = [{ role_name: "member" }, { role_name: "admin" }];
    expect(names(await roles("POST", organizationId, user.id, { body }))).toEqual(["admin", "member"]);
    expect(names(await roles("POST", organizationId, user.id, { body }))).toEqual(["admin", "member"]);
    expect(names(await roles("GET", organizationId, user.id))).toEqual(["admin", "member"]);
    for (const name of ["admin", "member"])
      expect(await roles("DELETE", organizationId, user.id, { name })).toEqual({ status: 200, body: {} });
    expect((await roles("GET", organizationId, user.id)).body).toEqual({ roles: [] });
    expect((await roles("DELETE", organizationId, user.id, { name: "member" })).status).toBe(404);
    expect(await eventsOf(user.id)).toEqual([
      "user.organization_membership_created",
      ...Array.from({ length: 3 }, () => "user.organization_membership_updated"),
    ]);
  });

  test("may be the organization's own, and are unknown in another", async () => {
    const [first, second] = [await createOrganization(), await createOrganization()];
    const user = await createUser(first);
    await membership("POST", second, user.id, { body: {} });
    const now = app.app.now();
    const own = { id: newId("role"), organization_id: first, name: "auditor", display_name: "Auditor" };
    await app.app.db
      .insertInto("roles")
      .values({ ...own, environment_id: app.environmentId, created_at: now, updated_at: now })
      .execute();
    const body = [{ role_name: "auditor" }];
    const given = await roles("POST", first, user.id, { body });
    expect(given.body.roles).toContainEqual({ id: own.id, name: "auditor", display_name: "Auditor" });
    const refused = await roles("POST", second, user.id, { body });
    expect(refused).toMatchObject({ status: 400, body: { code: 3 } });
    expect(refused.body.message).toContain('no role "auditor"');
  });

  test.each([
    [[]],
    [[{}]],
    [[{ role_name: "" }]],
    [[{ role_name: "x".repeat(101) }]],
    [[{ role_name: "nobody" }]],
    [{}],
  ])("are refused as %j", async (body) => {
    const organizationId = await createOrganization();
    const user = await createUser(organizationId);
    expect((await roles("POST", organizationId, user.id, { body })).status).toBe(400);
  });
});

test("permissions of a member are those of all roles, inherited ones included, each once", async () => {
  const organizationId = await createOrganization();
  const user = await createUser(organizationId);
  const path = `/organizations/${organizationId}/users/${user.id}/permissions`;
  for (const name of ["report:read", "report:write"])
    await app.api("/permissions", { body: { name, description: `To ${name}` } });
  const role = (name: string, permissions: string[], base?: string) =>
    app.api("/roles", { body: { name, display_name: name, permissions, ...(base && { extends: base }) } });
  await role("reader", ["report:read"]);
  await role("writer", ["report:read", "report:write"], "reader");
  const body = { roles: [{ name: "writer" }, { name: "reader" }] };
  const changed = await membership("PATCH", organizationId, user.id, { body });
  expect(placeIn(changed, organizationId)).toMatchObject({ permissions: ["report:read", "report:write"] });
  expect((await app.api(path)).body).toEqual({
    permissions: ["report:read", "report:write"].map((name) => ({
      id: expect.stringMatching(/^perm_/),
      name,
      description: `To ${name}`,
      tags: [],
    })),
  });
  for (const name of ["writer", "reader"]) await roles("DELETE", organizationId, user.id, { name });
  expect((await app.api(path)).body).toEqual({ permissions: [] });
  expect((await app.api(path.replace(user.id, unknown))).status).toBe(404);
  expect((await app.api(path.replace(user.id, "nobody"))).status).toBe(400);
});

describe("who leaves", () => {
  async function signedIn() {
    const tenant = await createSamlTenant(app);
    const { answer } = await samlSignIn(app, tenant);
    const code = answer.get("code") ?? "";
    const { body } = await postToken(app, { grant_type: "authorization_code", code, redirect_uri: callback });
    const [user] = (await app.api(`/organizations/${tenant.organizationId}/users`)).body.users;
    const refresh = () =>
      postToken(app, { grant_type: "refresh_token", refresh_token: body.refresh_token ?? "" });
    const userInfo = () =>
      fetch(`${app.url}/userinfo`, { headers: { authorization: `Bearer ${body.access_token}` } });
    return { tenant, user: user as { id: string }, refresh, userInfo };
  }

  async function loggedOut(userId: string): Promise<number> {
    const rows = await app.app.db
      .selectFrom("events")
      .selectAll()
      .where("type", "=", "user.logout")
      .execute();
    return rows.filter((row) => (row.payload as { user: { id: string } }).user.id === userId).length;
  }

  test.each(["the organization", "for good"])("%s is signed out with all tokens at once", async (how) => {
    const { tenant, user, refresh, userInfo } = await signedIn();
    expect((await userInfo()).status).toBe(200);
    const { organizationId } = tenant;
    if (how === "for good") await app.api(`/users/${user.id}`, { method: "DELETE" });
    else await membership("DELETE", organizationId, user.id);
    expect((await userInfo()).status).toBe(401);
    expect(await refresh()).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
    expect(await loggedOut(user.id)).toBe(1);
    if (how === "for good") return;
    // To be added again does not bring the former tokens back.
    await join(organizationId, user.id);
    expect((await userInfo()).status).toBe(401);
    expect((await refresh()).status).toBe(400);
  });

  test("one of two organizations stays signed in at the other", async () => {
    const { tenant: first, user, refresh, userInfo } = await signedIn();
    const second = await createOrganization();
    await join(second, user.id);
    await membership("DELETE", second, user.id);
    expect((await userInfo()).status).toBe(200);
    expect((await refresh()).status).toBe(200);
    expect(await loggedOut(user.id)).toBe(0);
    // A session that has moved on from an organization keeps no way back into it.
    const moved = { organization_id: second };
    await join(second, user.id);
    await app.app.db.updateTable("sessions").set(moved).where("user_id", "=", user.id).execute();
    await membership("DELETE", first.organizationId, user.id);
    await join(first.organizationId, user.id);
    expect((await refresh()).status).toBe(400);
    expect(await loggedOut(user.id)).toBe(0);
  });
});
