import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { emptyDatabaseUrl } from "../testing/database.ts";
import { type Db, openDb } from "./db.ts";
import { joinReads } from "./joined-reads.ts";
import type { Scope } from "./scope.ts";

interface Thing {
  id: string;
  environment_id: string;
}

let db: Db;
let statements: string[];

async function readAll(at: Scope, ids: readonly string[]): Promise<Thing[]> {
  statements.push(`${at.environmentId}: ${ids.join()}`);
  const { rows } = await sql<Thing>`
    select * from things where environment_id = ${at.environmentId} and id = any(${[...ids]})`.execute(at.db);
  return rows;
}

const read = joinReads(readAll, (thing: Thing) => thing.id);
const inOne = () => ({ db, environmentId: "env_1" });
const inTwo = () => ({ db, environmentId: "env_2" });

beforeAll(async () => {
  db = openDb(await emptyDatabaseUrl("joined_reads"), { max: 4 });
  await sql`create table things (environment_id text, id text, primary key (environment_id, id))`.execute(db);
  await sql`insert into things values ('env_1', 'a'), ('env_1', 'b'), ('env_2', 'c')`.execute(db);
});
beforeEach(() => {
  statements = [];
});
afterAll(() => db.destroy());

test("rows that are asked for at once are read by one statement, each for who asked for it", async () => {
  const [b, none, a, again] = await Promise.all(["b", "x", "a", "b"].map((id) => read(inOne(), id)));
  expect([a?.id, b?.id, none, again?.id]).toEqual(["a", "b", undefined, "b"]);
  expect(statements).toEqual(["env_1: b,x,a,b"]);
});

test("another environment has a statement of its own, and finds nothing of the first", async () => {
  const found = await Promise.all([
    read(inOne(), "a"),
    read(inTwo(), "a"),
    read(inTwo(), "c"),
    read(inOne(), "c"),
  ]);
  expect(found.map((thing) => thing?.environment_id)).toEqual(["env_1", undefined, "env_2", undefined]);
  expect(statements).toEqual(["env_1: a,c", "env_2: a,c"]);
});

test("in a transaction a row is read alone, by its own connection", async () => {
  await db.transaction().execute(async (trx) => {
    await sql`insert into things values ('env_1', 'new')`.execute(trx);
    const own = { db: trx, environmentId: "env_1" };
    const found = await Promise.all([read(own, "new"), read(inOne(), "new"), read(own, "a")]);
    expect(found.map((thing) => thing?.id)).toEqual(["new", undefined, "a"]);
  });
  expect(statements.sort()).toEqual(["env_1: a", "env_1: new", "env_1: new"]);
  expect((await read(inOne(), "new"))?.id).toBe("new");
});

test("a question that comes while a statement is under way is not answered by it", async () => {
  const late: Promise<Thing | undefined>[] = [];
  const slow = joinReads(
    async (at, ids) => {
      if (late.length === 0) late.push(slow(at, "b"));
      return readAll(at, ids);
    },
    (thing: Thing) => thing.id,
  );
  expect((await slow(inOne(), "a"))?.id).toBe("a");
  expect((await late[0])?.id).toBe("b");
  expect(statements).toEqual(["env_1: a", "env_1: b"]);
});

test("a statement that fails fails for all who waited for it, and for nobody after them", async () => {
  const failing = { db, environmentId: "\0" };
  const all = await Promise.allSettled([read(failing, "a"), read(failing, "b"), read(inOne(), "a")]);
  expect(all.map(({ status }) => status)).toEqual(["rejected", "rejected", "fulfilled"]);
  await expect(read(failing, "a")).rejects.toThrow("0x00");
  expect(statements).toHaveLength(3);
});
