/**
 * What the token of a directory opens: the people and groups of that directory. No `id`, `externalId`, `roles`,
 * `groups`, `password` or `members` that its owner sends selects, changes or makes anything beyond.
 */
import { beforeAll, describe, expect, test } from "vitest";
import { sessionToken } from "../testing/callers.ts";
import { onOneNodeAndTwo } from "../testing/cluster.ts";
import { createScimClient, type ScimClient } from "../testing/scim.ts";
import { createSamlTenant, type SamlTenant } from "../testing/sign-in.ts";

onOneNodeAndTwo((cluster) => {
  let attacker: ScimClient;
  let victim: ScimClient;
  let tenant: SamlTenant;
  let userId: string;
  let groupId: string;
  beforeAll(async () => {
    tenant = await createSamlTenant(cluster());
    attacker = await createScimClient(cluster(), { organizationId: tenant.organizationId });
    victim = await createScimClient(cluster());
    [userId = ""] = await victim.users("victim@victim.test");
    groupId = await victim.group("Victims", [userId]);
  });

  /** All that belongs to the victim, as the database has it. */
  async function everythingOfVictim(): Promise<unknown> {
    const { db } = cluster().app;
    const { id } = victim.directory;
    const of = (table: "directory_users" | "directory_groups" | "directory_group_members") =>
      db.selectFrom(table).selectAll().where("directory_id", "=", id).execute();
    return {
      users: await of("directory_users"),
      groups: await of("directory_groups"),
      members: await of("directory_group_members"),
      memberships: await db
        .selectFrom("memberships")
        .selectAll()
        .where("organization_id", "=", victim.organizationId)
        .execute(),
      events: await victim.events(),
    };
  }

  test("an id, externalId or name of somebody else's makes somebody new", async () => {
    await victim.events();
    const before = await everythingOfVictim();
    const { body, status } = await attacker.send("POST", "/Users", {
      id: userId,
      externalId: userId,
      userName: "victim@victim.test",
      groups: [{ value: groupId }],
      meta: { location: `${victim.base}/Users/${userId}`, version: 'W/"9"' },
    });
    expect(status).toBe(201);
    expect(body.id).not.toBe(userId);
    expect(body).not.toHaveProperty("groups");
    expect(body.meta.location).toBe(`${attacker.base}/Users/${body.id}`);
    await attacker.send("PUT", `/Users/${body.id}`, { ...body, id: userId });
    await attacker.patch(`/Users/${body.id}`, { op: "add", path: "groups", value: [{ value: groupId }] });
    expect(await everythingOfVictim()).toEqual(before);
    expect((await attacker.send("DELETE", `/Users/${body.id}`)).status).toBe(204);
  });

  test("ids of another directory are unknown, in every place", async () => {
    await victim.events();
    const before = await everythingOfVictim();
    const rename = { Operations: [{ op: "replace", path: "displayName", value: "Stolen" }] };
    const requests: [string, string, object?][] = [
      ["GET", `/Users/${userId}`],
      ["PUT", `/Users/${userId}`, { userName: "stolen" }],
      ["PATCH", `/Users/${userId}`, rename],
      ["DELETE", `/Users/${userId}`],
      ["GET", `/Groups/${groupId}`],
      ["PUT", `/Groups/${groupId}`, { displayName: "Stolen" }],
      ["PATCH", `/Groups/${groupId}`, rename],
      ["DELETE", `/Groups/${groupId}`],
    ];
    for (const [method, path, body] of requests) {
      expect((await attacker.send(method, path, body)).status, `${method} ${path}`).toBe(404);
    }
    const operations = requests
      .filter(([method]) => method !== "GET")
      .map(([method, path, data]) => ({ method, path, data }));
    const { body } = await attacker.send("POST", "/Bulk", { Operations: operations });
    expect(body.Operations.map(({ status }: { status: string }) => status)).toEqual(
      operations.map(() => "404"),
    );
    expect(await everythingOfVictim()).toEqual(before);
  });

  test("people of another directory join no group, and are in no list", async () => {
    const members = { displayName: `Mixed ${userId}`, members: [{ value: userId }] };
    expect((await attacker.send("POST", "/Groups", members)).status).toBe(400);
    for (const filter of [
      `id eq "${userId}"`,
      `userName eq "victim@victim.test"`,
      `groups.value eq "${groupId}"`,
      `not (userName eq "nobody")`,
      `groups.display eq "Victims"`,
    ]) {
      const found = await attacker.send("POST", "/.search", { filter });
      expect(JSON.stringify(found.body), filter).not.toContain(userId);
      expect(JSON.stringify(found.body), filter).not.toContain(groupId);
    }
  });

  test("roles and a password give nothing", async () => {
    const email = `roles-${Date.now()}@${tenant.domain}`;
    const { body } = await attacker.send("POST", "/Users", {
      userName: email,
      emails: [{ value: email, primary: true }],
      password: "Secret-password-1",
      roles: [{ value: "admin", primary: true }],
      entitlements: [{ value: "organizations_write" }],
    });
    expect(JSON.stringify(body)).not.toContain("Secret-password-1");
    const { db } = cluster().app;
    const row = await db
      .selectFrom("directory_users")
      .selectAll()
      .where("id", "=", body.id)
      .executeTakeFirst();
    expect(JSON.stringify(row)).not.toContain("Secret-password-1");
    expect(JSON.stringify(await attacker.events())).not.toContain("Secret-password-1");
    const held = await db
      .selectFrom("membership_roles")
      .innerJoin("roles", "roles.id", "membership_roles.role_id")
      .select("roles.name")
      .where("membership_roles.user_id", "=", row?.user_id ?? "none")
      .execute();
    expect(held.map(({ name }) => name)).not.toContain("admin");
  });

  test("the id of a user of the environment selects nobody", async () => {
    const body = { email: `admin-${Date.now()}@victim.test` };
    const made = await cluster().api(`/organizations/${victim.organizationId}/users`, { body });
    const { id } = made.body.user;
    expect(id).toMatch(/^usr_/);
    for (const path of [`/Users/${id}`, `/Groups/${id}`])
      expect((await attacker.send("GET", path)).status).toBe(404);
  });

  describe("a member of the organization", () => {
    test.each([
      ["adds no token", "POST", "/secrets"],
      ["renews no token", "POST", "/secrets:regenerate"],
      ["sees no directory", "GET", ""],
    ])("without the permission %s", async (_what, method, path) => {
      const token = await sessionToken(cluster(), tenant, []);
      const url = `/organizations/${tenant.organizationId}/directories/${attacker.directory.id}${path}`;
      const answer = await cluster().api(url, { method, token });
      expect(answer.status).toBe(403);
    });

    test("with it touches no directory of another organization", async () => {
      const token = await sessionToken(cluster(), tenant, ["directories_read", "directories_write"]);
      for (const organizationId of [victim.organizationId, tenant.organizationId]) {
        const url = `/organizations/${organizationId}/directories/${victim.directory.id}/secrets`;
        expect((await cluster().api(url, { method: "POST", token })).status).toBe(404);
      }
    });
  });

  test("a directory's token is no token of the API", async () => {
    for (const path of ["/organizations", `/organizations/${attacker.organizationId}/directories`])
      expect((await cluster().api(path, { token: attacker.token })).status).toBe(401);
  });
});
