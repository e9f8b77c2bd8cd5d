import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { Ctx } from "./context.ts";
import { type Db, openDb } from "./db/db.ts";
import { joinChanges } from "./joined-changes.ts";
import { emptyDatabaseUrl } from "./testing/database.ts";

let db: Db;
/** The names that each transaction was to write, in the order in which they began. */
let transactions: string[][];

let underWay = 0;
let mostUnderWay = 0;

interface Thing {
  lane: string;
  name: string;
}

class Refused extends Error {}

async function insertAll(ctx: Ctx, things: readonly Thing[]): Promise<string[]> {
  transactions.push(things.map(({ name }) => name));
  mostUnderWay = Math.max(mostUnderWay, ++underWay);
  const write = async (db: Db) => {
    const written: string[] = [];
    for (const { lane, name } of things) {
      if (name === "refused") throw new Refused("nobody is called that");
      if (name === "killed") await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
      const { rows } = await sql<{ id: string }>`
        insert into things values (${ctx.environmentId}, ${lane}, ${name})
        returning environment_id || ' ' || lane || ' ' || name as id`.execute(db);
      written.push(...rows.map(({ id }) => id));
    }
    return written;
  };
  const done = ctx.db.isTransaction ? write(ctx.db) : ctx.db.transaction().execute(write);
  return done.finally(() => {
    underWay -= 1;
  });
}

const insert = joinChanges(insertAll, ({ lane }: Thing) => lane);
const ctxOn = (db: Db, environmentId = "env_1") => ({ db, environmentId }) as Ctx;
const inOne = () => ctxOn(db);
const names = (count: number) => Array.from({ length: count }, (_, at) => `n${at}`);
const asked = (all: readonly string[], ctx = inOne(), lane = "a") =>
  Promise.allSettled(all.map((name) => insert(ctx, { lane, name })));
const kept = async () =>
  (await sql<{ name: string }>`select name from things order by name`.execute(db)).rows.map(
    ({ name }) => name,
  );

beforeAll(async () => {
  db = openDb(await emptyDatabaseUrl("joined_changes"), { max: 4 });
  await sql`create table things (environment_id text, lane text, name text, unique (lane, name))`.execute(db);
});
beforeEach(async () => {
  await sql`truncate things`.execute(db);
  transactions = [];
  mostUnderWay = 0;
});
afterAll(() => db.destroy());

test("changes that are asked for at once share a transaction, and each gets its own answer", async () => {
  const answers = await Promise.all(["x", "y", "z"].map((name) => insert(inOne(), { lane: "a", name })));
  expect(answers).toEqual(["env_1 a x", "env_1 a y", "env_1 a z"]);
  expect(transactions).toEqual([["x", "y", "z"]]);
});

test("other keys and other environments have transactions of their own", async () => {
  const answers = await Promise.all([
    insert(inOne(), { lane: "a", name: "x" }),
    insert(inOne(), { lane: "b", name: "y" }),
    insert(ctxOn(db, "env_2"), { lane: "a", name: "z" }),
  ]);
  expect(answers).toEqual(["env_1 a x", "env_1 b y", "env_2 a z"]);
  expect(transactions).toEqual([["x"], ["y"], ["z"]]);
});

test("who is refused is refused alone, for their own reason, and all others are served once", async () => {
  const answers = await asked(["a", "b", "a", "c", "refused", "d"]);
  expect(answers.map(({ status }) => status === "fulfilled")).toEqual([true, true, false, true, false, true]);
  expect(answers[2]).toMatchObject({ reason: { code: "23505" } });
  expect(answers[4]).toMatchObject({ reason: expect.any(Refused) });
  expect(await kept()).toEqual(["a", "b", "c", "d"]);
});

test("where the database goes away everybody is told, and nothing is tried again", async () => {
  const answers = await asked(["a", "killed", "b"]);
  expect(answers.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(transactions).toEqual([["a", "killed", "b"]]);
  expect(await kept()).toEqual([]);
  expect(await asked(["a"])).toMatchObject([{ status: "fulfilled" }]);
});

test("two transactions of a key are under way at most, and what waits is joined, fifty at a time", async () => {
  const answers = await asked(names(120));
  expect(mostUnderWay).toBe(2);
  expect(answers.every(({ status }) => status === "fulfilled")).toBe(true);
  expect(transactions.map((each) => each.length)).toEqual([50, 50, 20]);
  expect(await kept()).toHaveLength(120);
});

test("in an open transaction a change is made alone, and ends with it", async () => {
  const within = db.transaction().execute(async (trx) => {
    const own = ctxOn(trx);
    await insert(own, { lane: "a", name: "x" });
    await insert(own, { lane: "a", name: "y" });
    await expect(insert(own, { lane: "a", name: "refused" })).rejects.toThrow(Refused);
    throw new Refused("the whole is undone");
  });
  await expect(within).rejects.toThrow("the whole is undone");
  expect(transactions).toEqual([["x"], ["y"], ["refused"]]);
  expect(await kept()).toEqual([]);
});
