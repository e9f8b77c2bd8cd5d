import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { type Ctx, inTransaction } from "./context.ts";
import { type Db, openDb } from "./db/db.ts";
import { joinChanges } from "./joined-changes.ts";
import { emptyDatabaseUrl } from "./testing/database.ts";

let db: Db;
/** The names that each transaction was to write, in the order in which they began. */
let transactions: string[][];

interface Thing {
  lane: string;
  name: string;
}

class Refused extends Error {}

async function insertAll(ctx: Ctx, things: readonly Thing[]): Promise<string[]> {
  transactions.push(things.map(({ name }) => name));
  const written: string[] = [];
  for (const thing of things) written.push(await insertOne(ctx, thing));
  return written;
}

async function insertOne({ db, environmentId }: Ctx, { lane, name }: Thing): Promise<string> {
  if (name === "refused") throw new Refused("nobody is called that");
  if (name === "killed") await sql`select pg_terminate_backend(pg_backend_pid())`.execute(db);
  const { rows } = await sql<{ id: string }>`
    insert into things values (${environmentId}, ${lane}, ${name})
    returning environment_id || ' ' || lane || ' ' || name as id`.execute(db);
  return rows[0]?.id ?? "";
}

const insert = joinChanges<Thing, string>({
  together: insertAll,
  alone: async (ctx, thing) => {
    const [id = ""] = await inTransaction(ctx, (ctx) => insertAll(ctx, [thing]));
    return id;
  },
  keyOf: ({ lane }) => lane,
});
const ctxOn = (db: Db, environmentId = "env_1") => ({ db, environmentId }) as Ctx;
const inOne = () => ctxOn(db);
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
  expect(transactions.sort()).toEqual([["x"], ["y"], ["z"]]);
});

test("who is refused is refused alone, for their own reason, and all others are served once", async () => {
  const answers = await asked(["a", "b", "a", "c", "refused", "d"]);
  const served = answers.map(({ status }) => status === "fulfilled");
  expect(served.filter(Boolean)).toHaveLength(4);
  expect(answers[4]).toMatchObject({ reason: expect.any(Refused) });
  expect(answers[served[0] ? 2 : 0]).toMatchObject({ reason: { code: "23505" } });
  expect(await kept()).toEqual(["a", "b", "c", "d"]);
});

test("whose connection breaks is told alone", async () => {
  const answers = await asked(["a", "killed", "b"]);
  expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(await kept()).toEqual(["a", "b"]);
});

test("who waits for what another holds waits alone", async () => {
  const released = Promise.withResolvers<void>();
  const holds = Promise.withResolvers<void>();
  const holder = db.transaction().execute(async (trx) => {
    await sql`insert into things values ('env_1', 'a', 'held')`.execute(trx);
    holds.resolve();
    await released.promise;
    throw new Refused("it was never meant");
  });
  await holds.promise;
  const held = insert(inOne(), { lane: "a", name: "held" });
  const others = asked(["x", "y"]);
  expect((await others).map(({ status }) => status)).toEqual(["fulfilled", "fulfilled"]);
  expect(await asked(["z"])).toMatchObject([{ status: "fulfilled" }]);
  released.resolve();
  await expect(holder).rejects.toThrow(Refused);
  expect(await held).toBe("env_1 a held");
});

test("two transactions of a key are under way at most, and what waits is joined, fifty at a time", async () => {
  const sizes: number[] = [];
  const bothBegun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const echo = joinChanges<number, number>({
    together: async (_ctx, inputs) => {
      sizes.push(inputs.length);
      if (sizes.length === 2) bothBegun.resolve();
      await goOn.promise;
      return inputs;
    },
    alone: async () => Promise.reject(new Error("nobody is made alone")),
  });
  const all = Array.from({ length: 120 }, (_, at) => at);
  const answers = Promise.all(all.map((at) => echo(inOne(), at)));
  await bothBegun.promise;
  // Room for a third to begin, if it would.
  await sql`select 1`.execute(db);
  expect(sizes).toEqual([50, 50]);
  goOn.resolve();
  expect(await answers).toEqual(all);
  expect(sizes).toEqual([50, 50, 20]);
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
