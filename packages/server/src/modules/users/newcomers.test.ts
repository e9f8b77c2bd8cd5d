/** Users who are created at the same time: they share a transaction, and neither answers nor refusals. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { eventTypesSince, lastEventId } from "../../testing/scenarios.ts";

let app: TestApp;
let acme: string;
let hooli: string;
beforeAll(async () => {
  app = await startTestApp();
  [acme, hooli] = await Promise.all([organization("Acme"), organization("Hooli")]);
});
afterAll(() => app.stop());

async function organization(name: string): Promise<string> {
  return (await app.api("/organizations", { body: { display_name: name } })).body.organization.id;
}

const create = (organizationId: string, user: object): Promise<ApiAnswer> =>
  app.api(`/organizations/${organizationId}/users?send_invitation_email=false`, { body: user });
const totalOf = async (path: string) => (await app.api(path)).body.total_size;
const statuses = (answers: ApiAnswer[]) => answers.map(({ status }) => status);
const addresses = (label: string, count: number) =>
  Array.from({ length: count }, (_, at) => `${label}-${at}@burst.example`);

test("each is made with what was said of them, in their own organization", async () => {
  const team = { key: "team", label: "Team", datatype: "STRING", enabled: true };
  await app.api("/user-profile-attributes", { body: team });
  const before = await totalOf("/users");
  const since = await lastEventId(app);
  const emails = addresses("plain", 20);
  const answers = await Promise.all(
    emails.map((email, at) =>
      create(at % 2 ? acme : hooli, {
        email,
        external_id: `ext-${email}`,
        metadata: { row: String(at), quoted: '"\\' },
        user_profile: { given_name: `Given ${at}`, custom_attributes: { team: `t${at}` } },
      }),
    ),
  );
  expect(statuses(answers)).toEqual(emails.map(() => 201));
  for (const [at, { body }] of answers.entries()) {
    expect(body.user).toMatchObject({
      email: emails[at],
      external_id: `ext-${emails[at]}`,
      metadata: { row: String(at), quoted: '"\\' },
      user_profile: { given_name: `Given ${at}`, family_name: "", custom_attributes: { team: `t${at}` } },
      memberships: [{ organization_id: at % 2 ? acme : hooli, roles: [{ name: "member" }] }],
    });
  }
  expect((await eventTypesSince(app, since)).length).toBe(20);
  expect(await totalOf("/users")).toBe(before + 20);
  expect(await totalOf(`/organizations/${acme}/users`)).toBe(10);
  expect(await totalOf(`/organizations/${hooli}/users`)).toBe(10);
});

describe("at once with others", () => {
  test("whoever is refused is told why, and nobody else is", async () => {
    await create(acme, { email: "known@burst.example", external_id: "taken" });
    const before = await totalOf("/users");
    const good = addresses("good", 8).map((email) => create(acme, { email }));
    const bad = [
      create(acme, { email: "known@burst.example" }),
      create(acme, { email: "other@burst.example", external_id: "taken" }),
      create("org_100000000000000001", { email: "nowhere@burst.example" }),
      create(acme, {
        email: "unknown-role@burst.example",
        membership: { roles: [{ name: "no_such_role" }] },
      }),
    ];
    expect(statuses(await Promise.all(good))).toEqual(good.map(() => 201));
    const refused = await Promise.all(bad);
    expect(refused.map(({ body }) => body.details?.[0]?.error_code)).toEqual([
      "USER_ALREADY_MEMBER",
      "USER_EXTERNAL_ID_TAKEN",
      "ORGANIZATION_NOT_FOUND",
      expect.any(String),
    ]);
    expect(refused[3]?.status).toBe(400);
    expect(await totalOf("/users")).toBe(before + 8);
  });

  test("one person in two organizations is one user with two memberships", async () => {
    const before = await totalOf("/users");
    const email = "both@burst.example";
    const answers = await Promise.all([create(acme, { email }), create(hooli, { email })]);
    expect(statuses(answers)).toEqual([201, 201]);
    expect(new Set(answers.map(({ body }) => body.user.id)).size).toBe(1);
    const { body } = await app.api(`/users/${answers[0]?.body.user.id}`);
    expect(
      body.user.memberships.map((one: { organization_id: string }) => one.organization_id).sort(),
    ).toEqual([acme, hooli].sort());
    expect(await totalOf("/users")).toBe(before + 1);
  });

  test("one address twenty times in one organization is one user, and nineteen are told so", async () => {
    const email = "twenty@burst.example";
    const answers = await Promise.all(Array.from({ length: 20 }, () => create(acme, { email })));
    expect(statuses(answers).sort()).toEqual([201, ...Array(19).fill(409)]);
  });

  test("an organization with a limit fills up to it, and one without is not held back", async () => {
    const small = await organization("Small");
    await app.api(`/organizations/${small}/settings/usermanagement`, {
      method: "PATCH",
      body: { settings: { max_allowed_users: 3 } },
    });
    const limited = addresses("limited", 7).map((email) => create(small, { email }));
    const free = addresses("free", 7).map((email) => create(hooli, { email }));
    expect(statuses(await Promise.all(free))).toEqual(free.map(() => 201));
    expect(statuses(await Promise.all(limited)).filter((status) => status === 201)).toHaveLength(3);
    expect(await totalOf(`/organizations/${small}/users`)).toBe(3);
  });

  test("whoever waits for an organization that somebody holds waits alone", async () => {
    const busy = await organization("Busy");
    await app.api(`/organizations/${busy}/settings/usermanagement`, {
      method: "PATCH",
      body: { settings: { max_allowed_users: 3 } },
    });
    const released = Promise.withResolvers<void>();
    const held = Promise.withResolvers<void>();
    const holder = app.app.db.transaction().execute(async (db) => {
      await db.selectFrom("organizations").select("id").where("id", "=", busy).forUpdate().execute();
      held.resolve();
      await released.promise;
    });
    await held.promise;
    let isAnswered = false;
    const waiting = create(busy, { email: "waiting@burst.example" }).finally(() => {
      isAnswered = true;
    });
    const others = addresses("bystander", 12).map((email) => create(hooli, { email }));
    expect(statuses(await Promise.all(others))).toEqual(others.map(() => 201));
    expect(isAnswered).toBe(false);
    released.resolve();
    await holder;
    expect((await waiting).status).toBe(201);
  });
});
