/** SQL of newcomers: users, their first memberships, the role that members start with and the counters, by one statement. */
import { type Insertable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { additions } from "../../db/counters.ts";
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

type NewcomerRow = Omit<Insertable<Database["users"]>, "environment_id" | "last_login_at"> & FirstMembership;

/**
 * @returns those who were made, by their ids. An address that is taken, also by another of them, makes nobody; the row that
 * took it is then there to be read. `hasRole` is false, too, when the default role was being deleted: its successor is
 * seen by another statement.
 */
export async function insertAll(
  at: Scope,
  newcomers: readonly NewcomerRow[],
): Promise<Map<string, { user: User; hasRole: boolean }>> {
  const { environmentId } = at;
  const organizationIds = [...new Set(newcomers.map(({ organizationId }) => organizationId))];
  const rows = await inserted(at.db, { environmentId, organizationIds, rows: JSON.stringify(newcomers) });
  return new Map(rows.map(({ has_role: hasRole, ...user }) => [user.id, { user, hasRole }]));
}

interface Insertion {
  environmentId: string;
  organizationIds: string[];
  rows: string;
}

/**
 * A default role that is being deleted is seen as gone, and not as a broken reference. Whoever deletes an organization
 * locks it before its roles and its counters: so does this, or each would wait for the other.
 */
const inserted = compiled(
  (_db, { environmentId, organizationIds, rows }: Insertion) => sql<User & { has_role: boolean }>`
    with wanted as materialized (
      select * from jsonb_to_recordset(${rows}::jsonb) as wanted (id text, email text, email_verified boolean,
        external_id text, metadata text, given_name text, family_name text, name text, preferred_username text,
        locale text, picture text, phone_number text, gender text, groups text[], profile_metadata text,
        custom_attributes text, created_at timestamptz, updated_at timestamptz, "organizationId" text, status text,
        "provisioningMethod" text, "membershipMetadata" text, "joinedAt" timestamptz, "takesDefaultRole" boolean)
    ), newcomer as (
      insert into users (id, environment_id, email, email_verified, external_id, metadata, given_name, family_name, name,
        preferred_username, locale, picture, phone_number, gender, groups, profile_metadata, custom_attributes,
        created_at, updated_at)
      select id, ${environmentId}, email, email_verified, external_id, coalesce(metadata, '{}')::jsonb,
        coalesce(given_name, ''), coalesce(family_name, ''), coalesce(name, ''), coalesce(preferred_username, ''),
        coalesce(locale, ''), coalesce(picture, ''), coalesce(phone_number, ''), coalesce(gender, ''),
        coalesce(groups, '{}'), coalesce(profile_metadata, '{}')::jsonb, coalesce(custom_attributes, '{}')::jsonb,
        created_at, updated_at
      from wanted order by email
      on conflict (environment_id, email) do nothing
      returning *
    ), joining as (
      select wanted.* from newcomer join wanted on wanted.id = newcomer.id
    ), membership as (
      insert into memberships (environment_id, user_id, created_at, updated_at,
        organization_id, status, provisioning_method, metadata, joined_at)
      select ${environmentId}, id, created_at, updated_at, "organizationId", status, "provisioningMethod",
        "membershipMetadata"::jsonb, "joinedAt"
      from joining
    ), held as materialized (
      select id from organizations
      where environment_id = ${environmentId} and id = any(${organizationIds}::text[])
      order by id for key share
    ), first_role as (
      insert into membership_roles (environment_id, user_id, organization_id, role_id)
      select ${environmentId}, joining.id, held.id, roles.id
      from joining join held on held.id = "organizationId" join roles on roles.environment_id = ${environmentId}
        and roles.id = ${defaultRoleOf(environmentId, sql<string>`held.id`)}
      where "takesDefaultRole"
      for key share of roles
      returning user_id
    ), total as (
      ${additions(
        { countedIn: environmentId, counted: "users" },
        // The environment's own count is that of no organization, and comes first.
        sql`select coalesce(held.id, '') as scope, count(*) as delta
          from joining join held on held.id = "organizationId" group by rollup (held.id) having count(*) > 0 order by scope`,
      )}
    )
    select newcomer.*, exists (select from first_role where user_id = newcomer.id) as has_role from newcomer`,
);
