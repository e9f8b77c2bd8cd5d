/** SQL of users, their memberships and their identities at identity providers. */
import { type Selectable, sql, type Updateable } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { joinReads } from "../../db/joined-reads.ts";
import { type Member, memberColumns } from "../../db/members.ts";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type User = Selectable<Database["users"]>;
export type { Member };

/** A user is named by their id or by the app's own id of them. */
export type UserRef = { id: string } | { externalId: string };

/** The lock that a reader of a user takes: "key share" keeps them from being deleted, "update" from any change. */
export type UserLock = "none" | "key share" | "update";

export async function find(at: Scope, ref: UserRef, lock: UserLock = "none"): Promise<User | undefined> {
  const query = locked(inEnvironment(at), lock);
  if (!("id" in ref)) return query.where("external_id", "=", ref.externalId).executeTakeFirst();
  return lock === "none" ? findById(at, ref.id) : query.where("id", "=", ref.id).executeTakeFirst();
}

const findById = joinReads(
  ({ db, environmentId }, ids) => listByIds(db, { environmentId, ids }),
  (user: User) => user.id,
);

const listByIds = compiled((db, by: { environmentId: string; ids: readonly string[] }) =>
  db
    .selectFrom("users")
    .selectAll()
    .where("environment_id", "=", by.environmentId)
    .where(sql<boolean>`id = any(${by.ids})`),
);

/** The same by address, kept at least from being deleted. */
export async function lockByEmail(at: Scope, email: string, lock: UserLock): Promise<User | undefined> {
  return locked(inEnvironment(at), lock).where("email", "=", email).executeTakeFirst();
}

export async function findByEmail(at: Scope, email: string): Promise<User | undefined> {
  return inEnvironment(at).where("email", "=", email).executeTakeFirst();
}

/** The user that a subject is linked to, with their standing in an organization; null where they have none. */
export async function findByIdentity(
  at: Scope,
  identity: { connectionId: string; subject: string; organizationId: string },
): Promise<(User & { membership_status: string | null }) | undefined> {
  const { connectionId, subject, organizationId } = identity;
  const [found] = await findLinked(at.db, {
    environmentId: at.environmentId,
    connectionId,
    subject,
    organizationId,
  });
  return found;
}

interface Identified {
  environmentId: string;
  connectionId: string;
  subject: string;
  organizationId: string;
}

const findLinked = compiled((db, by: Identified) =>
  db
    .selectFrom("users")
    .innerJoin("external_identities", "external_identities.user_id", "users.id")
    .leftJoin("memberships", (join) =>
      join
        .onRef("memberships.user_id", "=", "users.id")
        .on("memberships.organization_id", "=", by.organizationId),
    )
    .selectAll("users")
    .select("memberships.status as membership_status")
    .where("users.environment_id", "=", by.environmentId)
    .where("external_identities.connection_id", "=", by.connectionId)
    .where("external_identities.subject", "=", by.subject),
);

export async function findMember(
  at: Scope,
  organizationId: string,
  userId: string,
): Promise<Member | undefined> {
  return at.db
    .selectFrom("users")
    .innerJoin("memberships", "memberships.user_id", "users.id")
    .innerJoin("organizations", "organizations.id", "memberships.organization_id")
    .select(memberColumns)
    .where("users.environment_id", "=", at.environmentId)
    .where("users.id", "=", userId)
    .where("memberships.organization_id", "=", organizationId)
    .executeTakeFirst();
}

/** The organizations that a user is an active member of, oldest first. */
export async function listOrganizations(at: Scope, userId: string, limit: number): Promise<string[]> {
  const rows = await at.db
    .selectFrom("memberships")
    .select("organization_id")
    .where("environment_id", "=", at.environmentId)
    .where("user_id", "=", userId)
    .where("status", "=", "ACTIVE")
    .orderBy("organization_id")
    .limit(limit)
    .execute();
  return rows.map((row) => row.organization_id);
}

