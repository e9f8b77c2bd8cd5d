import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { emptyDatabaseUrl } from "../testing/database.ts";
import { compiled } from "./compiled.ts";
import { type Db, openDb } from "./db.ts";

let db: Db;

beforeAll(async () => {
  db = openDb(await emptyDatabaseUrl("compiled"), { max: 1 });
  await sql`create table roles (id text primary key, environment_id text, name text, organization_id text)`.execute(
    db,
  );
});
afterAll(() => db.destroy());

test("a query is built once, and each call has its own values in their places", async () => {
  let built = 0;
  const find = compiled((on, by: { name: string; id: string }) => {
    built += 1;
    return on.selectFrom("roles").select(["id", "name"]).where("id", "=", by.id).where("name", "=", by.name);
  });
  await sql`insert into roles (id, name) values ('1', 'admin'), ('2', 'member')`.execute(db);
  expect(await find(db, { name: "admin", id: "1" })).toEqual([{ id: "1", name: "admin" }]);
  expect(await find(db, { name: "member", id: "2" })).toEqual([{ id: "2", name: "member" }]);
  expect(await find(db, { name: "member", id: "1" })).toEqual([]);
  expect(built).toBe(1);
});

test("other names make another query, and null and text in SQL's own places stay values", async () => {
  const insert = compiled(
    (on, row: { id: string; environment_id: string; organization_id?: string | null }) =>
      on.insertInto("roles").values({ ...row, name: "fixed'", display_name: "" } as never),
  );
  await sql`alter table roles add column display_name text`.execute(db);
  await insert(db, { id: "3", environment_id: "'; drop table roles; --" });
  await insert(db, { id: "4", environment_id: "e", organization_id: null });
  await insert(db, { id: "5", environment_id: "e", organization_id: "o" });
  const rows = await db
    .selectFrom("roles")
    .select(["id", "environment_id", "organization_id", "name"])
    .execute();
  expect(rows.filter(({ id }) => Number(id) > 2)).toEqual([
    { id: "3", environment_id: "'; drop table roles; --", organization_id: null, name: "fixed'" },
    { id: "4", environment_id: "e", organization_id: null, name: "fixed'" },
    { id: "5", environment_id: "e", organization_id: "o", name: "fixed'" },
  ]);
});

test("it runs in the transaction that it is given, also as a template", async () => {
  const rename = compiled(
    (_on, to: { name: string; id: string }) => sql`
    update roles set name = ${to.name} where id = ${to.id}`,
  );
  await expect(
    db.transaction().execute(async (transaction) => {
      await rename(transaction, { name: "gone", id: "1" });
      throw new Error("rolled back");
    }),
  ).rejects.toThrow("rolled back");
  expect(await db.selectFrom("roles").select("name").where("id", "=", "1").execute()).toEqual([
    { name: "admin" },
  ]);
  await rename(db, { name: "owner", id: "1" });
  expect(await db.selectFrom("roles").select("name").where("id", "=", "1").execute()).toEqual([
    { name: "owner" },
  ]);
});
