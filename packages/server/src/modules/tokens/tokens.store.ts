/** SQL of API tokens. */
import { type Insertable, type Selectable, type SqlBool, sql, type Updateable } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

/** A token with what is told of whom it speaks for. */
export type ApiToken = Selectable<Database["api_tokens"]> & {
  organization_external_id: string | null;
  user_external_id: string | null;
  email: string | null;
  /** Names of the roles that the user holds in the organization. */
  roles: string[];
};

/** A token is named by its id or by the hash of its value. */
export type ApiTokenRef = { id: string } | { hash: Buffer };

/** The tokens of an organization, or of one user in it. */
interface Owner {
  organizationId: string;
  userId?: string | undefined;
}

export async function insert(at: Scope, row: Insertable<Database["api_tokens"]>): Promise<void> {
  await at.db.insertInto("api_tokens").values(row).execute();
}

/** A token that works at `now`. */
export async function findLive(at: Scope, ref: ApiTokenRef, now: Date): Promise<ApiToken | undefined> {
  return told(at, now).where(isNamed(ref)).executeTakeFirst();
}

/** Newest first; in reverse when the range ends before an id. */
export async function listLive(at: Scope, owner: Owner, now: Date, page: PageRange): Promise<ApiToken[]> {
  let query = told(at, now).where("api_tokens.organization_id", "=", owner.organizationId);
  if (owner.userId !== undefined) query = query.where("api_tokens.user_id", "=", owner.userId);
  return newestFirst(query, page, "api_tokens.id");
}

/** How many work at `now`, counted up to `most`: time takes tokens away, so no counter could be kept. */
export async function countLive(at: Scope, owner: Owner, now: Date, most: number): Promise<number> {
  const { count } = await at.db
    .selectFrom(
      live(at, now)
        .where("api_tokens.organization_id", "=", owner.organizationId)
        .$if(owner.userId !== undefined, (query) =>
          query.where("api_tokens.user_id", "=", owner.userId ?? ""),
        )
        .select("api_tokens.id")
        .limit(most)
        .as("counted"),
    )
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(count);
}

/** False when it does not work at `now`. */
export async function setLive(
  at: Scope,
  ref: ApiTokenRef,
  now: Date,
  change: Updateable<Database["api_tokens"]>,
): Promise<boolean> {
  const updated = await at.db
    .updateTable("api_tokens")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where(isNamed(ref))
    .where("invalidated_at", "is", null)
    .where((eb) => eb.or([eb("expires_at", "is", null), eb("expires_at", ">", now)]))
    .returning("id")
    .executeTakeFirst();
  return updated !== undefined;
}

/** Ends a token; one that has ended keeps its time. False when there never was one. */
export async function setInvalidated(at: Scope, ref: ApiTokenRef, now: Date): Promise<boolean> {
  const ended = await at.db
    .updateTable("api_tokens")
    .set({ invalidated_at: sql<Date>`coalesce(invalidated_at, ${now})` })
    .where("environment_id", "=", at.environmentId)
    .where(isNamed(ref))
    .returning("id")
    .executeTakeFirst();
  return ended !== undefined;
}

function isNamed(ref: ApiTokenRef) {
  return "id" in ref ? sql<SqlBool>`api_tokens.id = ${ref.id}` : sql<SqlBool>`api_tokens.hash = ${ref.hash}`;
}

/** Tokens that speak for an organization, or for a user who is an active member of it. */
function live(at: Scope, now: Date) {
  return at.db
    .selectFrom("api_tokens")
    .leftJoin("memberships", (join) =>
      join
        .onRef("memberships.organization_id", "=", "api_tokens.organization_id")
        .onRef("memberships.user_id", "=", "api_tokens.user_id"),
    )
    .where("api_tokens.environment_id", "=", at.environmentId)
    .where("api_tokens.invalidated_at", "is", null)
    .where((eb) => eb.or([eb("api_tokens.expires_at", "is", null), eb("api_tokens.expires_at", ">", now)]))
    .where((eb) => eb.or([eb("api_tokens.user_id", "is", null), eb("memberships.status", "=", "ACTIVE")]));
}

function told(at: Scope, now: Date) {
  return live(at, now)
    .innerJoin("organizations", "organizations.id", "api_tokens.organization_id")
    .leftJoin("users", "users.id", "api_tokens.user_id")
    .selectAll("api_tokens")
    .select([
      "organizations.external_id as organization_external_id",
      "users.external_id as user_external_id",
      "users.email",
    ])
    .select((eb) =>
      sql<string[]>`array(${eb
        .selectFrom("membership_roles")
        .innerJoin("roles", "roles.id", "membership_roles.role_id")
        .select("roles.name")
        .whereRef("membership_roles.organization_id", "=", "api_tokens.organization_id")
        .whereRef("membership_roles.user_id", "=", "api_tokens.user_id")
        .orderBy("roles.name")})`.as("roles"),
    );
}
