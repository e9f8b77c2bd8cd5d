/** Changes of roles and permissions at once: each set of them ends as if they had come one after another. */
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { inTransaction } from "../../context.ts";
import type { Db } from "../../db/db.ts";
import { type ApiAnswer, startTestApp, type TestApp } from "../../testing/app.ts";
import { createSamlTenant, type SamlTenant, samlSignIn } from "../../testing/sign-in.ts";
import * as deletion from "./deletion.ts";
import * as roles from "./roles.ts";

let app: TestApp;
let second: TestApp;
let tenant: SamlTenant;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  second = await startTestApp({
    DATABASE_URL: app.databaseUrl,
    GATEHOUSE_DATA: app.app.config.dataDir,
    GATEHOUSE_URL: app.url,
  });
  tenant = await createSamlTenant(app);
  token = await app.token();
});
afterAll(async () => {
  await second.stop();
  await app.stop();
});

/** Every other request goes to the second process. */
async function atOnce(requests: { path: string; method?: string; body?: unknown }[]): Promise<ApiAnswer[]> {
  return Promise.all(
    requests.map(({ path, ...init }, at) => (at % 2 === 0 ? app : second).api(path, { ...init, token })),
  );
}

const statuses = (answers: ApiAnswer[]) => answers.map(({ status }) => status).sort((a, b) => a - b);

async function make(...names: string[]): Promise<void> {
  for (const name of names) await app.api("/roles", { token, body: { name, display_name: name } });
}

test("the same role created ten times at once is created once", async () => {
  const body = { name: "same", display_name: "Same" };
  const answers = await atOnce(Array.from({ length: 10 }, () => ({ path: "/roles", body })));
  expect(statuses(answers)).toEqual([201, ...Array(9).fill(400)]);
});

test("a name is given to the environment or to an organization, never to both", async () => {
  for (let round = 0; round < 5; round++) {
    const body = { name: `either_${round}`, display_name: "Either" };
    const path = `/organizations/${tenant.organizationId}/roles`;
    const answers = await atOnce([
      { path: "/roles", body },
      { path, body },
    ]);
    expect(statuses(answers)).toEqual([201, 400]);
  }
});

test("the same permission created ten times at once is created once, and counted once", async () => {
  const before = (await app.api("/permissions", { token })).body.total_size;
  const body = { name: "same:one" };
  const answers = await atOnce(Array.from({ length: 10 }, () => ({ path: "/permissions", body })));
  expect(statuses(answers)).toEqual([201, ...Array(9).fill(400)]);
  expect((await app.api("/permissions", { token })).body.total_size).toBe(before + 1);
});

test("two updates at once cannot close a circle", async () => {
  await make("left", "right");
  for (let round = 0; round < 10; round++) {
    const answers = await atOnce([
      { path: "/roles/left", method: "PUT", body: { extends: "right" } },
      { path: "/roles/right", method: "PUT", body: { extends: "left" } },
    ]);
    expect(statuses(answers)).toEqual([200, 400]);
    for (const name of ["left", "right"]) await app.api(`/roles/${name}/base`, { token, method: "DELETE" });
  }
});

test("a ring of updates at once leaves a chain", async () => {
  const names = ["ring_0", "ring_1", "ring_2", "ring_3", "ring_4", "ring_5"];
  await make(...names);
  const answers = await atOnce(
    names.map((name, at) => ({
      path: `/roles/${name}`,
      method: "PUT",
      body: { extends: names[(at + 1) % names.length] },
    })),
  );
  expect(statuses(answers)).toEqual([200, 200, 200, 200, 200, 400]);
});

test("a role deleted ten times at once is deleted once", async () => {
  await make("going");
  const answers = await atOnce(
    Array.from({ length: 10 }, () => ({ path: "/roles/going", method: "DELETE" })),
  );
  expect(statuses(answers)).toEqual([200, ...Array(9).fill(404)]);
});

test("a role is deleted or extended, never both", async () => {
  for (let round = 0; round < 5; round++) {
    await make(`base_${round}`);
    const body = { name: `heir_${round}`, display_name: "Heir", extends: `base_${round}` };
    const answers = await atOnce([
      { path: "/roles", body },
      { path: `/roles/base_${round}`, method: "DELETE" },
    ]);
    expect([
      [201, 400],
      [200, 400],
    ]).toContainEqual(statuses(answers));
  }
});

test("permissions are added and deleted at once without an error of ours", async () => {
  await make("busy");
  for (let round = 0; round < 5; round++) {
    await app.api("/permissions", { token, body: { name: `brief:${round}` } });
    const answers = await atOnce([
      { path: "/roles/busy/permissions", body: { permission_names: [`brief:${round}`] } },
      { path: `/permissions/brief:${round}`, method: "DELETE" },
      { path: "/roles/busy/permissions", body: { permission_names: [`brief:${round}`, "same:one"] } },
    ]);
    expect(statuses(answers)).toEqual([200, 200, 200]);
  }
  expect((await app.api("/roles/busy/permissions", { token })).body.permissions).toMatchObject([
    { name: "same:one" },
  ]);
});

