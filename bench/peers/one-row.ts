/**
 * The query that an organization by id needs, alone: a table of the same columns, a row of it read by a named prepared
 * statement of plain `pg`. `DATABASE_URL` names an empty database.
 */
import pg from "pg";

/** The ids of the rows: one for each worker of a job. */
export const ids = Array.from({ length: 64 }, (_, n) => `org_${100_000_000_000_000_000n + BigInt(n)}`);

/** Makes the table and answers what reads a row. */
export async function openRows(): Promise<(id: string) => Promise<object | undefined>> {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
  await pool.query(`create table organizations (id text primary key, environment_id text not null,
    display_name text not null, region_code text not null, external_id text, slug text, logo_url text,
    metadata jsonb not null, features jsonb not null, created_at timestamptz not null, updated_at timestamptz not null)`);
  await pool.query(
    `insert into organizations select id, 'env_1', 'Read by its id', 'US', id, null, null,
       '{"plan": "gold"}', '{"sso": true}', now(), now() from unnest($1::text[]) as id`,
    [ids],
  );
  const text = "select * from organizations where environment_id = $1 and id = $2";
  return async (id) => (await pool.query({ name: "by-id", text, values: ["env_1", id] })).rows[0];
}
