import { type Kysely, sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { PageRange } from "../lib/page-tokens.ts";
import { emptyDatabaseUrl } from "../testing/database.ts";
import { openDb } from "./db.ts";
import { newestFirst } from "./page-order.ts";

type Things = { things: { id: string } };

let db: Kysely<Things>;

beforeAll(async () => {
  db = openDb(await emptyDatabaseUrl("page_order"), { max: 1 }) as unknown as Kysely<Things>;
  await sql`create table things (id text primary key)`.execute(db);
  await sql`insert into things select 'thg_' || n from generate_series(1, 5) n`.execute(db);
});
afterAll(() => db.destroy());

const ranges: [PageRange, string][] = [
  [{ limit: 2 }, "54"],
  [{ limit: 9 }, "54321"],
  [{ limit: 2, after: "thg_3" }, "21"],
  // What lies before a key comes nearest first: in reverse.
  [{ limit: 1, before: "thg_3" }, "4"],
  [{ limit: 9, before: "thg_3" }, "45"],
  [{ limit: 9, after: "thg_0" }, ""],
];

test.each(ranges)("the range %j", async (range, newest) => {
  const things = db.selectFrom("things").selectAll();
  const keys = (rows: { id: string }[]) => rows.map((row) => row.id.slice(4)).join("");
  expect(keys(await newestFirst(things, range, "id"))).toBe(newest);
  expect(keys(await newestFirst(things, range, "things.id"))).toBe(newest);
});
