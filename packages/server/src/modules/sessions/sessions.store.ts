/** SQL of sessions, of the organizations entered in them and of the apps that share them. */
import { type Insertable, type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { isLive } from "../../db/live-sessions.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Session = Selectable<Database["sessions"]>;

/** A live session as it stands in one organization. */
export type LiveSession = Session & {
  email: string;
  /** The connection that the organization was entered through; null when it was not. */
  connection_id: string | null;
  /** When that was; null when it was not. */
  entered_at: Date | null;
  /** Of the user in that organization; null when they are no member of it. */
  membership_status: string | null;
  /** The organization that the app shares the session in; null when it does not yet. */
  client_organization_id: string | null;
};

/** Where a session is entered: by which app, into which organization, through which connection. */
export interface Entry {
  organizationId: string;
  connectionId: string;
  clientId: string;
  /** The user's session at the identity provider, and the two names that it is found by. */
  upstream?: ({ subject: string; session?: string } & object) | undefined;
}

/** Begins a session with its first entry, in one statement. */
export async function insert(
  at: Scope,
  row: Insertable<Database["sessions"]> & { id: string; authenticated_at: Date },
  entry: Entry,
): Promise<Session> {
  const { organizationId: enteredOrganization, connectionId, clientId } = entry;
  const entered = { enteredOrganization, connectionId, clientId, ...upstreamColumns(entry) };
  const [session] = await insertWithEntry(at.db, { ...row, ...entered });
  if (!session) throw new Error("a session was not inserted");
  return session;
}

type NewSession = Insertable<Database["sessions"]> & {
  id: string;
  authenticated_at: Date;
  enteredOrganization: string;
  connectionId: string;
  clientId: string;
} & ReturnType<typeof upstreamColumns>;

const insertWithEntry = compiled((db, values: NewSession) => {
  const { enteredOrganization, connectionId, clientId, ...rest } = values;
  const { upstream_subject, upstream_session, upstream, ...row } = rest;
  const { environment_id, id: session_id, authenticated_at } = row;
  const common = { environment_id, session_id, organization_id: enteredOrganization };
  const organization = { ...common, connection_id: connectionId, authenticated_at };
  return db
    .with("session", (db) => db.insertInto("sessions").values(row).returningAll())
    .with("organization", (db) =>
      db
        .insertInto("session_organizations")
        .values({ ...organization, upstream_subject, upstream_session, upstream }),
    )
    .with("client", (db) => db.insertInto("session_clients").values({ ...common, client_id: clientId }))
    .selectFrom("session")
    .selectAll();
});

/** The live session of a secret, seen from `organizationId` or, without one, from its active organization. */
export async function findLive(
  at: Scope,
  secretHash: Buffer,
  now: Date,
  from: { organizationId?: string; clientId?: string } = {},
): Promise<LiveSession | undefined> {
  const [found] = await selectLive(at.db, {
    environmentId: at.environmentId,
    secretHash,
    now,
    organizationId: from.organizationId ?? null,
    clientId: from.clientId ?? "",
  });
  return found;
}

interface SeenFrom {
  environmentId: string;
  secretHash: Buffer;
  now: Date;
  organizationId: string | null;
  clientId: string;
}

const selectLive = compiled((db, by: SeenFrom) => {
  const organization = sql<string>`coalesce(${by.organizationId}, sessions.organization_id)`;
  return db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .leftJoin("session_organizations", (join) =>
      join
        .onRef("session_organizations.session_id", "=", "sessions.id")
        .on("session_organizations.organization_id", "=", organization),
    )
    .leftJoin("memberships", (join) =>
      join
        .onRef("memberships.user_id", "=", "sessions.user_id")
        .on("memberships.organization_id", "=", organization),
    )
    .leftJoin("session_clients", (join) =>
      join
        .onRef("session_clients.session_id", "=", "sessions.id")
        .on("session_clients.client_id", "=", by.clientId),
    )
    .selectAll("sessions")
    .select([
      "users.email",
      "session_organizations.connection_id",
      "session_organizations.authenticated_at as entered_at",
      "memberships.status as membership_status",
      "session_clients.organization_id as client_organization_id",
    ])
    .where("sessions.environment_id", "=", by.environmentId)
    .where("sessions.secret_hash", "=", by.secretHash)
    .where(isLive(by.now));
});

/** The live session with this id. */
export async function find(at: Scope, id: string, now: Date): Promise<Session | undefined> {
  return at.db
    .selectFrom("sessions")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where(isLive(now))
    .executeTakeFirst();
}

/** Moves a live session's activity and, by as long as it was, its idle expiry; undefined when it has ended meanwhile. */
export async function touch(
  at: Scope,
  id: string,
  times: { now: Date; organizationId?: string },
): Promise<Session | undefined> {
  return at.db
    .updateTable("sessions")
    .set({
      last_active_at: times.now,
      // Null where the session does not end for idleness.
      idle_expires_at: sql<Date | null>`${times.now}::timestamptz + idle_seconds * interval '1 second'`,
      ...(times.organizationId !== undefined && { organization_id: times.organizationId }),
    })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where(isLive(times.now))
    .returningAll()
    .executeTakeFirst();
}

/** Gives a session a new secret and sign-in time, as every sign-in does. */
export async function setSecret(
  at: Scope,
  id: string,
  change: {
    secretHash: Buffer;
    now: Date;
    idleSeconds: number | null;
    absoluteExpiresAt: Date;
    organizationId: string;
  },
): Promise<Session | undefined> {
  // The stricter one holds where the session enters an organization with another policy; least() passes nulls over.
  const idleSeconds = sql<number | null>`least(idle_seconds, ${change.idleSeconds}::integer)`;
  return at.db
    .updateTable("sessions")
    .set({
      secret_hash: change.secretHash,
      authenticated_at: change.now,
      last_active_at: change.now,
      updated_at: change.now,
      idle_seconds: idleSeconds,
      idle_expires_at: sql<Date | null>`${change.now}::timestamptz + ${idleSeconds} * interval '1 second'`,
      absolute_expires_at: sql<Date>`least(absolute_expires_at, ${change.absoluteExpiresAt}::timestamptz)`,
      organization_id: change.organizationId,
    })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where(isLive(change.now))
    .returningAll()
    .executeTakeFirst();
}

/**
 * Notes that an app has brought the user into an organization through a connection, in one statement.
 * @returns the organizations that were entered in the session
 */
export async function setEntry(at: Scope, sessionId: string, entry: Entry, now: Date): Promise<string[]> {
  const { organizationId, connectionId, clientId } = entry;
  const { upstream_subject, upstream_session, upstream } = upstreamColumns(entry);
  const { rows } = await sql<{ entered: string[] }>`
    with organization as (
      insert into session_organizations
        (environment_id, session_id, organization_id, connection_id, authenticated_at,
          upstream_subject, upstream_session, upstream)
      values (${at.environmentId}, ${sessionId}, ${organizationId}, ${connectionId}, ${now},
        ${upstream_subject}, ${upstream_session}, ${upstream})
      on conflict (session_id, organization_id)
        do update set connection_id = excluded.connection_id, authenticated_at = excluded.authenticated_at,
          upstream_subject = excluded.upstream_subject, upstream_session = excluded.upstream_session,
          upstream = excluded.upstream
    )
    insert into session_clients (environment_id, session_id, client_id, organization_id)
    values (${at.environmentId}, ${sessionId}, ${clientId}, ${organizationId})
    on conflict (session_id, client_id) do update set organization_id = excluded.organization_id
    returning array(
      select organization_id from session_organizations where session_id = ${sessionId}) as entered`.execute(
    at.db,
  );
  // The statement does not see the row that it writes.
  return [...new Set([...(rows[0]?.entered ?? []), organizationId])];
}

/** The organizations that were entered in some sessions, by the id of the session. */
export async function organizationsOf(
  at: Scope,
  sessionIds: readonly string[],
): Promise<Map<string, string[]>> {
  const rows = await at.db
    .selectFrom("session_organizations")
    .select(["session_id", "organization_id"])
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`session_id = any(${[...sessionIds]})`)
    .orderBy("organization_id")
    .execute();
  const bySession = Map.groupBy(rows, (row) => row.session_id);
  return new Map([...bySession].map(([id, entries]) => [id, entries.map((row) => row.organization_id)]));
}

