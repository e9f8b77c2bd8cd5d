/**
 * Eight callers at once, for everything that the management API makes: a name that may be there once is there once,
 * what is changed and deleted is gone, and one of all who delete is told that they did.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ApiAnswer, startTestApp, type TestApp } from "./testing/app.ts";
import { workspaceApi } from "./testing/callers.ts";

let app: TestApp;
let dashboard: TestApp["api"];
let org: string;

beforeAll(async () => {
  app = await startTestApp();
  dashboard = await workspaceApi(app);
  org = (await app.api("/organizations", { body: { display_name: "Acme" } })).body.organization.id;
});
afterAll(async () => {
  expect(app.logged.filter((line) => Number(line.level) >= 50)).toEqual([]);
  await app.stop();
});

interface Made {
  name: string;
  /** Who may make it; the application unless said otherwise. */
  by?: "dashboard";
  /** `{org}` stands for an organization, `{n}` for a number that no other test has. */
  create: string;
  body: object;
  /** Where the answer has what names it. */
  id: (body: ApiAnswer["body"]) => string;
  /** Below the address that it was made at, unless it is said in whole. */
  at?: string;
  change?: { method?: string; body: object };
  /** The status of those who ask for a name that is taken; absent where names may repeat. */
  taken?: number;
}

const things: Made[] = [
  {
    name: "an organization with an external id",
    create: "/organizations",
    body: { display_name: "Race", external_id: "race-{n}" },
    id: (body) => body.organization.id,
    change: { body: { display_name: "Changed" } },
    taken: 409,
  },
  {
    name: "an organization with a slug",
    create: "/organizations",
    body: { display_name: "Race", slug: "race-{n}" },
    id: (body) => body.organization.id,
    change: { body: { slug: "changed-{n}" } },
    taken: 409,
  },
  {
    name: "a user",
    create: "/organizations/{org}/users",
    body: { email: "race-{n}@example.com" },
    id: (body) => body.user.id,
    at: "/users",
    change: { body: { user_profile: { name: "Changed" } } },
    taken: 409,
  },
  {
    name: "a role",
    create: "/roles",
    body: { name: "race_{n}", display_name: "Race" },
    id: (body) => body.role.name,
    change: { method: "PUT", body: { display_name: "Changed" } },
    taken: 400,
  },
  {
    name: "a role of an organization",
    create: "/organizations/{org}/roles",
    body: { name: "race_{n}", display_name: "Race" },
    id: (body) => body.role.name,
    change: { method: "PUT", body: { display_name: "Changed" } },
    taken: 400,
  },
  {
    name: "a permission",
    create: "/permissions",
    body: { name: "race:{n}" },
    id: (body) => body.permission.name,
    taken: 400,
  },
  {
    name: "a domain",
    create: "/organizations/{org}/domains",
    body: { domain: "race-{n}.com" },
    id: (body) => body.domain.id,
    change: { body: {} },
    taken: 400,
  },
  {
    name: "an application",
    create: "/clients",
    body: { name: "Race", client_type: "WEB_APP" },
    id: (body) => body.client.id,
    change: { body: { name: "Changed" } },
  },
  {
    name: "a machine client",
    create: "/organizations/{org}/clients",
    body: { name: "Race" },
    id: (body) => body.client.client_id,
    change: { body: { name: "Changed" } },
  },
  {
    name: "a stored secret",
    create: "/secrets",
    body: { secret_type: "INTERCEPTOR_HMAC", tenant_type: "INTERCEPTOR" },
    id: (body) => body.secret.id,
  },
  {
    name: "a connection",
    create: "/organizations/{org}/connections",
    body: { provider: "CUSTOM", type: "SAML" },
    id: (body) => body.connection.id,
    change: { body: { provider: "CUSTOM", type: "SAML", ui_button_title: "Changed" } },
  },
  {
    name: "a declared attribute",
    create: "/sso-user-attributes",
    body: { key: "race_{n}", label: "Race", datatype: "STRING", enabled: true },
    id: (body) => body.user_attribute.key,
    change: { body: { key: "race_{n}", label: "Changed", datatype: "STRING", enabled: true } },
    taken: 409,
  },
  {
    name: "a member of the dashboard",
    create: "/members",
    body: { email: "race-{n}@acme.com" },
    id: (body) => body.member.id,
    change: { body: { first_name: "Changed" } },
    taken: 409,
  },
  {
    name: "a scope",
    by: "dashboard",
    create: "/scopes",
    body: { name: "race:{n}" },
    id: (body) => body.scope.id,
    change: { body: { enabled: false } },
    taken: 409,
  },
];

