/**
 * Any number of organizations in a moment, by one statement. They hang on the first environment, count in its
 * `total_size`, and the planner knows of them.
 */
import pg from "pg";

/** The text that is in the name of ten of them, however many there are. */
export const RARE_TEXT = "Needle";
/** The text that is in the name of all the others. */
export const COMMON_TEXT = "Customer";

const RARE = 10;

/** Adds `count` organizations to a database that a server of ours has migrated. */
export async function seedOrganizations(databaseUrl: string, count: number): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(INSERT, [count, Math.floor(count / RARE), RARE_TEXT, COMMON_TEXT]);
    await client.query(COUNT, [count]);
    await client.query("vacuum analyze");
  } finally {
    await client.end();
  }
}

// Ids as they are made: 18 digits that grow with time.
const INSERT = `
  insert into organizations (id, environment_id, display_name, external_id, metadata, features, created_at, updated_at)
  select 'org_' || (150000000000000000 + n * 1048576), environments.id,
    case when n % $2 = 0 then $3 else $4 end || ' ' || n, 'external-' || n, '{"plan": "gold"}', '{"sso": true}',
    now(), now()
  from generate_series(1, $1::bigint) as n, (select id from environments order by id limit 1) as environments`;

const COUNT = `
  insert into counters (environment_id, name, scope, slot, value)
  select id, 'organizations', '', 0, $1::bigint from environments order by id limit 1
  on conflict (environment_id, name, scope, slot) do update set value = counters.value + excluded.value`;
