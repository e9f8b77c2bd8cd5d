/**
 * Writes packages/server/src/db/schema.ts, the types of every table, from the migrated schema: migrates an
 * embedded database in a temporary folder and reads its catalogue.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { startEmbedded } from "../packages/server/src/db/embedded.ts";
import { migrate } from "../packages/server/src/db/migrate.ts";

type Column = {
  table: string;
  column: string;
  type: string;
  isArray: boolean;
  isNullable: boolean;
  /** The database fills it in when an insert leaves it out. */
  hasDefault: boolean;
  /** No statement may write it: generated always. */
  isReadOnly: boolean;
};

const TARGET = fileURLToPath(new URL("../packages/server/src/db/schema.ts", import.meta.url));

// As openDb reads them; text is the form in which the rest arrives.
const TYPES: Record<string, string> = {
  bool: "boolean",
  bytea: "Buffer",
  float4: "number",
  float8: "number",
  int2: "number",
  int4: "number",
  int8: "number",
  json: "Json",
  jsonb: "Json",
  timestamptz: "Timestamp",
};

const HEADER = `/**
 * The tables of schema \`public\`, as rows of TypeScript.
 * Generated from the migrated schema by \`npm run generate\`: never edited.
 */
import type { ColumnType } from "kysely";

/** Filled in by the database when an insert leaves it out. */
export type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>;

/**
 * Read as the parsed value. Written as an object or as JSON text: an array must be passed through
 * JSON.stringify, since \`pg\` sends a plain one as an SQL array.
 */
export type Json = ColumnType<unknown, JsonInput, JsonInput>;

/** What a json column takes; not an array, not a bare number or boolean. */
export type JsonInput = string | (object & { length?: never });

/** Read as a Date; written as a Date or in ISO 8601. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
`;

const COLUMNS = `
  select c.relname as table, a.attname as column,
         coalesce(base.typname, own.typname) as type,
         a.attndims > 0 or own.typelem <> 0 and own.typcategory = 'A' as "isArray",
         not a.attnotnull as "isNullable",
         a.atthasdef or a.attidentity <> '' as "hasDefault",
         a.attgenerated <> '' or a.attidentity = 'a' as "isReadOnly"
    from pg_attribute a
    join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p', 'v', 'm')
    join pg_namespace n on n.oid = c.relnamespace and n.nspname = 'public'
    join pg_type own on own.oid = a.atttypid
    left join pg_type base
      on base.oid = case when own.typtype = 'd' then own.typbasetype
                         when own.typcategory = 'A' then own.typelem end
   where a.attnum > 0 and not a.attisdropped and not c.relispartition
   order by c.relname, a.attname`;

/** The source of schema.ts for a migrated database. */
export async function describeSchema(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query<Column>(COLUMNS);
    return renderSchema(rows);
  } finally {
    await client.end();
  }
}

function renderSchema(columns: Column[]): string {
  const tables = [...Map.groupBy(columns, (column) => column.table)];
  const interfaces = tables.map(([table, members]) =>
    [`export interface ${typeName(table)} {`, ...members.map(renderColumn), "}"].join("\n"),
  );
  const index = tables.map(([table]) => `  ${table}: ${typeName(table)};`);
  const database = ["/** Every table by its name. */", "export interface Database {", ...index, "}"].join(
    "\n",
  );
  return `${[HEADER, ...interfaces.map((text) => `${text}\n`), database].join("\n")}\n`;
}

function renderColumn({ column, type, isArray, isNullable, hasDefault, isReadOnly }: Column): string {
  const item = TYPES[type] ?? "string";
  const whole =
    (isArray ? `${item === "Timestamp" ? "Date" : item}[]` : item) + (isNullable ? " | null" : "");
  if (isReadOnly) return `  ${column}: ColumnType<${item === "Timestamp" ? "Date" : whole}, never, never>;`;
  return `  ${column}: ${hasDefault ? `Generated<${whole}>` : whole};`;
}

function typeName(table: string): string {
  return table.replace(/(^|_)([a-z0-9])/g, (_, _separator, letter: string) => letter.toUpperCase());
}

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), "gatehouse-schema-"));
  const database = await startEmbedded({ dataDir, log: console, settings: { fsync: "off" } });
  try {
    await migrate(database.url);
    writeFileSync(TARGET, await describeSchema(database.url));
  } finally {
    await database.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

// import.meta.main came with Node 24.2, and one platform's pinned Node is 24.0.
if (process.argv[1] === fileURLToPath(import.meta.url)) await main();
