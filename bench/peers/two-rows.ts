/**
 * The limit of `create-user`: a POST that inserts a user and a membership into the tables of our own server, with their
 * indexes and foreign keys, in one transaction of plain `pg`. Nobody is authenticated, nothing is counted, told or
 * answered. `DATABASE_URL` names the database of a server of ours.
 */
import pg from "pg";
import { announce, listen, sendJson } from "./serve.ts";

const USER = `insert into users (id, environment_id, email, email_verified, created_at, updated_at)
  values ($1, $2, $3, true, now(), now())`;
const MEMBERSHIP = `insert into memberships
  (environment_id, organization_id, user_id, status, provisioning_method, created_at, updated_at, joined_at)
  values ($1, $2, $3, 'ACTIVE', 'direct_provision', now(), now(), now())`;

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const found = await pool.query<{ id: string }>("select id from environments");
const environmentId = found.rows[0]?.id ?? "";
// Ids of ours begin with the time, so that new rows stand at the end of an index; these do, too.
let made = BigInt(Date.now()) * 100_000n;
const { port } = await listen((request, response) => {
  const organizationId = request.url?.split("/")[2] ?? "";
  request.resume();
  insertBoth(organizationId).then(
    (id) => sendJson(response, 201, { user: { id } }),
    (error: Error) => sendJson(response, 500, { error: error.message }),
  );
});
announce({ port });

async function insertBoth(organizationId: string): Promise<string> {
  made += 1n;
  const id = `usr_${made}`;
  const client = await pool.connect();
  try {
    await client.query("begin");
    await client.query({ name: "user", text: USER, values: [id, environmentId, `${id}@limit.example`] });
    await client.query({
      name: "membership",
      text: MEMBERSHIP,
      values: [environmentId, organizationId, id],
    });
    await client.query("commit");
    client.release();
    return id;
  } catch (error) {
    // The connection goes with its transaction.
    client.release(error as Error);
    throw error;
  }
}
