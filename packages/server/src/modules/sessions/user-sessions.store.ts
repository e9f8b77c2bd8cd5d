/** SQL of the sessions of users as the management API shows them: ended ones included, with all that shares them. */
import { type Selectable, sql } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

type Row = Selectable<Database["sessions"]>;

/** A session with the organizations that were entered in it and the apps that share it. */
export type SessionDetails = Row & {
  organizations: string[];
  clients: { client_id: string; organization_id: string }[];
};

export type SessionStatus = "active" | "expired" | "revoked" | "logout";

export interface SessionFilter {
  userId: string;
  /** Empty: all. */
  statuses: readonly SessionStatus[];
  /** By the time of their creation: from this one on, and before that one. */
  from: Date | undefined;
  until: Date | undefined;
}

/** Live in the row, whatever the clock says. */
const endsAt = sql<Date>`least(absolute_expires_at, coalesce(idle_expires_at, absolute_expires_at))`;

export async function find(at: Scope, id: string): Promise<SessionDetails | undefined> {
  return details(at).where("id", "=", id).executeTakeFirst();
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(
  at: Scope,
  filter: SessionFilter,
  page: PageRange,
  now: Date,
): Promise<SessionDetails[]> {
  const query = details(at).where(matches(filter, now));
  return newestFirst(query, page, "id");
}

/** How many match, counted up to `most`. */
export async function count(at: Scope, filter: SessionFilter, now: Date, most: number): Promise<number> {
  const some = at.db
    .selectFrom("sessions")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where(matches(filter, now))
    .limit(most);
  const { total } = await at.db
    .selectFrom(some.as("some"))
    .select((eb) => eb.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** Ends all live sessions of a user, in one statement. */
export async function endAll(at: Scope, userId: string, now: Date): Promise<Row[]> {
  return at.db
    .updateTable("sessions")
    .set({ status: "revoked", ended_at: now, updated_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("user_id", "=", userId)
    .where("status", "=", "active")
    .where(sql<boolean>`${endsAt} > ${now}`)
    .returningAll()
    .execute();
}

export async function hasUser(at: Scope, userId: string): Promise<boolean> {
  const found = await at.db
    .selectFrom("users")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", userId)
    .executeTakeFirst();
  return found !== undefined;
}

function details(at: Scope) {
  return at.db
    .selectFrom("sessions")
    .selectAll()
    .select([
      sql<string[]>`array(
        select organization_id from session_organizations where session_id = sessions.id
        order by authenticated_at, organization_id)`.as("organizations"),
      sql<SessionDetails["clients"]>`coalesce((
        select json_agg(json_build_object('client_id', client_id, 'organization_id', organization_id)
          order by client_id)
        from session_clients where session_id = sessions.id), '[]')`.as("clients"),
    ])
    .where("environment_id", "=", at.environmentId);
}

/** A row whose time has passed is expired, although nothing has touched it since. */
function matches({ userId, statuses, from, until }: SessionFilter, now: Date) {
  const shown = sql<string>`case when status = 'active' and ${endsAt} <= ${now} then 'expired' else status end`;
  return sql<boolean>`user_id = ${userId}
    and (${statuses.length === 0} or ${shown} = any(${[...statuses]}::text[]))
    and created_at >= ${from ?? new Date(0)}
    and (${until ?? null}::timestamptz is null or created_at < ${until ?? null})`;
}