let made = 0;
const many = 8;

function requestsOf(thing: Made) {
  const number = String(++made);
  const fill = (text: string) => text.replaceAll("{n}", number).replaceAll("{org}", org);
  const call = thing.by === "dashboard" ? dashboard : app.api;
  const address = (id: string) => `${fill(thing.at ?? thing.create)}/${id}`;
  return {
    create: () => call(fill(thing.create), { body: JSON.parse(fill(JSON.stringify(thing.body))) }),
    change: (id: string) =>
      call(address(id), {
        method: thing.change?.method ?? "PATCH",
        body: JSON.parse(fill(JSON.stringify(thing.change?.body))),
      }),
    remove: (id: string) => call(address(id), { method: "DELETE" }),
  };
}

const statusesOf = (answers: ApiAnswer[]) => answers.map(({ status }) => status).sort();
const times = <T>(work: () => Promise<T>) => Array.from({ length: many }, work);

describe("of eight at once", () => {
  const named = things.filter(({ taken }) => taken !== undefined);
  test.each(named)("one makes $name, and the others hear that it is there", async (thing) => {
    const { create, remove } = requestsOf(thing);
    const answers = await Promise.all(times(create));
    const [first = 0, ...others] = statusesOf(answers);
    expect([200, 201]).toContain(first);
    expect(others).toEqual(Array(many - 1).fill(thing.taken));
    // The name is free again when the one that has it is gone.
    const winner = answers.find(({ status }) => status === first);
    await remove(thing.id(winner?.body));
    expect((await create()).status).toBe(first);
  });

  test.each(things)("one deletes $name, and the others find nothing", async (thing) => {
    const { create, remove } = requestsOf(thing);
    const id = thing.id((await create()).body);
    expect(statusesOf(await Promise.all(times(() => remove(id))))).toEqual([
      200,
      ...Array(many - 1).fill(404),
    ]);
  });

  const changeable = things.filter(({ change }) => change !== undefined);
  test.each(changeable)("some change $name while one deletes it: it is gone", async (thing) => {
    const { create, change, remove } = requestsOf(thing);
    const id = thing.id((await create()).body);
    const answers = await Promise.all([...times(() => change(id)), remove(id), ...times(() => change(id))]);
    expect(statusesOf(answers).filter((status) => status !== 200 && status !== 404)).toEqual([]);
    expect((await change(id)).status).toBe(404);
    expect((await remove(id)).status).toBe(404);
  });
});

test("of eight users who take the same external id at once, one has it", async () => {
  const people = await Promise.all(
    Array.from({ length: many }, async (_, index) => {
      const body = { email: `same-${index}@example.com` };
      return (await app.api(`/organizations/${org}/users`, { body })).body.user.id as string;
    }),
  );
  const answers = await Promise.all(
    people.map((id) => app.api(`/users/${id}`, { method: "PATCH", body: { external_id: "the-one" } })),
  );
  expect(statusesOf(answers)).toEqual([200, ...Array(many - 1).fill(409)]);
});

test("whoever changes what lives in an organization while it is deleted gets an answer, and nothing stays", async () => {
  const organization = (await app.api("/organizations", { body: { display_name: "Short-lived" } })).body
    .organization.id;
  const below: [string, object][] = [
    ["users", { email: "left@example.com" }],
    ["domains", { domain: "left-behind.com" }],
    ["roles", { name: "left_behind", display_name: "Left" }],
    ["clients", { name: "Left" }],
    ["connections", { provider: "CUSTOM", type: "SAML" }],
    ["portal_links", {}],
  ];
  const create = ([kind, body]: [string, object]) => {
    const method = kind === "portal_links" ? "PUT" : "POST";
    return app.api(`/organizations/${organization}/${kind}`, { method, body });
  };
  const answers = await Promise.all([
    ...below.map(create),
    app.api(`/organizations/${organization}`, { method: "DELETE" }),
    ...below.map(create),
  ]);
  const refused = [400, 404, 409];
  expect(statusesOf(answers).filter((status) => status > 201 && !refused.includes(status))).toEqual([]);
  const { db } = app.app;
  for (const table of [
    "memberships",
    "domains",
    "roles",
    "clients",
    "connections",
    "portal_links",
  ] as const) {
    const rows = await db.selectFrom(table).selectAll().where("organization_id", "=", organization).execute();
    expect({ table, rows }).toEqual({ table, rows: [] });
  }
});
