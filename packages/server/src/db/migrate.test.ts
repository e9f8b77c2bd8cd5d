import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { afterAll, describe, expect, test } from "vitest";
import { emptyDatabaseUrl, testDatabaseUrl } from "../testing/database.ts";
import { checkServerVersion, migrate, readMigrations } from "./migrate.ts";

const root = mkdtempSync(join(tmpdir(), "gatehouse-migrate-"));
afterAll(() => rmSync(root, { recursive: true }));

const TWO = {
  "0001_things.sql": "create table things (id int); insert into things values (1);",
  "0002_colour.sql": "alter table things add column colour text;",
};

let made = 0;

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(root, "f"));
  for (const [name, sql] of Object.entries(files)) writeFileSync(join(folder, name), sql);
  return folder;
}

function emptyDatabase(): Promise<string> {
  made += 1;
  return emptyDatabaseUrl(`migrate${made}`);
}

async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

describe("migrate", () => {
  test("applies the files in order, once, and later the new ones only", async () => {
    const url = await emptyDatabase();
    const first = { "0001_things.sql": TWO["0001_things.sql"] };
    expect(await migrate(url, folderWith(first))).toEqual(["0001_things"]);
    expect(await migrate(url, folderWith(TWO))).toEqual(["0002_colour"]);
    expect(await migrate(url, folderWith(TWO))).toEqual([]);
    expect(await query(url, "select * from things")).toEqual([{ id: 1, colour: null }]);
  });

  test("of processes that start at once, one applies each file", async () => {
    const url = await emptyDatabase();
    const folder = folderWith(TWO);
    const applied = await Promise.all([1, 2, 3, 4].map(() => migrate(url, folder)));
    expect(applied.flat().sort()).toEqual(["0001_things", "0002_colour"]);
    expect(await query(url, "select version, name from schema_migrations order by 1")).toEqual([
      { version: 1, name: "0001_things" },
      { version: 2, name: "0002_colour" },
    ]);
  });

  test("rolls back the file that fails, keeps those before it, and says where", async () => {
    const url = await emptyDatabase();
    const broken = { ...TWO, "0003_broken.sql": "create table half (id int);\nselect\n  nothing;" };
    await expect(migrate(url, folderWith(broken))).rejects.toThrow(
      'migration 0003_broken failed and was rolled back: column "nothing" does not exist (line 3)',
    );
    expect(await query(url, "select to_regclass('half') as half, count(*) from schema_migrations")).toEqual([
      { half: null, count: "2" },
    ]);
    expect(await migrate(url, folderWith({ ...TWO, "0003_mended.sql": "select 1" }))).toEqual([
      "0003_mended",
    ]);
  });

  test("refuses a file that was changed after it was applied, but not its line ends", async () => {
    const url = await emptyDatabase();
    const sql = "create table a (\n  id int\n);\n";
    await migrate(url, folderWith({ "0001_a.sql": sql }));
    expect(await migrate(url, folderWith({ "0001_a.sql": sql.replaceAll("\n", "\r\n") }))).toEqual([]);
    await expect(migrate(url, folderWith({ "0001_a.sql": `${sql}-- more` }))).rejects.toThrow(
      /migration 0001_a differs .* never edited/,
    );
  });

  test("refuses a database that is newer than the code", async () => {
    const url = await emptyDatabase();
    await migrate(url, folderWith(TWO));
    const older = folderWith({ "0001_things.sql": TWO["0001_things.sql"] });
    await expect(migrate(url, older)).rejects.toThrow(
      /has migration 0002_colour, this code ends at 0001_things/,
    );
  });

  test("refuses a table of migrations with a gap", async () => {
    const url = await emptyDatabase();
    await migrate(url, folderWith(TWO));
    await query(url, "delete from schema_migrations where version = 1");
    await expect(migrate(url, folderWith(TWO))).rejects.toThrow("has migration 0002_colour but not number 1");
  });

  test("refuses a file that ends its own transaction, and what follows it", async () => {
    const url = await emptyDatabase();
    const folder = folderWith({ "0001_a.sql": "create table a (id int); commit;", "0002_b.sql": "select 1" });
    await expect(migrate(url, folder)).rejects.toThrow("0001_a contains COMMIT or ROLLBACK");
    expect(await query(url, "select * from schema_migrations")).toEqual([]);
  });
});

test("PostgreSQL 14 is refused, 15 is not", () => {
  const text = "PostgreSQL 14.9 on x86_64-pc-linux-gnu, compiled by gcc";
  expect(() => checkServerVersion(140009, text)).toThrow(
    /needs PostgreSQL 15 or newer, .* to PostgreSQL 14.9: upgrade/,
  );
  expect(() => checkServerVersion(150000, "PostgreSQL 15.0 on x86_64")).not.toThrow();
});

describe("the migrations folder", () => {
  test.each([
    ["a gap", { "0001_a.sql": "", "0003_c.sql": "" }, "0003_c stands where 0002 is missing"],
    ["a number used twice", { "0001_a.sql": "", "0001_b.sql": "" }, "0001_b has the number of another file"],
    ["a name without number", { "first.sql": "" }, "first.sql must be named like"],
    ["no file", {}, "no migration in"],
  ])("is refused with %s", (_, files, message) => {
    expect(() => readMigrations(folderWith(files as Record<string, string>))).toThrow(message);
  });

  test("is refused when it is missing", () => {
    expect(() => readMigrations(join(root, "absent"))).toThrow("the installation is incomplete");
  });

  test("of the server itself is sound and migrates", async () => {
    const names = readMigrations().map(({ name }) => name);
    const applied = await query(
      await testDatabaseUrl(),
      "select name from schema_migrations order by version",
    );
    expect(applied.map(({ name }) => name)).toEqual(names);
  });
});
