import { type CompiledQuery, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "../../lib/ids.ts";
import type { Scope } from "../../protocols/scim/attributes.ts";
import { type Filter, parseFilter, printFilter } from "../../protocols/scim/filter.ts";
import { GROUP_SCOPE } from "../../protocols/scim/group-schema.ts";
import type { JsonObject } from "../../protocols/scim/json.ts";
import { matches } from "../../protocols/scim/matches.ts";
import { USER_SCOPE } from "../../protocols/scim/user-schema.ts";
import { startTestApp, type TestApp } from "../../testing/app.ts";
import { createScimClient, type ScimClient } from "../../testing/scim.ts";
import { columnsOf } from "./person.ts";
import { groupResource, userResource } from "./scim-resources.ts";
import type { GroupFound, UserFound } from "./scim-search.store.ts";
import * as store from "./scim-search.store.ts";

let app: TestApp;
let idp: ScimClient;
let users: JsonObject[];
let groups: JsonObject[];
/** Whom queries must never find. */
let other: ScimClient;

beforeAll(async () => {
  app = await startTestApp();
  idp = await createScimClient(app);
  other = await createScimClient(app);
  await other.users("ada@acme.test", "b");
  await insertDocuments(120);
  const ids = await idsOf("directory_users");
  for (const name of ["Ada", "admins", "Émile", "a%_\\"]) {
    await idp.group(
      name,
      ids.filter(() => random() < 0.3),
    );
  }
  users = (await all("User")).map((row) => userResource(row as UserFound, idp.base));
  groups = await Promise.all(
    (await all("Group")).map(async (row) => withMembers(groupResource(row as GroupFound, idp.base))),
  );
}, 60_000);
afterAll(() => app.stop());

const all = (kind: "User" | "Group", filter?: Filter) =>
  store.list(
    app.systemCtx(),
    { kind, directoryId: idp.directory.id, filter, sort: undefined },
    { limit: 1_000, offset: 0 },
  );

async function withMembers(group: JsonObject): Promise<JsonObject> {
  const rows = await app.app.db
    .selectFrom("directory_group_members")
    .select("directory_user_id")
    .where("group_id", "=", String(group.id))
    .execute();
  return { ...group, members: rows.map((row) => ({ value: row.directory_user_id, type: "User" })) };
}

async function idsOf(table: "directory_users" | "directory_groups"): Promise<string[]> {
  const rows = await app.app.db
    .selectFrom(table)
    .select("id")
    .where("directory_id", "=", idp.directory.id)
    .execute();
  return rows.map(({ id }) => id);
}

/** The same documents and filters in each run (mulberry32). */
let state = 20_260_101;
function random(): number {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const pick = <T>(items: readonly T[]): T => items[Math.floor(random() * items.length)] as T;
const maybe = <T>(value: () => T): T | undefined => (random() < 0.6 ? value() : undefined);

const words = [
  "a",
  "b",
  "Ada",
  "ADA",
  "ada@acme.test",
  "work",
  "Émile",
  "z%_\\'\"",
  "",
  "😀",
  "x.y",
  "null",
  "--;",
];
const enterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const custom = "urn:example:custom:1.0:User";

function value(): unknown {
  const kind = random();
  if (kind < 0.6) return pick(words);
  if (kind < 0.75) return pick([0, 1, -1, 1.5, 10, 1e6]);
  return kind < 0.9 ? random() < 0.5 : [pick(words), pick(words)];
}

function document(at: number): Record<string, unknown> {
  const element = () => ({
    value: pick(words),
    type: maybe(() => pick(["work", "home"])),
    primary: maybe(() => true),
  });
  const some = <T>(make: () => T) => Array.from({ length: Math.floor(random() * 3) }, make);
  return {
    userName: `${pick(words)}${at}`,
    externalId: maybe(() => pick(words)),
    active: random() < 0.5,
    displayName: maybe(() => pick(words)),
    title: maybe(() => pick(words)),
    name: maybe(() => ({ givenName: maybe(() => pick(words)), familyName: pick(words) })),
    emails: maybe(() => some(element)),
    phoneNumbers: maybe(() => some(element)),
    [enterprise]: maybe(() => ({ department: pick(words), manager: maybe(() => ({ value: pick(words) })) })),
    [custom]: maybe(() => ({ Rank: value(), nested: { Deep: value() } })),
    extension_colour: maybe(value),
    Things: maybe(() => some(() => ({ size: value(), value: value() }))),
  };
}

async function insertDocuments(count: number): Promise<void> {
  const { id, organizationId, environmentId } = idp.directory;
  const start = Date.UTC(2026, 0, 1);
  const rows = Array.from({ length: count }, (_, at) => {
    const read = JSON.parse(JSON.stringify(document(at))) as Record<string, unknown>;
    const { emails, ...columns } = columnsOf(read);
    return {
      ...columns,
      emails,
      id: newId("diruser"),
      environment_id: environmentId,
      organization_id: organizationId,
      directory_id: id,
      document: JSON.stringify({ schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"], ...read }),
      version: 1 + (at % 3),
      created_at: new Date(start + at * 60_000),
      updated_at: new Date(start + at * 90_000),
    };
  });
  await app.app.db.insertInto("directory_users").values(rows).execute();
}

const paths = {
  User: [
    ...[
      "id",
      "userName",
      "externalId",
      "active",
      "displayName",
      "title",
      "name.givenName",
      "name.familyName",
      "name",
    ],
    ...[
      "emails",
      "emails.value",
      "emails.type",
      "emails.primary",
      "phoneNumbers.value",
      "groups",
      "groups.value",
    ],
    ...[
      "groups.display",
      "meta.created",
      "meta.lastModified",
      "meta.resourceType",
      "meta.version",
      "schemas",
    ],
    ...[`${enterprise}:department`, `${enterprise}:manager.value`, `${custom}:rank`, `${custom}:nested.deep`],
    ...["extension_Colour", "things", "things.Size", "nothing", "nothing.at", "EMAILS.Value", "userNAME"],
  ],
  Group: [
    "id",
    "displayName",
    "externalId",
    "members",
    "members.value",
    "members.type",
    "meta.created",
    "nothing",
  ],
};
const operators = ["eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"];

function literal(path: string, resources: readonly JsonObject[]): string {
  if (path.startsWith("meta.created") || path.startsWith("meta.last"))
    return `"2026-01-01T0${Math.floor(random() * 6)}:3${Math.floor(random() * 10)}:00+01:00"`;
  if (/^(id|groups.value|members)/.test(path)) return JSON.stringify(pick(resources).id);
  const kind = random();
  if (kind < 0.1) return "null";
  if (kind < 0.2) return pick(["true", "false"]);
  if (kind < 0.3) return pick(["0", "1", "1.5", "-1", "10"]);
  return JSON.stringify(pick([...words, pick(resources).userName ?? "a"]));
}

function text(kind: "User" | "Group", depth: number): string {
  const { resources } = of(kind);
  const roll = random();
  if (depth > 0 && roll < 0.35)
    return `(${text(kind, depth - 1)} ${pick(["and", "or"])} ${text(kind, depth - 1)})`;
  if (depth > 0 && roll < 0.45) return `not (${text(kind, depth - 1)})`;
  const path = pick(paths[kind]);
  if (roll < 0.55) return `${path} pr`;
  if (kind === "User" && roll < 0.7) {
    const plural = pick(["emails", "phoneNumbers", "things", "groups"]);
    const inner = `${pick(["type", "value", "size"])} ${pick(operators)} ${literal("", resources)}`;
    return `${plural}[${inner}${random() < 0.5 ? ` and value eq ${literal("", resources)}` : ""}]`;
  }
  return `${path} ${pick(operators)} ${literal(path, resources)}`;
}

function of(kind: "User" | "Group"): { scope: Scope; resources: JsonObject[] } {
  return kind === "User"
    ? { scope: USER_SCOPE, resources: users }
    : { scope: GROUP_SCOPE, resources: groups };
}

function parsed(kind: "User" | "Group"): Filter {
  for (;;) {
    try {
      return parseFilter(text(kind, 2), of(kind).scope);
    } catch {
      // Such as `active gt 1`, which no schema allows.
    }
  }
}

async function expectSame(kind: "User" | "Group", filter: Filter): Promise<number> {
  const { scope, resources } = of(kind);
  const expected = resources.filter((resource) => matches(filter, resource, scope)).map(({ id }) => id);
  const found = (await all(kind, filter)).map(({ id }) => id);
  expect(found, printFilter(filter)).toEqual(expected);
  return found.length;
}

describe("a filter in SQL", () => {
  test("finds what it finds in memory: 300 of people", { timeout: 60_000 }, async () => {
    let found = 0;
    for (let at = 0; at < 300; at++) found += await expectSame("User", parsed("User"));
    expect(found).toBeGreaterThan(3_000);
  });

  test("finds what it finds in memory: 150 of groups", { timeout: 60_000 }, async () => {
    for (let at = 0; at < 150; at++) await expectSame("Group", parsed("Group"));
  });

  test("counts what it finds", async () => {
    const filter = parseFilter("active eq true", USER_SCOPE);
    const search = { kind: "User" as const, directoryId: idp.directory.id, filter, sort: undefined };
    const { length } = users.filter(({ active }) => active === true);
    expect(await store.count(app.systemCtx(), search, 1_000)).toBe(length);
    expect(await store.count(app.systemCtx(), search, 7)).toBe(7);
  });

  test.each([
    `userName eq "' or 1=1 --"`,
    `userName eq "x'; drop table directory_users; --"`,
    `emails[value eq "x') or true --"]`,
    `externalId sw "%"`,
    `userName co "_"`,
    `urn:x'); drop table directory_users; --:User:a eq "x"`,
    `urn:example:' or true:User:a pr`,
    `userName eq "$.** ? (@ == 1)"`,
    `title ew "\\\\"`,
  ])("%s is only a value", async (attempt) => {
    let filter: Filter;
    try {
      filter = parseFilter(attempt, USER_SCOPE);
    } catch (error) {
      expect((error as Error).name).toBe("ScimError");
      return;
    }
    await expectSame("User", filter);
  });

  test("of 200 terms and 20 levels is answered", async () => {
    const wide = Array.from({ length: 199 }, (_, at) => `title eq "${at}"`).join(" or ");
    expect(await expectSame("User", parseFilter(wide, USER_SCOPE))).toBe(0);
    const deep = `${"not (".repeat(18)}things[size eq "a"]${")".repeat(18)}`;
    await expectSame("User", parseFilter(deep, USER_SCOPE));
  });
});

describe("the plan", () => {
  beforeAll(async () => {
    const { id, organizationId, environmentId } = idp.directory;
    await sql`
      insert into directory_users (id, environment_id, organization_id, directory_id, user_name, external_id, active,
        emails, document, created_at, updated_at)
      select 'diruser_8' || lpad(n::text, 17, '0'), ${environmentId}, ${organizationId}, ${id}, 'many' || n, 'ext' || n,
        true, array['many' || n || '@acme.test'], '{}', now(), now() from generate_series(1, 20000) n`.execute(
      app.app.db,
    );
    await sql`
      insert into directory_groups (id, environment_id, organization_id, directory_id, display_name, document,
        created_at, updated_at)
      select 'dirgroup_8' || lpad(n::text, 17, '0'), ${environmentId}, ${organizationId}, ${id}, 'many' || n, '{}',
        now(), now() from generate_series(1, 5000) n`.execute(app.app.db);
    await sql`
      insert into directory_group_members (environment_id, directory_id, group_id, directory_user_id)
      select ${environmentId}, ${id}, 'dirgroup_8' || lpad((n / 4)::text, 17, '0'), 'diruser_8' || lpad(n::text, 17, '0')
      from generate_series(4, 20000) n`.execute(app.app.db);
    await sql`analyze directory_users, directory_groups, directory_group_members`.execute(app.app.db);
  }, 60_000);

  test.each([
    ["User", 'userName eq "MANY7"', "directory_users_by_name"],
    ["User", 'externalId eq "ext7"', "directory_users_by_external_id"],
    ["User", 'emails.value eq "Many7@acme.test"', "directory_users_by_emails"],
    ["User", 'emails[type eq "work"].value eq "many7@acme.test"', "directory_users_by_emails"],
    ["User", 'id eq "diruser_800000000000000007"', "directory_users_(pkey|in_directory)"],
    ["User", 'userName eq "many7" and active eq true', "directory_users_by_name"],
    ["Group", 'displayName eq "MANY7"', "directory_groups_by_name"],
    ["Group", 'members.value eq "diruser_800000000000000007"', "directory_group_members_(by_user|pkey)"],
  ] as const)("for %s %s uses an index", async (kind, filter, index) => {
    const { scope } = of(kind);
    const search = {
      kind,
      directoryId: idp.directory.id,
      filter: parseFilter(filter, scope),
      sort: undefined,
    };
    const plan = JSON.stringify(await store.list(explaining(), search, { limit: 101, offset: 0 }));
    expect(plan).toMatch(new RegExp(`${index}\\b`));
    expect(plan).not.toMatch(/Seq Scan on directory_(users|groups)/);
  });
});

/** A scope whose queries answer their plan instead of rows. */
function explaining() {
  const { db, environmentId } = app.systemCtx();
  const explain = (query: CompiledQuery) => db.executeQuery({ ...query, sql: `explain ${query.sql}` });
  const planning = new Proxy(db, {
    get(target, name) {
      if (name === "executeQuery") return explain;
      const member: unknown = Reflect.get(target, name);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { db: planning, environmentId };
}
