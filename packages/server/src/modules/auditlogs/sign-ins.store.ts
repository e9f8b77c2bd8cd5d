/** SQL of the log of sign-ins: traces of those that ended, and the requests of those that are under way. */
import { type RawBuilder, sql } from "kysely";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type SignInStatus = "INITIATED" | "PENDING" | "SUCCESS" | "FAILED";

/** Every given value must match. */
export interface SignInFilter {
  email?: string;
  statuses?: readonly SignInStatus[];
  /** First and last moment, both included. */
  from?: Date;
  to?: Date;
  clientId?: string;
}

export interface SignIn {
  /** The key of the list, `req_` and the digits of its row. */
  id: string;
  auth_request_id: string;
  organization_id: string | null;
  connection_id: string;
  email: string;
  client_id: string;
  status: SignInStatus;
  at: Date;
  connection_type: string | null;
  connection_provider: string | null;
  client_name: string | null;
  client_type: string | null;
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, filter: SignInFilter, now: Date, page: PageRange): Promise<SignIn[]> {
  const order = page.before === undefined ? sql`desc` : sql`asc`;
  const part = (rows: RawBuilder<unknown>, id: RawBuilder<unknown>, prefix: string) =>
    sql`(${rows} ${range(id, prefix, page)} order by ${id} ${order} limit ${page.limit})`;
  const found = await sql<SignIn>`
    select signed.*, connections.type as connection_type, connections.provider as connection_provider,
      clients.name as client_name, clients.type as client_type
    from (
      select * from (
        ${part(ended(at, filter), sql`traces.id`, "trc_")}
        union all
        ${part(underWay(at, filter, now), sql`auth_requests.id`, "req_")}
      ) as either order by id ${order} limit ${page.limit}
    ) as signed
    left join connections on connections.id = signed.connection_id
      and connections.environment_id = ${at.environmentId}
    left join clients on clients.id = signed.client_id and clients.environment_id = ${at.environmentId}
    order by signed.id ${order}`.execute(at.db);
  return found.rows;
}

/** How many there are; `most` when there are more than that. */
export async function count(at: Scope, filter: SignInFilter, now: Date, most: number): Promise<number> {
  const found = await sql<{ count: string }>`
    select count(*) as count from (
      (${ended(at, filter)} limit ${most}) union all (${underWay(at, filter, now)} limit ${most})
    ) as either`.execute(at.db);
  return Math.min(Number(found.rows[0]?.count ?? 0), most);
}

/** Both kinds of ids hold the time that they were made at, in as many digits. */
function range(id: RawBuilder<unknown>, prefix: string, page: PageRange): RawBuilder<unknown> {
  const own = (key: string) => prefix + key.slice(key.indexOf("_") + 1);
  if (page.after !== undefined) return sql`and ${id} < ${own(page.after)}`;
  return page.before === undefined ? sql`` : sql`and ${id} > ${own(page.before)}`;
}

/** A user who left for the identity provider and did not come back is still awaited, so to say. */
const statusOfTrace = sql`case outcome when 'success' then 'SUCCESS' when 'failure' then 'FAILED' else 'PENDING' end`;

function ended(at: Scope, filter: SignInFilter): RawBuilder<unknown> {
  return sql`select 'req_' || substr(traces.id, 5) as id, auth_request_id, organization_id, connection_id, email,
      client_id, ${statusOfTrace} as status, created_at as at
    from traces
    where environment_id = ${at.environmentId} and kind in ('sign_in', 'idp_initiated')
      ${matches(filter, sql`email`, sql`created_at`)} ${hasStatus(filter, statusOfTrace)}`;
}

const statusOfRequest = sql`case when exists (
  select 1 from sso_requests where sso_requests.auth_request_id = auth_requests.id
) then 'PENDING' else 'INITIATED' end`;

/** A failure answers the app and leaves the request open, so that its user may try another way. */
function underWay(at: Scope, filter: SignInFilter, now: Date): RawBuilder<unknown> {
  return sql`select auth_requests.id, auth_requests.id as auth_request_id, organization_id, '' as connection_id,
      login_hint as email, client_id, ${statusOfRequest} as status, created_at as at
    from auth_requests
    where environment_id = ${at.environmentId} and completed_at is null and expires_at > ${now}
      and not exists (
        select 1 from traces
        where traces.auth_request_id = auth_requests.id and outcome = 'failure' and traces.auth_request_id <> ''
      )
      ${matches(filter, sql`lower(login_hint)`, sql`created_at`)} ${hasStatus(filter, statusOfRequest)}`;
}

function matches(
  { email, from, to, clientId }: SignInFilter,
  emailColumn: RawBuilder<unknown>,
  at: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const conditions = [
    ...(email ? [sql`and ${emailColumn} = ${email}`] : []),
    ...(from ? [sql`and ${at} >= ${from}`] : []),
    ...(to ? [sql`and ${at} <= ${to}`] : []),
    ...(clientId ? [sql`and client_id = ${clientId}`] : []),
  ];
  return sql.join(conditions, sql` `);
}

function hasStatus({ statuses }: SignInFilter, status: RawBuilder<unknown>): RawBuilder<unknown> {
  return statuses?.length ? sql`and ${status} = any(${[...statuses]})` : sql``;
}