export async function findConnection(
  at: Scope,
  sessionId: string,
  organizationId: string,
): Promise<string | undefined> {
  const row = await at.db
    .selectFrom("session_organizations")
    .select("connection_id")
    .where("environment_id", "=", at.environmentId)
    .where("session_id", "=", sessionId)
    .where("organization_id", "=", organizationId)
    .executeTakeFirst();
  return row?.connection_id;
}

/** The same, with what was kept of the session at the identity provider. */
export async function findEntry(
  at: Scope,
  sessionId: string,
  organizationId: string,
): Promise<{ connection_id: string; upstream: unknown } | undefined> {
  return at.db
    .selectFrom("session_organizations")
    .select(["connection_id", "upstream"])
    .where("environment_id", "=", at.environmentId)
    .where("session_id", "=", sessionId)
    .where("organization_id", "=", organizationId)
    .executeTakeFirst();
}

export async function setClient(
  at: Scope,
  entry: { sessionId: string; clientId: string; organizationId: string },
): Promise<void> {
  await at.db
    .insertInto("session_clients")
    .values({
      environment_id: at.environmentId,
      session_id: entry.sessionId,
      client_id: entry.clientId,
      organization_id: entry.organizationId,
    })
    .onConflict((conflict) =>
      conflict.columns(["session_id", "client_id"]).doUpdateSet({ organization_id: entry.organizationId }),
    )
    .execute();
}

