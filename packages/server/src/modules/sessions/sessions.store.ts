/** SQL of sessions, of the organizations entered in them and of the apps that share them. */
import { type Insertable, type Selectable, sql } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type Session = Selectable<Database["sessions"]>;

/** A live session as it stands in one organization. */
export type LiveSession = Session & {
  email: string;
  /** The connection that the organization was entered through; null when it was not. */
  connection_id: string | null;
};

export async function insert(at: Scope, row: Insertable<Database["sessions"]>): Promise<Session> {
  return at.db.insertInto("sessions").values(row).returningAll().executeTakeFirstOrThrow();
}

/** The live session of a secret, seen from `organizationId` or, without one, from its active organization. */
export async function findLive(
  at: Scope,
  secretHash: Buffer,
  now: Date,
  organizationId?: string,
): Promise<LiveSession | undefined> {
  return at.db
    .selectFrom("sessions")
    .innerJoin("users", "users.id", "sessions.user_id")
    .leftJoin("session_organizations", (join) =>
      join
        .onRef("session_organizations.session_id", "=", "sessions.id")
        .on((eb) =>
          organizationId === undefined
            ? eb("session_organizations.organization_id", "=", eb.ref("sessions.organization_id"))
            : eb("session_organizations.organization_id", "=", organizationId),
        ),
    )
    .selectAll("sessions")
    .select(["users.email", "session_organizations.connection_id"])
    .where("sessions.environment_id", "=", at.environmentId)
    .where("sessions.secret_hash", "=", secretHash)
    .where(isLive(now))
    .executeTakeFirst();
}

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

/** Moves a live session's activity; undefined when it has ended meanwhile. */
export async function touch(
  at: Scope,
  id: string,
  times: { now: Date; idleExpiresAt: Date | null; organizationId?: string },
): Promise<Session | undefined> {
  return at.db
    .updateTable("sessions")
    .set({
      last_active_at: times.now,
      idle_expires_at: times.idleExpiresAt,
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
  change: { secretHash: Buffer; now: Date; idleExpiresAt: Date | null; organizationId: string },
): Promise<Session | undefined> {
  return at.db
    .updateTable("sessions")
    .set({
      secret_hash: change.secretHash,
      authenticated_at: change.now,
      last_active_at: change.now,
      updated_at: change.now,
      idle_expires_at: change.idleExpiresAt,
      organization_id: change.organizationId,
    })
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where(isLive(change.now))
    .returningAll()
    .executeTakeFirst();
}

export async function setOrganization(
  at: Scope,
  entry: { sessionId: string; organizationId: string; connectionId: string; now: Date },
): Promise<void> {
  await at.db
    .insertInto("session_organizations")
    .values({
      environment_id: at.environmentId,
      session_id: entry.sessionId,
      organization_id: entry.organizationId,
      connection_id: entry.connectionId,
      authenticated_at: entry.now,
    })
    .onConflict((conflict) =>
      conflict
        .columns(["session_id", "organization_id"])
        .doUpdateSet({ connection_id: entry.connectionId, authenticated_at: entry.now }),
    )
    .execute();
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

/** What makes a session live, in one place. */
function isLive(now: Date) {
  return sql<boolean>`sessions.status = 'active' and sessions.absolute_expires_at > ${now}
    and (sessions.idle_expires_at is null or sessions.idle_expires_at > ${now})`;
}