/** Links a user to a subject of a connection, or notes another sign-in of that subject, and changes the user. */
export async function setLogin(
  at: Scope,
  identity: { connectionId: string; subject: string; userId: string; now: Date },
  change: Updateable<Database["users"]>,
): Promise<User> {
  const by = { ...identity, environmentId: at.environmentId };
  const [user] = await linkAndUpdate(at.db, { ...change, ...by });
  if (!user) throw new Error("the user of a sign-in is gone");
  return user;
}

type Login = Updateable<Database["users"]> & {
  environmentId: string;
  connectionId: string;
  subject: string;
  userId: string;
  now: Date;
};

const linkAndUpdate = compiled(
  (db, { environmentId, connectionId, subject, userId, now, ...change }: Login) =>
    db
      .with("identity", (db) =>
        db
          .insertInto("external_identities")
          .values({
            environment_id: environmentId,
            connection_id: connectionId,
            subject,
            user_id: userId,
            created_at: now,
            last_login_at: now,
          })
          .onConflict((conflict) =>
            conflict.columns(["connection_id", "subject"]).doUpdateSet({ last_login_at: now }),
          ),
      )
      .updateTable("users")
      .set({ ...change, last_login_at: now })
      .where("environment_id", "=", environmentId)
      .where("id", "=", userId)
      .returningAll(),
);

export async function removeIdentitiesOfUser(at: Scope, userId: string): Promise<void> {
  await at.db
    .deleteFrom("external_identities")
    .where("environment_id", "=", at.environmentId)
    .where("user_id", "=", userId)
    .execute();
}

export async function removeIdentitiesOf(at: Scope, connectionId: string): Promise<void> {
  await at.db
    .deleteFrom("external_identities")
    .where("environment_id", "=", at.environmentId)
    .where("connection_id", "=", connectionId)
    .execute();
}

/** Removes the users who are members of this organization and of no other; returns how many. */
export async function removeOnlyMembersOf(at: Scope, organizationId: string): Promise<number> {
  const result = await at.db
    .deleteFrom("users")
    .where("environment_id", "=", at.environmentId)
    .where((eb) =>
      eb(
        "id",
        "in",
        eb.selectFrom("memberships").select("user_id").where("organization_id", "=", organizationId),
      ),
    )
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("memberships")
            .select("memberships.user_id")
            .whereRef("memberships.user_id", "=", "users.id")
            .where("memberships.organization_id", "<>", organizationId),
        ),
      ),
    )
    .executeTakeFirst();
  return Number(result.numDeletedRows);
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, page: PageRange): Promise<User[]> {
  const query = inEnvironment(at);
  return newestFirst(query, page, "id");
}

/** The same of the members of an organization. */
export async function listMembers(at: Scope, organizationId: string, page: PageRange): Promise<User[]> {
  // The range is that of the membership's own key: PostgreSQL does not carry "<" over from one to the other.
  const query = at.db
    .selectFrom("memberships")
    .innerJoin("users", "users.id", "memberships.user_id")
    .selectAll("users")
    .where("memberships.environment_id", "=", at.environmentId)
    .where("memberships.organization_id", "=", organizationId);
  return newestFirst(query, page, "memberships.user_id");
}

export async function set(
  at: Scope,
  id: string,
  change: Updateable<Database["users"]>,
): Promise<User | undefined> {
  return at.db
    .updateTable("users")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

export async function remove(at: Scope, id: string): Promise<User | undefined> {
  return at.db
    .deleteFrom("users")
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .returningAll()
    .executeTakeFirst();
}

function locked(query: ReturnType<typeof inEnvironment>, lock: UserLock) {
  if (lock === "none") return query;
  return lock === "update" ? query.forUpdate() : query.forKeyShare();
}

function inEnvironment(at: Scope) {
  return at.db.selectFrom("users").selectAll().where("environment_id", "=", at.environmentId);
}
