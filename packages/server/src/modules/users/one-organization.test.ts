/** Environments in which a user belongs to one organization: kept whatever way somebody comes, and by two at once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import {
  addPeople,
  changePerson,
  createDirectory,
  createTenant,
  member,
  personOf,
  removePerson,
} from "../../testing/directories.ts";
import { createSamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import { unique, usersOf } from "./testing.ts";

let app: TestApp;
const { createOrganization, createUser, join, membership, totals } = usersOf(() => app);

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

const several = { allow_multiple_memberships: true, org_user_relationship: "MULTIPLE_ORGANIZATIONS" };

async function set(settings: object) {
  const path = `/environments/${app.environmentId}/settings/user-management`;
  return app.api(path, { method: "PATCH", body: settings });
}

/** Somebody of another organization, whom several would let in; then the environment has one for each. */
async function outsider(email = `${unique("outsider")}@example.com`) {
  await set(several);
  const elsewhere = await createOrganization();
  const user = await createUser(elsewhere, { email });
  await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
  return { ...user, elsewhere };
}

const refused = {
  status: 400,
  body: { code: 9, details: [expect.objectContaining({ error_code: "USER_ELSEWHERE" })] },
};

describe.each([
  ["org_user_relationship", { org_user_relationship: "SINGLE_ORGANIZATION" }],
  ["allow_multiple_memberships", { allow_multiple_memberships: false }],
])("%s", (_name, settings) => {
  test("keeps members of one organization out of others, and leaves nothing behind", async () => {
    const { id, email, elsewhere } = await outsider();
    await set({ ...several, ...settings });
    const acme = await createOrganization();
    const before = await totals(acme);
    expect(await join(acme, id)).toMatchObject(refused);
    const path = `/organizations/${acme}/users?send_invitation_email=false`;
    expect(await app.api(path, { body: { email } })).toMatchObject(refused);
    expect(await totals(acme)).toEqual(before);
    await set(several);
    expect((await join(acme, id)).status).toBe(201);
    await set(settings);
    // Who is in both stays in both.
    expect((await totals(elsewhere)).members).toBe(1);
    expect((await membership("PATCH", acme, id, { body: { membership: {} } })).status).toBe(200);
  });
});

