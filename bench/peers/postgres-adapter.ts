/**
 * A PostgreSQL adapter for `oidc-provider`, as its documentation outlines one: a table of JSON documents, an index for
 * each look-up. Statements are prepared by name, so the peer pays for no parsing that we do not pay for.
 */
import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";
import pg from "pg";

const SCHEMA = `
  create table if not exists oidc_payload (
    model text not null, id text not null, payload jsonb not null,
    grant_id text, user_code text, uid text, expires_at timestamptz, consumed_at timestamptz,
    primary key (model, id)
  );
  create index if not exists oidc_payload_grant on oidc_payload (grant_id) where grant_id is not null;
  create index if not exists oidc_payload_user_code on oidc_payload (user_code) where user_code is not null;
  create index if not exists oidc_payload_uid on oidc_payload (model, uid) where uid is not null;`;

const UPSERT = `
  insert into oidc_payload (model, id, payload, grant_id, user_code, uid, expires_at)
  values ($1, $2, $3, $4, $5, $6, now() + $7 * interval '1 second')
  on conflict (model, id) do update set payload = excluded.payload, grant_id = excluded.grant_id,
    user_code = excluded.user_code, uid = excluded.uid, expires_at = excluded.expires_at`;

const LIVE = "(expires_at is null or expires_at > now())";

type Row = { payload: AdapterPayload; consumed: number | null };

/** Connects (10 connections, as our server does), makes the table and answers the adapter for all models. */
export async function postgresAdapter(url: string): Promise<AdapterFactory> {
  const pool = new pg.Pool({ connectionString: url, max: 10 });
  await pool.query(SCHEMA);
  return (model) => adapterOf(pool, model);
}

function adapterOf(pool: pg.Pool, model: string): Adapter {
  const run = (name: string, text: string, values: unknown[]) => pool.query<Row>({ name, text, values });
  const findBy = async (column: "id" | "uid" | "user_code", value: string) => {
    const select = "select payload, extract(epoch from consumed_at)::int as consumed from oidc_payload";
    const { rows } = await run(
      `find_${column}`,
      `${select} where model = $1 and ${column} = $2 and ${LIVE}`,
      [model, value],
    );
    const row = rows[0];
    return row && (row.consumed === null ? row.payload : { ...row.payload, consumed: row.consumed });
  };
  return {
    upsert: async (id, payload, expiresIn) => {
      const { grantId, userCode, uid } = payload;
      await run("upsert", UPSERT, [model, id, payload, grantId, userCode, uid, expiresIn || null]);
    },
    find: (id) => findBy("id", id),
    findByUid: (uid) => findBy("uid", uid),
    findByUserCode: (userCode) => findBy("user_code", userCode),
    consume: async (id) => {
      await run("consume", "update oidc_payload set consumed_at = now() where model = $1 and id = $2", [
        model,
        id,
      ]);
    },
    destroy: async (id) => {
      await run("destroy", "delete from oidc_payload where model = $1 and id = $2", [model, id]);
    },
    revokeByGrantId: async (grantId) => {
      await run("revoke", "delete from oidc_payload where grant_id = $1", [grantId]);
    },
  };
}
