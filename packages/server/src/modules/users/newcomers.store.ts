/** SQL of newcomers: a user, the first membership, the role that members start with and the counters, by one statement. */
import { type Insertable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { type Addition, addition, additionOf } from "../../db/counters.ts";
import { defaultRoleOf } from "../../db/default-role.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { User } from "./users.store.ts";

export interface FirstMembership {
  organizationId: string;
  status: "ACTIVE" | "PENDING_INVITE";
  provisioningMethod: string;
  /** As JSON. */
  membershipMetadata: string;
  joinedAt: Date | null;
  takesDefaultRole: boolean;
}

/**
 * @returns undefined when the address was taken meanwhile; the row that took it is then there to be read. `hasRole` is
 * false, too, when the default role was being deleted: its successor is seen by another statement.
 */
export async function insert(
  at: Scope,
  user: Insertable<Database["users"]>,
  membership: FirstMembership,
): Promise<{ user: User; hasRole: boolean } | undefined> {
  const counts = additionOf(at.environmentId, "users", ["", membership.organizationId], 1);
  const [row] = await insertAll(at.db, { ...user, ...membership, ...counts });
  if (row === undefined) return undefined;
  const { first_role_id, ...inserted } = row;
  return { user: inserted, hasRole: first_role_id !== null };
}

type Newcomer = Insertable<Database["users"]> & FirstMembership & Addition;

/**
 * A default role that is being deleted is seen as gone, and not as a broken reference. Whoever deletes an organization
 * locks it before its roles and its counters: so does this, or each would wait for the other.
 */
const insertAll = compiled((_db, newcomer: Newcomer) => {
  const { organizationId, status, provisioningMethod, membershipMetadata, joinedAt, ...others } = newcomer;
  const { takesDefaultRole, countedIn, counted, scopes, delta, ...user } = others;
  return sql<User & { first_role_id: string | null }>`
    with newcomer as (
      insert into users (${sql.join(Object.keys(user).map((name) => sql.ref(name)))})
      values (${sql.join(Object.values(user))})
      on conflict (environment_id, email) do nothing
      returning *
    ), membership as (
      insert into memberships (environment_id, user_id, created_at, updated_at,
        organization_id, status, provisioning_method, metadata, joined_at)
      select environment_id, id, created_at, updated_at, ${organizationId}, ${status}, ${provisioningMethod},
        ${membershipMetadata}::jsonb, ${joinedAt}::timestamptz
      from newcomer
    ), held as (
      select id from organizations
      where environment_id = ${user.environment_id} and id = ${organizationId} for key share
    ), first_role as (
      insert into membership_roles (environment_id, user_id, organization_id, role_id)
      select newcomer.environment_id, newcomer.id, held.id, roles.id
      from newcomer, held, roles
      where ${takesDefaultRole}::boolean and roles.environment_id = newcomer.environment_id
        and roles.id = ${defaultRoleOf(user.environment_id, organizationId)}
      for key share of roles
      returning role_id
    ), total as (
      ${addition({ countedIn, counted, scopes, delta }, sql`, held, newcomer`)}
    )
    select newcomer.*, (select role_id from first_role) as first_role_id from newcomer`;
});
