/** Users and memberships when several callers change them at once: nothing fails on our side, counts stay true. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { unique, usersOf } from "./testing.ts";

let app: TestApp;
const { createOrganization, createUser, membership, roles, totals } = usersOf(() => app);

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

describe("two at once", () => {
  const many = 12;
  const statuses = (answers: ApiAnswer[]) => answers.map((answer) => answer.status).sort();

  test("creating the same user: one wins, the others are told", async () => {
    const organizationId = await createOrganization();
    const body = { email: `${unique("race")}@example.com`, external_id: unique("race") };
    const path = `/organizations/${organizationId}/users`;
    const answers = await Promise.all(Array.from({ length: many }, () => app.api(path, { body })));
    expect(statuses(answers)).toEqual([201, ...Array.from({ length: many - 1 }, () => 409)]);
    expect((await totals(organizationId)).members).toBe(1);
  });

  test("creating the same user in several organizations: all get in, as one user", async () => {
    const organizations = await Promise.all(Array.from({ length: 4 }, createOrganization));
    const body = { email: `${unique("race")}@example.com` };
    const before = (await app.api("/users")).body.total_size;
    const answers = await Promise.all(
      organizations.map((id) => app.api(`/organizations/${id}/users`, { body })),
    );
    expect(statuses(answers)).toEqual([201, 201, 201, 201]);
    expect(new Set(answers.map((answer) => answer.body.user.id)).size).toBe(1);
    expect((await app.api("/users")).body.total_size).toBe(before + 1);
  });

  test("creating and deleting: the counts stay true, and nothing fails on our side", async () => {
    const organizationId = await createOrganization();
    const email = `${unique("race")}@example.com`;
    const path = `/organizations/${organizationId}/users`;
    const answers = await Promise.all(
      Array.from({ length: many }, async () => {
        const created = await app.api(path, { body: { email } });
        const { users } = (await app.api(`/users:search?query=${email}`)).body;
        const removed = users[0] && (await app.api(`/users/${users[0].id}`, { method: "DELETE" }));
        return [created, removed].filter((answer) => answer !== undefined);
      }),
    );
    expect(answers.flat().filter((answer) => ![200, 201, 404, 409].includes(answer.status))).toEqual([]);
    const left = (await app.api(`/users:search?query=${email}`)).body.total_size;
    expect((await totals(organizationId)).members).toBe(left);
  });

  test("joining an organization that is being deleted", async () => {
    for (let round = 0; round < 4; round++) {
      const organizationId = await createOrganization();
      const path = `/organizations/${organizationId}/users`;
      const answers = await Promise.all([
        ...Array.from({ length: many }, () =>
          app.api(path, { body: { email: `${unique("race")}@example.com` } }),
        ),
        app.api(`/organizations/${organizationId}`, { method: "DELETE" }),
        ...Array.from({ length: many }, () =>
          app.api(path, { body: { email: `${unique("race")}@example.com` } }),
        ),
      ]);
      expect(answers.filter((answer) => ![200, 201, 404].includes(answer.status))).toEqual([]);
    }
    const rows = await app.app.db.selectFrom("users").select("id").execute();
    expect((await app.api("/users")).body.total_size).toBe(rows.length);
  });

  test("joining an organization that is being deleted, with the role of its own that its members start with", async () => {
    for (let round = 0; round < 4; round++) {
      const organizationId = await createOrganization();
      const path = `/organizations/${organizationId}`;
      await app.api(`${path}/roles`, { body: { name: "pioneer", display_name: "Pioneer" } });
      const defaults = { default_member_role: "pioneer" };
      const set = await app.api(`${path}/roles:set_defaults`, { method: "PATCH", body: defaults });
      const first = await createUser(organizationId);
      const { body } = await roles("GET", organizationId, first.id);
      expect([set.status, body.roles[0].name]).toEqual([200, "pioneer"]);
      const join = () => app.api(`${path}/users`, { body: { email: `${unique("race")}@example.com` } });
      const answers = await Promise.all([
        ...Array.from({ length: many }, join),
        app.api(path, { method: "DELETE" }),
        ...Array.from({ length: many }, join),
      ]);
      expect(answers.filter((answer) => ![200, 201, 404].includes(answer.status))).toEqual([]);
    }
  });

  test("leaving several organizations and for good", async () => {
    const organizations = await Promise.all(Array.from({ length: 4 }, createOrganization));
    const user = await createUser(organizations[0] ?? "");
    for (const id of organizations.slice(1)) await membership("POST", id, user.id, { body: {} });
    const answers = await Promise.all([
      ...organizations.map((id) => membership("DELETE", id, user.id, { query: "?cascade=true" })),
      app.api(`/users/${user.id}`, { method: "DELETE" }),
    ]);
    expect(answers.filter((answer) => ![200, 404].includes(answer.status))).toEqual([]);
    expect((await app.api(`/users/${user.id}`)).status).toBe(404);
    for (const id of organizations) expect((await totals(id)).members).toBe(0);
  });

  test("changing roles: the member ends with what one of them asked for", async () => {
    const organizationId = await createOrganization();
    const user = await createUser(organizationId);
    const answers = await Promise.all([
      ...["admin", "member", "admin", "member"].map((name) =>
        membership("PATCH", organizationId, user.id, { body: { roles: [{ name }] } }),
      ),
    ]);
    expect(statuses(answers)).toEqual([200, 200, 200, 200]);
    expect((await roles("GET", organizationId, user.id)).body.roles).toHaveLength(1);
  });
});
