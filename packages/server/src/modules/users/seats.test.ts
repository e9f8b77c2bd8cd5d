/** The limit of an organization's users: kept whatever way somebody comes, and by many at once. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../context.ts";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { createSamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import { provision } from "./provisioning.ts";
import { placeIn, unique, usersOf } from "./testing.ts";

let app: TestApp;
const { createOrganization, createUser, join, membership, resend, totals } = usersOf(() => app);

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

async function limit(organizationId: string, most: number | undefined): Promise<void> {
  const path = `/organizations/${organizationId}/settings/usermanagement`;
  const settings = most === undefined ? {} : { max_allowed_users: most };
  expect((await app.api(path, { method: "PATCH", body: { settings } })).status).toBe(200);
}

async function limited(most: number): Promise<string> {
  const organizationId = await createOrganization();
  await limit(organizationId, most);
  return organizationId;
}

const invite = (organizationId: string, email = `${unique("seat")}@example.com`): Promise<ApiAnswer> =>
  app.api(`/organizations/${organizationId}/users`, { body: { email } });

const full = {
  status: 400,
  body: { code: 9, details: [expect.objectContaining({ error_code: "USER_LIMIT_REACHED" })] },
};
const days = 86_400;

describe("an organization with a limit of users", () => {
  test("refuses the next one, active or invited, new or known, and leaves nothing behind", async () => {
    const organizationId = await limited(2);
    await createUser(organizationId);
    expect((await invite(organizationId)).status).toBe(201);
    const before = await totals(organizationId);
    const email = `${unique("seat")}@example.com`;
    expect(await invite(organizationId, email)).toMatchObject(full);
    const path = `/organizations/${organizationId}/users?send_invitation_email=false`;
    expect(await app.api(path, { body: { email } })).toMatchObject(full);
    expect((await app.api(`/users:search?query=${email}`)).body.users).toEqual([]);
    expect(await totals(organizationId)).toEqual(before);
    const elsewhere = await createUser(await createOrganization());
    expect(await join(organizationId, elsewhere.id)).toMatchObject(full);
    expect(await membership("POST", organizationId, elsewhere.id, { body: {} })).toMatchObject(full);
  });

  test("tells a member that they are one, full or not", async () => {
    const organizationId = await limited(1);
    const user = await createUser(organizationId);
    expect((await invite(organizationId, user.email)).status).toBe(409);
    expect((await join(organizationId, user.id)).status).toBe(409);
  });

  test("has room again when somebody leaves, and when the limit is raised or taken away", async () => {
    const organizationId = await limited(1);
    const user = await createUser(organizationId);
    await membership("DELETE", organizationId, user.id);
    expect((await invite(organizationId)).status).toBe(201);
    expect(await invite(organizationId)).toMatchObject(full);
    await limit(organizationId, 2);
    expect((await invite(organizationId)).status).toBe(201);
    await limit(organizationId, 0);
    expect((await invite(organizationId)).status).toBe(201);
    await limit(organizationId, 1);
    expect(await invite(organizationId)).toMatchObject(full);
    expect((await totals(organizationId)).members).toBe(3);
    await limit(organizationId, undefined);
    expect((await invite(organizationId)).status).toBe(201);
  });

  test("does not count an invitation that has run out, nor sends it again when full", async () => {
    const organizationId = await limited(1);
    const { user } = (await invite(organizationId)).body;
    expect((await resend(organizationId, user.id)).status).toBe(200);
    app.advance(15 * days);
    await createUser(organizationId);
    expect(await resend(organizationId, user.id)).toMatchObject(full);
    expect(placeIn(await app.api(`/users/${user.id}`), organizationId)).toMatchObject({
      membership_status: "INVITE_EXPIRED",
    });
    await limit(organizationId, 2);
    expect((await resend(organizationId, user.id)).status).toBe(200);
    expect(await invite(organizationId)).toMatchObject(full);
  });

  test("has the environment's limit where it has none of its own", async () => {
    const path = `/environments/${app.environmentId}/settings/user-management`;
    const ofEnvironment = (body: object) => app.api(path, { method: "PATCH", body });
    expect((await ofEnvironment({ enable_max_users_limit: true, max_users_limit: 1 })).status).toBe(200);
    const organizationId = await createOrganization();
    await createUser(organizationId);
    expect(await invite(organizationId)).toMatchObject(full);
    await limit(organizationId, 2);
    expect((await invite(organizationId)).status).toBe(201);
    await limit(organizationId, 0);
    expect((await invite(organizationId)).status).toBe(201);
    await limit(organizationId, undefined);
    expect(await invite(organizationId)).toMatchObject(full);
    await ofEnvironment({ enable_max_users_limit: false });
    expect((await invite(organizationId)).status).toBe(201);
  });

  test("leaves those alone who have a seat when a directory names them again under a lower limit", async () => {
    const organizationId = await createOrganization();
    const names = { given_name: "", family_name: "", name: "", preferred_username: "" };
    const profile = { ...names, phone_number: "", picture: "", locale: "", custom_attributes: {} };
    const people = ["one", "two"].map((name) => ({ email: `${unique(name)}@example.com`, profile }));
    const send = (list: typeof people) =>
      inTransaction(app.systemCtx(), (ctx) => provision(ctx, organizationId, list, "refuse"));
    await send(people);
    await limit(organizationId, 1);
    expect((await send(people)).changed).toEqual([]);
    const third = { email: `${unique("three")}@example.com`, profile };
    await expect(send([...people, third])).rejects.toMatchObject({ code: "USER_LIMIT_REACHED" });
    expect((await totals(organizationId)).members).toBe(2);
  });

  test("lets ten of a hundred in at once", async () => {
    const organizationId = await limited(10);
    const answers = await Promise.all(Array.from({ length: 100 }, () => invite(organizationId)));
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(10);
    expect(statuses.filter((status) => status === 400)).toHaveLength(90);
    expect((await totals(organizationId)).members).toBe(10);
  });

  test("can be deleted while people join and invitations are sent again", async () => {
    for (let round = 0; round < 4; round++) {
      const organizationId = await limited(5);
      const { user } = (await invite(organizationId)).body;
      app.advance(15 * days);
      const answers = await Promise.all([
        ...Array.from({ length: 4 }, () => invite(organizationId)),
        resend(organizationId, user.id),
        invite(organizationId, user.email),
        app.api(`/organizations/${organizationId}`, { method: "DELETE" }),
        ...Array.from({ length: 4 }, () => invite(organizationId)),
      ]);
      expect(answers.filter(({ status }) => ![200, 201, 400, 404, 409].includes(status))).toEqual([]);
    }
  });
});

describe("signing in at the organization's identity provider", () => {
  test("makes no member past the limit: the app is told, and the trace says what to do", async () => {
    const tenant = await createSamlTenant(app);
    await limit(tenant.organizationId, 1);
    await samlSignIn(app, tenant, { email: `first@${tenant.domain}` });
    const { answer } = await samlSignIn(app, tenant, { email: `second@${tenant.domain}` });
    expect(answer.get("error")).toBe("access_denied");
    expect(answer.get("error_description")).toContain("has as many users as it may");
    const { traces } = (await app.api(`/traces?connection_id=${tenant.connectionId}`)).body;
    const trace = (await app.api(`/traces/${traces[0].id}`)).body;
    expect(JSON.stringify(trace)).toContain("user_limit_reached");
    expect((await totals(tenant.organizationId)).members).toBe(1);
    expect((await app.api(`/users:search?query=second@${tenant.domain}`)).body.users).toEqual([]);
    // Who is in stays in.
    const again = await samlSignIn(app, tenant, { email: `first@${tenant.domain}` });
    expect(again.answer.get("code")).toMatch(/^.{43}$/);
  });

  test("accepts a running invitation of a full organization, and no invitation that has run out", async () => {
    const tenant = await createSamlTenant(app);
    await limit(tenant.organizationId, 1);
    const email = `ada@${tenant.domain}`;
    await invite(tenant.organizationId, email);
    expect((await samlSignIn(app, tenant, { email })).answer.get("code")).toMatch(/^.{43}$/);
    await limit(tenant.organizationId, 2);
    const late = `late@${tenant.domain}`;
    await invite(tenant.organizationId, late);
    app.advance(15 * days);
    await createUser(tenant.organizationId);
    expect((await samlSignIn(app, tenant, { email: late })).answer.get("error")).toBe("access_denied");
  });
});
