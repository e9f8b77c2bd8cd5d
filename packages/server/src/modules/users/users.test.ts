/** UserService: users and their profiles, over REST and gRPC, what is refused, and what is announced. */
import { Code } from "@connectrpc/connect";
import { UserService } from "@gatehouse/contract/scalekit/v1/users/users_pb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { rpc } from "../../testing/callers.ts";

let app: TestApp;
let organizationId: string;
const unknown = "usr_100000000000000001";
let made = 0;

beforeAll(async () => {
  app = await startTestApp();
  organizationId = await createOrganization();
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

async function createOrganization(): Promise<string> {
  const { body } = await app.api("/organizations", {
    body: { display_name: "Acme", metadata: { tier: "gold" } },
  });
  return body.organization.id;
}

function create(body: object, to = organizationId): Promise<ApiAnswer> {
  return app.api(`/organizations/${to}/users?send_invitation_email=false`, { body });
}

async function newUser(fields: object = {}) {
  const { body } = await create({ email: `user-${++made}@example.com`, ...fields });
  return body.user;
}

function patch(id: string, body: object): Promise<ApiAnswer> {
  return app.api(`/users/${id}`, { method: "PATCH", body });
}

async function events(userId: string) {
  const rows = await app.app.db.selectFrom("events").selectAll().orderBy("id").execute();
  return rows.filter((row) => (row.payload as { user?: { id: string } }).user?.id === userId);
}

describe("a user", () => {
  const profile = {
    given_name: "Ada",
    family_name: "Lovelace",
    name: "Ada Lovelace",
    locale: "en-GB",
    phone_number: "+441234567890",
    preferred_username: "ada",
    picture: "https://example.com/ada.png",
    gender: "female",
    groups: ["analysts", "poets"],
    metadata: { source: "import" },
  };

  test("is created with a profile, found by id and external id, and shown whole", async () => {
    const answer = await create({
      email: " Ada@Example.COM".trim(),
      external_id: "ada-1",
      metadata: { plan: "pro" },
      user_profile: profile,
      membership: { metadata: { seat: "one" } },
    });
    expect(answer.status).toBe(201);
    const { user } = answer.body;
    expect(user).toMatchObject({
      id: expect.stringMatching(/^usr_\d{18}$/),
      environment_id: app.environmentId,
      email: "ada@example.com",
      external_id: "ada-1",
      metadata: { plan: "pro" },
      user_profile: {
        ...profile,
        id: user.id.replace("usr_", "usp_"),
        first_name: "Ada",
        last_name: "Lovelace",
        email_verified: true,
        phone_number_verified: false,
        custom_attributes: {},
        external_identities: [],
      },
    });
    expect(user.memberships).toEqual([
      expect.objectContaining({
        organization_id: organizationId,
        membership_status: "ACTIVE",
        name: "Acme",
        display_name: "Acme",
        metadata: { seat: "one" },
        roles: [{ id: expect.stringMatching(/^role_/), name: "member", display_name: "Member" }],
        provisioning_method: "direct_provision",
      }),
    ]);
    expect(user.memberships[0]).not.toHaveProperty("expires_at");
    expect((await app.api(`/users/${user.id}`)).body.user).toEqual(user);
    expect((await app.api("/users:external/ada-1")).body.user).toEqual(user);
    const overGrpc = await rpc(app, UserService).getUser({ identities: { case: "id", value: user.id } });
    expect(overGrpc.user).toMatchObject({ email: "ada@example.com", userProfile: { lastName: "Lovelace" } });
  });

  test("takes the old names of the profile, which stay in step with the new ones", async () => {
    const user = await newUser({ user_profile: { first_name: "Grace", last_name: "Hopper" } });
    expect(user.user_profile).toMatchObject({
      given_name: "Grace",
      family_name: "Hopper",
      first_name: "Grace",
    });
    const { body } = await patch(user.id, { user_profile: { last_name: "Murray" } });
    expect(body.user.user_profile).toMatchObject({
      given_name: "Grace",
      family_name: "Murray",
      last_name: "Murray",
    });
  });

  test("is changed in the given fields only; maps and lists that are empty change nothing", async () => {
    const user = await newUser({ external_id: "keeps", metadata: { kept: "yes" }, user_profile: profile });
    const empty = { metadata: {}, user_profile: { groups: [], metadata: {}, custom_attributes: {} } };
    expect((await patch(user.id, empty)).body.user).toMatchObject({
      external_id: "keeps",
      metadata: { kept: "yes" },
      user_profile: profile,
    });
    const { body } = await patch(user.id, {
      metadata: { other: "map" },
      user_profile: { name: "", groups: ["poets"] },
    });
    expect(body.user).toMatchObject({
      metadata: { other: "map" },
      user_profile: { name: "", groups: ["poets"] },
    });
    expect(body.user.metadata).toEqual({ other: "map" });
    expect(
      (await app.api("/users:external/keeps", { method: "PATCH", body: { external_id: "" } })).status,
    ).toBe(200);
    expect((await app.api("/users:external/keeps")).status).toBe(404);
    expect((await app.api(`/users/${user.id}`)).body.user).not.toHaveProperty("external_id");
  });

  test("keeps address, id and creation time whatever is sent", async () => {
    const user = await newUser();
    const { body } = await patch(user.id, {
      id: unknown,
      email: "other@example.com",
      create_time: "2000-01-01T00:00:00Z",
      user_profile: { name: "New", email_verified: false },
    });
    expect(body.user).toMatchObject({ id: user.id, email: user.email, create_time: user.create_time });
    expect(body.user.user_profile.email_verified).toBe(true);
  });

  test("is gone when deleted, and their address and external id are free again", async () => {
    const user = await newUser({ external_id: "leaves" });
    expect(await app.api(`/users/${user.id}`, { method: "DELETE" })).toEqual({ status: 200, body: {} });
    expect((await app.api(`/users/${user.id}`)).status).toBe(404);
    expect((await app.api(`/users/${user.id}`, { method: "DELETE" })).status).toBe(404);
    const again = await create({ email: user.email, external_id: "leaves" });
    expect(again.status).toBe(201);
    expect(again.body.user.id).not.toBe(user.id);
    expect((await app.api("/users:external/leaves", { method: "DELETE" })).body).toEqual({});
    expect((await app.api("/users:external/leaves")).status).toBe(404);
  });
});

describe("what exists already", () => {
  test("an address, in any case, is added to the next organization and refused in the same one", async () => {
    const user = await newUser({ external_id: "once", user_profile: { name: "Known" } });
    const second = await createOrganization();
    const fields = {
      email: user.email.toUpperCase(),
      external_id: "once",
      user_profile: { name: "Changed" },
    };
    const joined = await create(fields, second);
    expect(joined.status).toBe(201);
    expect(joined.body.user).toMatchObject({ id: user.id, user_profile: { name: "Known" } });
    expect(
      joined.body.user.memberships.map((each: { organization_id: string }) => each.organization_id),
    ).toEqual([organizationId, second]);
    const again = await create(fields, second);
    expect(again).toMatchObject({ status: 409, body: { code: 6 } });
    expect(again.body.message).toContain("member of this organization already");
  });

  test("an external id of another user is refused, on create and on update", async () => {
    const user = await newUser({ external_id: "mine" });
    const other = await newUser();
    const taken = { status: 409, body: { code: 6, message: expect.stringContaining("already exists") } };
    expect(await create({ email: "new-one@example.com", external_id: "mine" })).toMatchObject(taken);
    expect(await patch(other.id, { external_id: "mine" })).toMatchObject(taken);
    expect((await patch(user.id, { external_id: "mine" })).status).toBe(200);
    expect((await app.api("/users:search?query=new-one@")).body.total_size).toBe(0);
  });
});

describe("input that breaks a rule", () => {
  const pairs = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`key-${at}`, "value"]));
  const long = (length: number) => "x".repeat(length);
  const maps = [pairs(21), { ab: "short" }, { [long(26)]: "long" }, { key: "" }, { key: long(257) }];
  const profiles = [
    ["given_name", long(256)],
    ["family_name", long(256)],
    ["first_name", long(201)],
    ["last_name", long(201)],
    ["name", long(513)],
    ["locale", long(65)],
    ["phone_number", long(65)],
    ["gender", long(65)],
    ["preferred_username", long(513)],
    ["picture", long(2049)],
    ["groups", [""]],
    ["groups", ["same", "same"]],
    ["groups", [long(251)]],
    ["groups", Array.from({ length: 51 }, (_, at) => `group-${at}`)],
    ["custom_attributes", { department: "undeclared" }],
    ["name", "nul \0"],
    ...maps.map((map) => ["metadata", map] as const),
    ...maps.map((map) => ["custom_attributes", map] as const),
  ] as const;
  const bodies = [
    ...profiles.map(([field, value]) => ({ user_profile: { [field]: value } })),
    ...maps.map((metadata) => ({ metadata })),
    { external_id: long(511) },
  ];

  async function refused(answer: ApiAnswer): Promise<void> {
    const { status, body } = answer;
    expect({ status, code: body.code }).toEqual({ status: 400, code: 3 });
    expect(body.details[0].error_code).toBe("INVALID_ARGUMENT");
    expect(body.details[0].validation_error_info.field_violations[0]).toMatchObject({
      field: expect.stringMatching(/./),
      constraint: expect.stringMatching(/./),
    });
  }

  test("is refused on create and on update, and leaves nothing", async () => {
    const user = await newUser();
    const count = (await app.api("/users")).body.total_size;
    for (const body of bodies) {
      await refused(await create({ email: "refused@example.com", ...body }));
      await refused(await patch(user.id, body));
    }
    expect((await app.api("/users")).body.total_size).toBe(count);
    expect((await app.api(`/users/${user.id}`)).body.user).toEqual(user);
  });

  test("names an undeclared attribute", async () => {
    const answer = await create({
      email: "a@example.com",
      user_profile: { custom_attributes: { department: "x" } },
    });
    expect(answer.body.message).toContain('"department" is not declared');
  });

  test.each([
    "",
    "nobody",
    "@example.com",
    "a@",
    "a@b@example.com",
    "a@localhost",
    "a b@example.com",
    "ünïcode@example.com",
    "a@exämple.com",
    "a＠example.com",
    "a\n@example.com",
    "a\u0000@example.com",
    "a\u202e@example.com",
    `${"x".repeat(65)}@example.com`,
    `a@${"x".repeat(250)}.com`,
  ])("is an address such as %j", async (email) => {
    await refused(await create({ email }));
  });

  test("is an address or external id of nearly 1 MB", async () => {
    await refused(await create({ email: long(1_000_000) }));
    await refused(await create({ email: "a@example.com", external_id: long(1_000_000) }));
  });

  test("is a request without a user, or of another shape", async () => {
    const path = `/organizations/${organizationId}/users`;
    expect((await app.api(path, { method: "POST" })).status).toBe(400);
    expect((await app.api(path, { body: [] })).status).toBe(400);
    expect((await app.api(path, { body: { email: 7 } })).status).toBe(400);
    const half = { email: "a@example.com", user_profile: { name: "half a surrogate \ud800" } };
    expect((await app.api(path, { body: half })).status).toBe(400);
    expect((await app.api(path, { body: { email: "a@example.com", metadata: "text" } })).status).toBe(400);
    expect(
      (await app.api(path, { body: { email: "a@example.com", user_profile: { name: long(2 ** 20) } } }))
        .status,
    ).toBe(413);
  });

  test.each([
    "usr_1",
    "org_100000000000000001",
    "usr_1000000000000000000000000",
    "nonsense",
    "usr_..%2f..%2fx",
  ])("is the id %s", async (id) => {
    for (const method of ["PATCH", "DELETE"]) {
      const { status } = await app.api(`/users/${id}`, { method, ...(method === "PATCH" && { body: {} }) });
      expect({ method, status }).toEqual({ method, status: 400 });
    }
    expect([400, 404]).toContain((await app.api(`/users/${id}`)).status);
  });

  test("is an external id that no user can have", async () => {
    expect((await app.api(`/users:external/${"x".repeat(511)}`)).status).toBe(400);
    const client = rpc(app, UserService);
    for (const identities of [{ case: undefined }, { case: "externalId", value: "" }] as const) {
      await expect(client.getUser({ identities })).rejects.toMatchObject({ code: Code.InvalidArgument });
      await expect(client.deleteUser({ identities })).rejects.toMatchObject({ code: Code.InvalidArgument });
    }
  });

  test("is a page size or token that no list has", async () => {
    const lists = ["/users?", "/users:search?query=user&", `/organizations/${organizationId}/users?`];
    for (const list of lists) {
      for (const query of [
        "page_size=-1",
        "page_size=4294967296",
        "page_size=x",
        "page_token=x",
        "page_token=%00",
      ])
        expect({ list, query, status: (await app.api(`${list}${query}`)).status }).toMatchObject({
          status: 400,
        });
    }
    expect((await app.api("/users?page_size=4294967295")).status).toBe(200);
    expect((await app.api(`/organizations/${organizationId}/users?page_size=101`)).status).toBe(400);
    for (const query of ["query=ab", `query=${"x".repeat(101)}`, "query=user&page_size=31", ""]) {
      expect((await app.api(`/users:search?${query}`)).status).toBe(400);
      expect((await app.api(`/organizations/${organizationId}/users:search?${query}`)).status).toBe(400);
    }
    const { next_page_token: token } = (await app.api("/users?page_size=1")).body;
    expect((await app.api(`/organizations/${organizationId}/users?page_token=${token}`)).status).toBe(400);
  });
});