describe("where users belong to one organization", () => {
  test("an invitation keeps nobody out of anywhere, and who was removed may join another", async () => {
    await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
    const [acme, globex] = [await createOrganization(), await createOrganization()];
    const email = `${unique("invited")}@example.com`;
    const { user } = (await app.api(`/organizations/${acme}/users`, { body: { email } })).body;
    expect((await join(globex, user.id)).status).toBe(201);
    await membership("DELETE", globex, user.id, { query: "?cascade=false" });
    expect((await join(await createOrganization(), user.id)).status).toBe(201);
  });

  test("whoever invites learns nothing of where else people are", async () => {
    const { email } = await outsider();
    const acme = await createOrganization();
    const invited = [email, `${unique("unknown")}@example.com`].map((address) =>
      app.api(`/organizations/${acme}/users`, { body: { email: address } }),
    );
    expect((await Promise.all(invited)).map(({ status }) => status)).toEqual([201, 201]);
  });

  test("an invitation is not accepted by signing in while they are elsewhere", async () => {
    const tenant = await createSamlTenant(app);
    const email = `ada@${tenant.domain}`;
    const { id, elsewhere } = await outsider(email);
    await app.api(`/organizations/${tenant.organizationId}/users`, { body: { email } });
    expect((await samlSignIn(app, tenant, { email })).answer.get("error")).toBe("access_denied");
    await membership("DELETE", elsewhere, id, { query: "?cascade=false" });
    expect((await samlSignIn(app, tenant, { email })).answer.get("code")).toMatch(/^.{43}$/);
  });

  test("of two that ask for somebody at once one gets them", async () => {
    await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
    for (let round = 0; round < 10; round++) {
      const home = await createOrganization();
      const { id } = await createUser(home);
      const rivals = await Promise.all(Array.from({ length: 4 }, () => createOrganization()));
      await membership("DELETE", home, id, { query: "?cascade=false" });
      const answers = await Promise.all(rivals.map((rival) => join(rival, id)));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400]);
      expect((await app.api(`/users/${id}`)).body.user.memberships).toHaveLength(1);
    }
  });

  test("of two that make somebody at once one gets them", async () => {
    await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
    for (let round = 0; round < 10; round++) {
      const rivals = await Promise.all(Array.from({ length: 4 }, () => createOrganization()));
      const email = `${unique("wanted")}@example.com`;
      const path = (rival: string) => `/organizations/${rival}/users?send_invitation_email=false`;
      const answers = await Promise.all(rivals.map((rival) => app.api(path(rival), { body: { email } })));
      expect(answers.map(({ status }) => status).sort()).toEqual([201, 400, 400, 400]);
    }
  });

  test("single sign-on tells them apart: the app is told, and the trace says what to do", async () => {
    const tenant = await createSamlTenant(app);
    const email = `ada@${tenant.domain}`;
    await outsider(email);
    const { answer } = await samlSignIn(app, tenant, { email });
    expect(answer.get("error")).toBe("access_denied");
    expect(answer.get("error_description")).toContain("they belong to another one");
    const { traces } = (await app.api(`/traces?connection_id=${tenant.connectionId}`)).body;
    const trace = (await app.api(`/traces/${traces[0].id}`)).body;
    expect(JSON.stringify(trace)).toContain("user_elsewhere");
    await set(several);
    expect((await samlSignIn(app, tenant, { email })).answer.get("code")).toMatch(/^.{43}$/);
  });

  test("directories pass them by, say so before, and let them in once they are free", async () => {
    const acme = await createTenant(app);
    const email = acme.address("ada");
    const { id, elsewhere } = await outsider(email);
    await app.api(acme.path, { method: "PATCH", body: { name: "New", status: "DRAFT" } });
    const [ada = ""] = await addPeople(app, acme, [personOf(email), personOf(acme.address("bob"))]);
    const { body } = await app.api(`${acme.path}:preview`);
    expect(body.counts).toMatchObject({ users_created: 1, left_out_other_organization: 1 });
    expect(body.people[0]).toMatchObject({ effect: "LEFT_OUT_OTHER_ORGANIZATION", user_id: id });
    expect((await app.api(`${acme.path}:enable`, { method: "PATCH" })).status).toBe(200);
    expect(await member(app, acme, email)).toBeUndefined();
    expect(await member(app, acme, acme.address("bob"))).toMatchObject({ status: "ACTIVE" });
    await membership("DELETE", elsewhere, id, { query: "?cascade=false" });
    await changePerson(app, acme, ada, personOf(email, { title: "Countess" }));
    expect(await member(app, acme, email)).toMatchObject({ id, status: "ACTIVE" });
    // Now they are kept from others, until the directory lets them go.
    const globex = await createOrganization();
    expect(await join(globex, id)).toMatchObject(refused);
    await changePerson(app, acme, ada, personOf(email, { active: false }));
    expect((await join(globex, id)).status).toBe(201);
    await changePerson(app, acme, ada, personOf(email));
    expect(await member(app, acme, email)).toMatchObject({ status: "INACTIVE" });
    await membership("DELETE", globex, id, { query: "?cascade=false" });
    await changePerson(app, acme, ada, personOf(email, { title: "Lady" }));
    expect(await member(app, acme, email)).toMatchObject({ status: "ACTIVE" });
  });

  test.each([
    ["deactivates", (email: string) => personOf(email, { active: false })],
    ["deletes", undefined],
  ])(
    "who was passed by and got in by signing in loses access when the directory %s them",
    async (_how, document) => {
      const tenant = await createSamlTenant(app);
      const acme = await createDirectory(app, tenant.organizationId);
      const email = `ada@${tenant.domain}`;
      const { id, elsewhere } = await outsider(email);
      const [ada = ""] = await addPeople(app, acme, [personOf(email)]);
      expect(await member(app, acme, email)).toBeUndefined();
      await membership("DELETE", elsewhere, id, { query: "?cascade=false" });
      expect((await samlSignIn(app, tenant, { email })).answer.get("code")).toMatch(/^.{43}$/);
      if (document) await changePerson(app, acme, ada, document(email));
      else await removePerson(app, acme, ada);
      expect(await member(app, acme, email)).toMatchObject({ status: "INACTIVE" });
      expect((await samlSignIn(app, tenant, { email })).answer.get("error")).toBe("user_not_active");
    },
  );

  test("a directory is enabled while others take its people: each is of one of the two", async () => {
    await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
    const acme = await createTenant(app);
    const [home, globex] = [await createOrganization(), await createOrganization()];
    await app.api(acme.path, { method: "PATCH", body: { name: "New", status: "DRAFT" } });
    const emails = Array.from({ length: 20 }, (_, at) => acme.address(`person${at}`));
    const ids = await Promise.all(emails.map(async (email) => (await createUser(home, { email })).id));
    await addPeople(
      app,
      acme,
      emails.map((email) => personOf(email)),
    );
    for (const id of ids) await membership("DELETE", home, id, { query: "?cascade=false" });
    const [enabled] = await Promise.all([
      app.api(`${acme.path}:enable`, { method: "PATCH" }),
      ...ids.map((id) => join(globex, id)),
    ]);
    expect(enabled.status).toBe(200);
    const rows = await app.app.db
      .selectFrom("memberships")
      .selectAll()
      .where("status", "=", "ACTIVE")
      .execute();
    for (const id of ids) expect(rows.filter(({ user_id }) => user_id === id)).toHaveLength(1);
  });

  describe("what a directory took is given back", () => {
    async function deactivated(names: string[]) {
      const acme = await createTenant(app);
      const emails = names.map(acme.address);
      const ids = await addPeople(
        app,
        acme,
        emails.map((email) => personOf(email)),
      );
      const start_time = new Date(app.app.now().getTime()).toISOString();
      for (const [at, email] of emails.entries())
        await changePerson(app, acme, ids[at] ?? "", personOf(email, { active: false }));
      const restore = (more: object = {}) =>
        app.api(`${acme.path}:restore`, { body: { start_time, ...more } });
      return { acme, emails, restore };
    }

    test("but for those who are elsewhere by now, who are passed by", async () => {
      await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
      const { acme, emails, restore } = await deactivated(["ada", "bob"]);
      const [ada = "", bob = ""] = emails;
      const { id = "" } = (await member(app, acme, ada)) ?? {};
      const globex = await createOrganization();
      await join(globex, id);
      for (const dry_run of [true, false])
        expect((await restore({ dry_run })).body).toMatchObject({ memberships_restored: 1 });
      expect(await member(app, acme, ada)).toMatchObject({ status: "INACTIVE" });
      expect(await member(app, acme, bob)).toMatchObject({ status: "ACTIVE" });
      await membership("DELETE", globex, id, { query: "?cascade=false" });
      expect((await restore()).body).toMatchObject({ memberships_restored: 1 });
      expect(await member(app, acme, ada)).toMatchObject({ status: "ACTIVE" });
    });

    test("while others of a limited organization are joined by hand", async () => {
      await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
      const names = Array.from({ length: 20 }, (_, at) => `person${at}`);
      const { acme, emails, restore } = await deactivated(names);
      await app.api(`/organizations/${acme.organizationId}/settings/usermanagement`, {
        method: "PATCH",
        body: { settings: { max_allowed_users: 100 } },
      });
      const ids = await Promise.all(emails.map(async (email) => (await member(app, acme, email))?.id ?? ""));
      const answers = await Promise.all([restore(), ...ids.map((id) => join(acme.organizationId, id))]);
      expect(answers.map(({ status }) => status)).toEqual([200, ...ids.map(() => 409)]);
    });

    test("or they join elsewhere, of the two at once one", async () => {
      await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
      for (let round = 0; round < 10; round++) {
        const { acme, emails, restore } = await deactivated(["ada"]);
        const { id = "" } = (await member(app, acme, emails[0] ?? "")) ?? {};
        const globex = await createOrganization();
        await Promise.all([restore(), join(globex, id)]);
        const active = await app.app.db
          .selectFrom("memberships")
          .select("organization_id")
          .where("user_id", "=", id)
          .where("status", "=", "ACTIVE")
          .execute();
        expect(active).toHaveLength(1);
      }
    });
  });
});

test("that one address be several users is refused", async () => {
  for (const method of ["POST", "PATCH"]) {
    const path = `/environments/${app.environmentId}/settings/user-management`;
    const answer = await app.api(path, { method, body: { allow_duplicate_user_identities: true } });
    expect(answer.status).toBe(400);
    expect(JSON.stringify(answer.body)).toContain("user_management.allow_duplicate_user_identities");
  }
  expect((await set({ allow_duplicate_user_identities: false })).status).toBe(200);
});