test("defaults set at once leave one of each kind", async () => {
  await make("d1", "d2", "d3", "d4");
  const answers = await atOnce(
    ["d1", "d2", "d3", "d4"].map((name) => ({
      path: "/roles:set_defaults",
      method: "PATCH",
      body: { default_creator_role: name, default_member_role: name },
    })),
  );
  expect(statuses(answers)).toEqual([200, 200, 200, 200]);
  const { roles: all } = (await app.api("/roles", { token })).body;
  expect(all.filter((role: { default_member: boolean }) => role.default_member)).toHaveLength(1);
  expect(all.filter((role: { default_creator: boolean }) => role.default_creator)).toHaveLength(1);
});

test("users sign in while their default role is replaced and deleted: each has a role that exists", async () => {
  await make("first_default", "second_default");
  const set = (name: string) => ({
    path: "/roles:set_defaults",
    method: "PATCH",
    body: { default_member_role: name },
  });
  const deletion = {
    path: "/roles/first_default?reassign_role_name=second_default",
    method: "DELETE",
  };
  await atOnce([set("first_default")]);
  const signIn = (name: string) => samlSignIn(app, tenant, { email: `${name}@${tenant.domain}` });
  const [answers] = await Promise.all([atOnce([deletion]), ...["a", "b", "c", "d"].map(signIn)]);
  expect(statuses(answers)).toEqual([200]);
  expect(new Set(await held())).toEqual(new Set([await idOf("second_default")]));
  expect(await held()).toHaveLength(4);
});

test("a default that is deleted while a user joins: the user gets its successor", async () => {
  await make("old_default", "new_default");
  const defaults = {
    path: "/roles:set_defaults",
    method: "PATCH",
    body: { default_member_role: "old_default" },
  };
  await atOnce([defaults]);
  const ctx = app.systemCtx();
  let joined: Promise<void> | undefined;
  await inTransaction(ctx, async (deleting) => {
    await deletion.delete(deleting, null, "old_default", { name: "new_default" });
    const [member] = await app.app.db.selectFrom("memberships").selectAll().execute();
    await app.app.db.deleteFrom("membership_roles").execute();
    joined = roles.assignDefault(ctx, tenant.organizationId, member?.user_id ?? "");
    await expect.poll(waiting, { interval: 5 }).toBe(1);
  });
  await joined;
  expect(await held()).toEqual([await idOf("new_default")]);
});

describe("a role is deleted with a replacement", () => {
  let holder: { organization_id: string; user_id: string };
  let counter = 0;

  /** Runs the deletion while `change` of the holder is under way, and ends that once the deletion waits for it. */
  async function deleteDuring(
    change: (db: Db, roleIds: { from: string; to: string }) => Promise<unknown>,
  ): Promise<{ answer: ApiAnswer; to: string }> {
    const [from, to] = [`from_${++counter}`, `to_${counter}`];
    await make(from, to);
    const ids = { from: await idOf(from), to: await idOf(to) };
    const row = { environment_id: app.environmentId, ...pick(holder), role_id: ids.from };
    await app.app.db.deleteFrom("membership_roles").execute();
    await app.app.db.insertInto("membership_roles").values(row).execute();
    let deletion: Promise<ApiAnswer> | undefined;
    await app.app.db.transaction().execute(async (db) => {
      await change(db, ids);
      deletion = app.api(`/roles/${from}?reassign_role_name=${to}`, { token, method: "DELETE" });
      await expect.poll(waiting, { interval: 5 }).toBe(1);
    });
    return { answer: (await deletion) as ApiAnswer, to: ids.to };
  }

  beforeAll(async () => {
    holder = await app.app.db.selectFrom("memberships").selectAll().executeTakeFirstOrThrow();
  });

  test("while a holder is given that replacement: they have it once", async () => {
    const { answer, to } = await deleteDuring((db, { to: role_id }) =>
      db
        .insertInto("membership_roles")
        .values({ environment_id: app.environmentId, ...pick(holder), role_id })
        .execute(),
    );
    expect(answer.status).toBe(200);
    expect(await held()).toEqual([to]);
  });

  test("while it is taken from its holder: they have none", async () => {
    const { answer } = await deleteDuring((db) => db.deleteFrom("membership_roles").execute());
    expect(answer.status).toBe(200);
    expect(await held()).toEqual([]);
  });

  test("while its holder leaves", async () => {
    const { answer } = await deleteDuring((db) =>
      db.deleteFrom("memberships").where("user_id", "=", holder.user_id).execute(),
    );
    expect(answer.status).toBe(200);
    expect(await held()).toEqual([]);
  });
});

function pick({ organization_id, user_id }: { organization_id: string; user_id: string }) {
  return { organization_id, user_id };
}

async function held(): Promise<string[]> {
  const rows = await app.app.db.selectFrom("membership_roles").select("role_id").execute();
  return rows.map(({ role_id }) => role_id);
}

async function idOf(name: string): Promise<string> {
  return (await app.api(`/roles/${name}`, { token })).body.role.id;
}

/** How many connections of this database wait for a lock. */
async function waiting(): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
  `.execute(app.app.db);
  return rows[0]?.count ?? 0;
}