/** Ends one live session; undefined when there is none to end. */
export async function end(
  at: Scope,
  which: { id: string } | { secretHash: Buffer },
  status: "logout" | "revoked" | "expired",
  now: Date,
): Promise<Session | undefined> {
  const query = at.db
    .updateTable("sessions")
    .set({ status, ended_at: now, updated_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("status", "=", "active");
  const one =
    "id" in which ? query.where("id", "=", which.id) : query.where("secret_hash", "=", which.secretHash);
  return one.returningAll().executeTakeFirst();
}

/** Which sessions an identity provider means: all of a subject, or those that it names. */
export interface UpstreamNames {
  subject?: string;
  sessions?: readonly string[];
}

/** Ends the live sessions that entered anywhere through a connection under these names, in one statement. */
export async function endByUpstream(
  at: Scope,
  connectionId: string,
  names: UpstreamNames,
  now: Date,
): Promise<Session[]> {
  let entered = at.db
    .selectFrom("session_organizations")
    .select("session_id")
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId);
  if (names.subject !== undefined) entered = entered.where("upstream_subject", "=", names.subject);
  if (names.sessions !== undefined && names.sessions.length > 0) {
    const named = sql<boolean>`upstream_session = any(${[...names.sessions]})`;
    // A session that the identity provider gave no name of its own cannot be told apart by one.
    const unnamed = sql<boolean>`upstream_session is null`;
    entered = entered.where((eb) => (names.subject === undefined ? named : eb.or([named, unnamed])));
  }
  return at.db
    .updateTable("sessions")
    .set({ status: "logout", ended_at: now, updated_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("status", "=", "active")
    .where("id", "in", entered)
    .returningAll()
    .execute();
}

/** Ends the live sessions of users that are in an organization, by one statement. */
export async function endOfUsers(
  at: Scope,
  userIds: readonly string[],
  organizationId: string,
  now: Date,
): Promise<Session[]> {
  return at.db
    .updateTable("sessions")
    .set({ status: "revoked", ended_at: now, updated_at: now })
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`user_id = any(${[...userIds]})`)
    .where("organization_id", "=", organizationId)
    .where("status", "=", "active")
    .returningAll()
    .execute();
}

/** The live sessions of a user; only those that are in the organization when one is given. */
export async function idsOfUser(at: Scope, userId: string, organizationId?: string): Promise<string[]> {
  let query = at.db
    .selectFrom("sessions")
    .select("id")
    .where("environment_id", "=", at.environmentId)
    .where("user_id", "=", userId)
    .where("status", "=", "active");
  if (organizationId !== undefined) query = query.where("organization_id", "=", organizationId);
  return (await query.orderBy("id").execute()).map((row) => row.id);
}

/** Forgets that a user's sessions have entered an organization, and ends what was granted there, in one statement. */
export async function removeEntries(
  at: Scope,
  userId: string,
  organizationId: string,
  now: Date,
): Promise<void> {
  await removeEntriesOfUsers(at, [userId], organizationId, now);
}

/** The same of many users. */
export async function removeEntriesOfUsers(
  at: Scope,
  userIds: readonly string[],
  organizationId: string,
  now: Date,
): Promise<void> {
  const theirs = sql`environment_id = ${at.environmentId} and organization_id = ${organizationId}
    and session_id in (select id from sessions where user_id = any(${[...userIds]}))`;
  await sql`
    with entered as (delete from session_organizations where ${theirs}),
      shared as (delete from session_clients where ${theirs})
    update grants set ended_at = ${now} where ended_at is null and ${theirs}`.execute(at.db);
}

/** Removes the sessions that are in an organization, with the grants and tokens that hang on them. */
export async function removeOfOrganization(at: Scope, organizationId: string): Promise<void> {
  await at.db
    .deleteFrom("sessions")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .execute();
  await at.db
    .deleteFrom("session_organizations")
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .execute();
}

function upstreamColumns({ upstream }: Entry) {
  return {
    upstream_subject: upstream?.subject ?? null,
    upstream_session: upstream?.session ?? null,
    upstream: upstream === undefined ? null : JSON.stringify(upstream),
  };
}
