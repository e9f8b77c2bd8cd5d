/** SQL of expiry: the one place that deletes across environments. */
import { sql } from "kysely";
import type { Db } from "../db/db.ts";
import type { AbandonedLeg } from "../modules/traces/traces.ts";

const batch = 5_000;

type Expiring =
  | "saml_responses"
  | "used_assertions"
  | "simulator_codes"
  | "sso_requests"
  | "logout_requests"
  | "auth_requests"
  | "authorization_codes"
  | "connection_tests"
  | "traces"
  | "portal_links"
  | "member_invitations"
  | "member_sessions"
  | "sessions"
  | "webhook_secrets"
  | "webhook_attempts"
  | "webhook_deliveries"
  | "webhook_replays"
  | "webhook_endpoints";

/** Removes the rows whose `column` is before `limit`. */
export async function removeBefore(db: Db, table: Expiring, column: string, limit: Date): Promise<void> {
  for (;;) {
    const result = await sql`
      delete from ${sql.table(table)} where ctid = any(array(
        select ctid from ${sql.table(table)} where ${sql.ref(column)} < ${limit} limit ${batch}))`.execute(
      db,
    );
    if ((result.numAffectedRows ?? 0n) < BigInt(batch)) return;
  }
}

/** Ends webhook endpoints of organizations that were deleted, once nothing that was sent to them is kept any more. */
export async function endEndpointsWithoutOrganization(db: Db, now: Date): Promise<void> {
  await sql`
    update webhook_endpoints as endpoints set enabled = false, deleted_at = ${now}
    where organization_id is not null and deleted_at is null
      and not exists (select from organizations where organizations.id = endpoints.organization_id)
      and not exists (select from webhook_deliveries where endpoint_id = endpoints.id)`.execute(db);
}

/** Removes what is left of webhook endpoints that were deleted. */
export async function removeOfDeletedEndpoints(db: Db): Promise<void> {
  for (;;) {
    const { rows } = await sql<{ removed: number }>`
      with gone as (
        delete from webhook_deliveries where id = any(array(
          select deliveries.id from webhook_endpoints endpoints
          join webhook_deliveries deliveries on deliveries.endpoint_id = endpoints.id
          where endpoints.deleted_at is not null limit ${batch}))
        returning id
      ), attempts as (
        delete from webhook_attempts where delivery_id in (select id from gone)
      )
      select count(*)::integer as removed from gone`.execute(db);
    if ((rows[0]?.removed ?? 0) < batch) return;
  }
}

/** Removes some legs that were never answered, and returns those of sign-ins. */
export async function takeAbandoned(db: Db, now: Date): Promise<AbandonedLeg[]> {
  const { rows } = await sql<AbandonedLeg>`
    with gone as (
      delete from sso_requests where ctid = any(array(
        select ctid from sso_requests
        where expires_at < ${now} and consumed_at is null and auth_request_id like 'req\_%' limit 500))
      returning environment_id, connection_id, auth_request_id, sent, created_at
    )
    select gone.environment_id, gone.connection_id, gone.sent, gone.created_at, connections.organization_id,
      auth_requests.id as auth_request_id, auth_requests.client_id, auth_requests.login_hint
    from gone
    join auth_requests on auth_requests.id = gone.auth_request_id
    left join connections on connections.id = gone.connection_id`.execute(db);
  return rows;
}
