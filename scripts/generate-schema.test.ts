import pg from "pg";
import { expect, test } from "vitest";
import { emptyDatabaseUrl } from "../packages/server/src/testing/database.ts";
import { describeSchema } from "./generate-schema.ts";

test("each kind of column has the type that openDb reads and writes", async () => {
  const url = await emptyDatabaseUrl("generate_schema");
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(`
    create domain short as text check (length(value) < 9);
    create table b_things (
      id int8 primary key generated always as identity, amount numeric not null, born date, bytes bytea not null,
      doc jsonb not null default '{}', tags text[] not null, times timestamptz[], at timestamptz not null default now(),
      flag bool, label short not null, twice int generated always as (1 + 1) stored);
    create table a_first (id uuid);`);
  await client.end();
  const text = await describeSchema(url);
  expect(text.slice(text.indexOf("export interface"))).toBe(`export interface AFirst {
  id: string | null;
}

export interface BThings {
  amount: string;
  at: Generated<Timestamp>;
  born: string | null;
  bytes: Buffer;
  doc: Generated<Json>;
  flag: boolean | null;
  id: ColumnType<number, never, never>;
  label: string;
  tags: string[];
  times: Date[] | null;
  twice: ColumnType<number | null, never, never>;
}

/** Every table by its name. */
export interface Database {
  a_first: AFirst;
  b_things: BThings;
}
`);
  expect(await describeSchema(url)).toBe(text);
});
