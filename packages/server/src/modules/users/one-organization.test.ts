/** Environments in which a user belongs to one organization: kept whatever way somebody comes, and by two at once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { addPeople, changePerson, createTenant, member, personOf } from "../../testing/directories.ts";
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
    expect(await membership("POST", acme, id, { body: {} })).toMatchObject(refused);
    for (const query of ["", "?send_invitation_email=false"])
      expect(await app.api(`/organizations/${acme}/users${query}`, { body: { email } })).toMatchObject(
        refused,
      );
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
  test("an invitation counts, and who was removed may join another", async () => {
    await set({ org_user_relationship: "SINGLE_ORGANIZATION" });
    const [acme, globex] = [await createOrganization(), await createOrganization()];
    const email = `${unique("invited")}@example.com`;
    const { user } = (await app.api(`/organizations/${acme}/users`, { body: { email } })).body;
    expect(await join(globex, user.id)).toMatchObject(refused);
    await membership("DELETE", acme, user.id, { query: "?cascade=false" });
    expect((await join(globex, user.id)).status).toBe(201);
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
    await changePerson(app, acme, ada, personOf(email, { active: true }));
    expect(await member(app, acme, email)).toMatchObject({ status: "INACTIVE" });
    const from = { start_time: new Date(app.app.now().getTime() - 60_000).toISOString() };
    expect(await app.api(`${acme.path}:restore`, { body: from })).toMatchObject(refused);
    expect(await member(app, acme, email)).toMatchObject({ status: "INACTIVE" });
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
