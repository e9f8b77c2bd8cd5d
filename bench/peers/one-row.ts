/**
 * The query that an organization by id needs, alone: a table of the same columns with one row, read by a named prepared
 * statement of plain `pg`. `DATABASE_URL` names an empty database.
 */
import pg from "pg";

/** The id of the row. */
export const ID = "org_100000000000000001";

/** Makes the table and answers what reads the row. */
export async function openRow(): Promise<(id: string) => Promise<object | undefined>> {
  const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
  await pool.query(`create table organizations (id text primary key, environment_id text not null,
    display_name text not null, region_code text not null, external_id text, slug text, logo_url text,
    metadata jsonb not null, features jsonb not null, created_at timestamptz not null, updated_at timestamptz not null)`);
  await pool.query(
    `insert into organizations values ($1, 'env_1', 'Read by its id', 'US', 'external', null, null,
       '{"plan": "gold"}', '{"sso": true}', now(), now())`,
    [ID],
  );
  const text = "select * from organizations where environment_id = $1 and id = $2";
  return async (id) => (await pool.query({ name: "by-id", text, values: ["env_1", id] })).rows[0];
}
