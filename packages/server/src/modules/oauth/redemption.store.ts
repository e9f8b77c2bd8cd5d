/**
 * SQL of redeeming a code: the code is taken and what it grants is written in one statement, so that the two
 * happen together or not at all, and of many redemptions at once one wins.
 */
import { sql } from "kysely";
import type { Scope } from "../../db/scope.ts";

/**
 * @param refreshTokenHash of the first refresh token, where the code grants one
 * @returns false when the code was taken meanwhile
 */
export async function redeem(
  at: Scope,
  codeHash: Buffer,
  refreshTokenHash: Buffer | undefined,
  now: Date,
): Promise<boolean> {
  const { rows } = await sql<{ taken: number }>`
    with taken as (
      update authorization_codes set consumed_at = ${now}
      where environment_id = ${at.environmentId} and hash = ${codeHash} and consumed_at is null
      returning *
    ), granted as (
      insert into grants
        (id, environment_id, session_id, client_id, organization_id, scope, authenticated_at, created_at)
      select grant_id, environment_id, session_id, client_id, organization_id, scope, authenticated_at, ${now}
      from taken where ${refreshTokenHash ?? null}::bytea is not null
      returning id, environment_id
    ), token as (
      insert into refresh_tokens (hash, environment_id, grant_id, created_at)
      select ${refreshTokenHash ?? null}::bytea, environment_id, id, ${now} from granted
    )
    select count(*) as taken from taken`.execute(at.db);
  return rows[0]?.taken === 1;
}
