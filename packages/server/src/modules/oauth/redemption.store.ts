/**
 * SQL of redeeming a code. One statement reads all that decides; another takes the code and writes what it grants, so
 * that the two happen together or not at all, and of many redemptions at once one wins.
 */
import { type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { isLive } from "../../db/live-sessions.ts";
import { type Member, memberColumns } from "../../db/members.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type AuthorizationCode = Selectable<Database["authorization_codes"]>;

/** A code as it was issued, used or not, and what has become of the sign-in since. */
export interface Redeemable {
  code: AuthorizationCode;
  /** False also for a code without a session. */
  sessionIsLive: boolean;
  /** Whom the live session signs in to the code's organization; undefined when they have left it. */
  member: Member | undefined;
}

/** Undefined for a code that never was. */
export async function find(at: Scope, codeHash: Buffer, now: Date): Promise<Redeemable | undefined> {
  const [row] = await findCode(at.db, { environmentId: at.environmentId, codeHash, now });
  if (!row) return undefined;
  const sessionIsLive = row.session_is_live === true;
  return { code: row, sessionIsLive, member: sessionIsLive && row.id !== null ? (row as Member) : undefined };
}

// Whether the session is live is no condition of its join: with one, PostgreSQL expects a single session while it has no
// statistics yet, and reads them all instead of going by the key.
const findCode = compiled((db, by: { environmentId: string; codeHash: Buffer; now: Date }) =>
  db
    .selectFrom("authorization_codes")
    .leftJoin("sessions", "sessions.id", "authorization_codes.session_id")
    .leftJoin("memberships", (join) =>
      join
        .onRef("memberships.user_id", "=", "sessions.user_id")
        .onRef("memberships.organization_id", "=", "authorization_codes.organization_id"),
    )
    .leftJoin("users", "users.id", "memberships.user_id")
    .leftJoin("organizations", "organizations.id", "memberships.organization_id")
    .selectAll("authorization_codes")
    .select(memberColumns)
    .select(isLive(by.now).as("session_is_live"))
    .where("authorization_codes.environment_id", "=", by.environmentId)
    .where("authorization_codes.hash", "=", by.codeHash),
);

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
