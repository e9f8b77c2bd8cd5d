import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { emptyDatabaseUrl } from "../testing/database.ts";
import { openDb } from "./db.ts";
import { statementName } from "./prepared.ts";

type Things = { things: { id: number; name: string } };

let url: string;
let db: Kysely<Things>;

beforeAll(async () => {
  url = await emptyDatabaseUrl("db");
  // One connection, so that what one query prepared is seen by the next.
  db = openDb(url, { max: 1 }) as unknown as Kysely<Things>;
  await sql`create table things (id int primary key, name text)`.execute(db);
});
afterAll(() => db.destroy());

describe("prepared statements", () => {
  test("a query is prepared once and used again", async () => {
    for (const id of [1, 2, 3]) await db.selectFrom("things").selectAll().where("id", "=", id).execute();
    const { rows } = await sql<{ name: string; uses: number }>`
      select name, generic_plans + custom_plans as uses from pg_prepared_statements
       where starts_with(statement, 'select * from "things"')`.execute(db);
    expect(rows).toEqual([{ name: expect.stringMatching(/^gh\d+_/), uses: 3 }]);
  });

  test("commands and several statements in one text are sent as they are", async () => {
    expect(statementName("begin")).toBeUndefined();
    expect(statementName("create table x (id int)")).toBeUndefined();
    await sql`insert into things values (10, 'a'); insert into things values (11, 'b')`.execute(db);
    expect(await db.selectFrom("things").select("id").where("id", ">=", 10).execute()).toHaveLength(2);
  });

  test("the same text has the same name, another text another", () => {
    expect(statementName("select 1")).toBe(statementName("select 1"));
    expect(statementName("select 1")).not.toBe(statementName("select 2"));
  });

  test("a column added by a newer process breaks no later query", async () => {
    const all = () => db.selectFrom("things").selectAll().where("id", "=", 20).execute();
    await db.insertInto("things").values({ id: 20, name: "x" }).execute();
    expect(await all()).toEqual([{ id: 20, name: "x" }]);
    await sql`alter table things add column colour text`.execute(db);
    expect(await all()).toEqual([{ id: 20, name: "x", colour: null }]);
  });

  test("within a transaction the stale plan is an error once, then gone", async () => {
    const all = (on: Kysely<Things>) => on.selectFrom("things").selectAll().where("id", "=", 21).execute();
    await all(db);
    await sql`alter table things add column size int`.execute(db);
    await expect(db.transaction().execute(all)).rejects.toThrow("cached plan");
    await expect(db.transaction().execute(all)).resolves.toEqual([]);
  });
});

describe("values", () => {
  test("bigint is a number, numeric a string, timestamptz a Date, date a text, jsonb parsed", async () => {
    const { rows } = await sql`
      select 9007199254740991::int8 as big, array[1, null]::int8[] as bigs, 1.50::numeric as num,
             '2026-01-02T03:04:05Z'::timestamptz as time, '2026-01-02'::date as day, '{"a":[1]}'::jsonb as doc,
             '\\x0102'::bytea as bytes, count(*) as count`.execute(db);
    expect(rows[0]).toEqual({
      big: 9007199254740991,
      bigs: [1, null],
      num: "1.50",
      time: new Date("2026-01-02T03:04:05Z"),
      day: "2026-01-02",
      doc: { a: [1] },
      bytes: Buffer.from([1, 2]),
      count: 1,
    });
  });

  test("a bigint beyond 2^53 - 1 is refused, not rounded", async () => {
    await expect(sql`select 9007199254740993::int8`.execute(db)).rejects.toThrow(
      "9007199254740993 is beyond",
    );
    await expect(sql`select 1`.execute(db)).resolves.toBeDefined();
  });
});

describe("the connection", () => {
  test("carries its name and limits", async () => {
    const show = async (name: string) =>
      (await sql<{ value: string }>`select current_setting(${name}) as value`.execute(db)).rows[0]?.value;
    expect(await show("application_name")).toBe("gatehouse");
    expect(await show("statement_timeout")).toBe("30s");
    expect(await show("idle_in_transaction_session_timeout")).toBe("1min");
  });

  test("that breaks inside a transaction fails that transaction, not the process", async () => {
    const killer = openDb(url, { max: 1 });
    const broken = db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
      await sql`select pg_terminate_backend(${rows[0]?.pid}, 5000)`.execute(killer);
      await sql`select 1`.execute(transaction);
    });
    await expect(broken).rejects.toThrow();
    await killer.destroy();
    expect((await sql`select 1`.execute(db)).rows).toHaveLength(1);
  });

  test("is replaced after the server closed it, and the loss is told", async () => {
    let tell = (_: Error): void => undefined;
    const told = new Promise<Error>((resolve) => {
      tell = resolve;
    });
    const victim = openDb(url, { max: 1, onIdleError: (error) => tell(error) });
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(victim);
    await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(db);
    expect((await told).message).toContain("terminating connection");
    await expect(sql`select 1`.execute(victim)).resolves.toBeDefined();
    await victim.destroy();
  });
});