test("text of any script is kept as it came", async () => {
  const name = "Ünï 漢字 🦊 \u202e \u0007 <script>'\"; drop table users--";
  const user = await newUser({
    external_id: `${name}/..?#%`,
    user_profile: { name },
    metadata: { note: name },
  });
  expect(user).toMatchObject({
    external_id: `${name}/..?#%`,
    user_profile: { name },
    metadata: { note: name },
  });
  const found = await app.api(`/users:external/${encodeURIComponent(`${name}/..?#%`)}`);
  expect(found.body.user.id).toBe(user.id);
});

test("who is not there is not found", async () => {
  expect((await app.api(`/users/${unknown}`)).body).toMatchObject({
    code: 5,
    message: `There is no user ${unknown} in this environment`,
  });
  expect((await patch(unknown, {})).status).toBe(404);
  expect((await app.api(`/users/${unknown}`, { method: "DELETE" })).status).toBe(404);
  for (const method of ["GET", "DELETE"])
    expect((await app.api("/users:external/nobody", { method })).status).toBe(404);
  expect((await create({ email: "lost@example.com" }, "org_100000000000000001")).status).toBe(404);
  expect((await app.api("/users:search?query=lost@")).body.total_size).toBe(0);
  for (const path of ["users", "users:search?query=lost"])
    expect((await app.api(`/organizations/org_100000000000000001/${path}`)).status).toBe(404);
});

test("what concerns a signed-in person or a dashboard is refused to an application", async () => {
  expect((await app.api("/users:this")).status).toBe(403);
  expect((await app.api("/users/me")).status).toBe(403);
  expect((await app.api("/users/support-hash")).status).toBe(403);
});

describe("events", () => {
  test("tell of a member who was added, with the organization and the whole user", async () => {
    const user = await newUser({
      external_id: "told",
      metadata: { plan: "pro" },
      user_profile: { name: "Told" },
    });
    const [event, ...more] = await events(user.id);
    expect(more).toEqual([]);
    expect(event).toMatchObject({
      type: "user.organization_membership_created",
      visibility: "public",
      environment_id: app.environmentId,
      organization_id: organizationId,
    });
    expect(event?.payload).toEqual({
      organization: {
        id: organizationId,
        display_name: "Acme",
        external_id: null,
        region_code: "US",
        create_time: expect.stringMatching(/^\d{4}-.*Z$/),
        update_time: expect.stringMatching(/^\d{4}-.*Z$/),
        metadata: { tier: "gold" },
        settings: { features: [{ name: "sso", enabled: true }] },
      },
      user: {
        id: user.id,
        email: user.email,
        external_id: "told",
        create_time: user.create_time,
        update_time: user.update_time,
        last_login_time: null,
        metadata: { plan: "pro" },
        user_profile: {
          id: user.user_profile.id,
          name: "Told",
          given_name: "",
          family_name: "",
          preferred_username: "",
          email_verified: true,
          phone_number: "",
          phone_number_verified: false,
          picture: "",
          gender: "",
          locale: "",
          groups: [],
          metadata: {},
          custom_attributes: {},
          external_identities: [],
        },
      },
    });
  });

  test("tell of each membership that ends with a user, and of nothing that failed", async () => {
    const user = await newUser();
    const second = await createOrganization();
    await create({ email: user.email }, second);
    await create({ email: user.email }, second);
    await patch(user.id, { user_profile: { locale: "x".repeat(100) } });
    await app.api(`/users/${user.id}`, { method: "DELETE" });
    expect(
      (await events(user.id)).map((event) => [event.type, event.visibility, event.organization_id]),
    ).toEqual([
      ["user.organization_membership_created", "public", organizationId],
      ["user.organization_membership_created", "public", second],
      ["user.organization_membership_deleted", "public", organizationId],
      ["user.organization_membership_deleted", "public", second],
      ["user.deleted", "internal", null],
    ]);
  });
});
