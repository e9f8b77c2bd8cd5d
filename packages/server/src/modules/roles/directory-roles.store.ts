/** SQL of the roles that directories give to many members at once. */
import { sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Scope } from "../../db/scope.ts";

/** A member and the roles that they held. */
export interface FormerRoles {
  user_id: string;
  roles_before: string[];
}

/** Members with the roles that the groups of their directories give. */
export type Wanted = readonly { userId: string; roleIds: readonly string[] }[];

/** Holds memberships, so that nobody else changes their roles meanwhile. In one order, so that none waits in a circle. */
export async function lockMembers(
  at: Scope,
  organizationId: string,
  userIds: readonly string[],
): Promise<void> {
  await sql`
    select from memberships
    where environment_id = ${at.environmentId} and organization_id = ${organizationId}
      and user_id = any(${[...userIds]})
    order by user_id for update`.execute(at.db);
}

/**
 * Gives members the roles of their groups, and takes away what a directory gave before and gives no more. Who is left
 * without any gets the default of the organization, else of the environment. Where the groups give what they gave the
 * last time, nothing is touched.
 * @returns those whose roles changed
 */
export async function settle(at: Scope, organizationId: string, wanted: Wanted): Promise<FormerRoles[]> {
  return settled(at.db, {
    environmentId: at.environmentId,
    organizationId,
    wanted: JSON.stringify(wanted.map(({ userId, roleIds }) => ({ user_id: userId, roles: roleIds }))),
    ...(wanted.length <= few && { userIds: wanted.map(({ userId }) => userId) }),
    roleIds: [...new Set(wanted.flatMap(({ roleIds }) => roleIds))],
  });
}

/** Up to so many, members are looked up one by one. */
const few = 20;

interface Settling {
  environmentId: string;
  organizationId: string;
  wanted: string;
  /** Of a few, again: the database does not know how long `wanted` is, and reads whole organizations for it. */
  userIds?: string[];
  roleIds: string[];
}

const settled = compiled(
  (_db, { environmentId, organizationId, wanted, userIds, roleIds }: Settling) => sql<FormerRoles>`
    with fallback as (
      select coalesce(
        (select role_id from organization_default_roles where organization_id = ${organizationId}),
        (select id from roles where environment_id = ${environmentId} and is_default_member)) as id
    ), present as materialized (
      -- A role that is being deleted is then seen as gone, and not as a broken reference.
      select id from roles
      where environment_id = ${environmentId} and (id = any(${roleIds}::text[]) or id = (select id from fallback))
        and (organization_id is null or organization_id = ${organizationId})
      for key share
    ), wanted as (
      select user_id, array(select id from present where id = any(roles) order by id) as roles
      from jsonb_to_recordset(${wanted}::jsonb) as wanted (user_id text, roles text[])
    ), standing as (
      select wanted.user_id, wanted.roles as mapped, memberships.directory_roles as given,
        array(select role_id from membership_roles as held where held.organization_id = ${organizationId}
          and held.user_id = wanted.user_id order by role_id) as held
      from wanted join memberships
        on memberships.organization_id = ${organizationId} and memberships.user_id = wanted.user_id
        and memberships.environment_id = ${environmentId} ${among("memberships", userIds)}
    ), changing as (
      select user_id, mapped, held, coalesce(given, '{}') as given,
        array(select unnest(held) except select unnest(given)) as others
      from standing
      where given is null
        or case when mapped = '{}' then given <> '{}' and given <> array(select id from present where id = (select id from fallback))
          else not (mapped @> given and given @> mapped) end
    ), decided as (
      select user_id, held, given,
        case when mapped = '{}' and others = '{}'
          then array(select id from present where id = (select id from fallback)) else mapped end as giving
      from changing
    ), noted as (
      update memberships set directory_roles = giving from decided
      where memberships.organization_id = ${organizationId} and memberships.user_id = decided.user_id
        ${among("memberships", userIds)}
    ), taken as (
      delete from membership_roles using decided
      where membership_roles.organization_id = ${organizationId} and membership_roles.user_id = decided.user_id
        ${among("membership_roles", userIds)}
        and role_id = any(given) and role_id <> all(giving)
    ), given as (
      insert into membership_roles (environment_id, organization_id, user_id, role_id)
      select ${environmentId}, ${organizationId}, user_id, role_id
      from decided cross join lateral unnest(giving) as role_id
      where role_id <> all(held)
      on conflict do nothing
    )
    select user_id, held as roles_before from decided
    where exists (select unnest(giving) except select unnest(held))
      or exists (select unnest(given) intersect select unnest(held) except select unnest(giving))`,
);

function among(table: string, userIds: string[] | undefined) {
  return userIds === undefined ? sql`` : sql`and ${sql.ref(`${table}.user_id`)} = any(${userIds}::text[])`;
}

/**
 * Makes these the only roles of members, beside those that came another way than by a directory; a role that is no more
 * is left out.
 * @returns those whose roles changed
 */
export async function replace(at: Scope, organizationId: string, wanted: Wanted): Promise<FormerRoles[]> {
  const rows = JSON.stringify(wanted.map(({ userId, roleIds }) => ({ user_id: userId, roles: roleIds })));
  const roleIds = [...new Set(wanted.flatMap(({ roleIds }) => roleIds))];
  const { rows: changed } = await sql<FormerRoles>`
    with present as materialized (
      select id from roles where environment_id = ${at.environmentId} and id = any(${roleIds}::text[])
        and (organization_id is null or organization_id = ${organizationId})
      for key share
    ), standing as (
      select wanted.user_id, wanted.roles, coalesce(memberships.directory_roles, '{}') as given,
        array(select role_id from membership_roles as held where held.organization_id = ${organizationId}
          and held.user_id = wanted.user_id order by role_id) as held
      from jsonb_to_recordset(${rows}::jsonb) as wanted (user_id text, roles text[]) join memberships
        on memberships.organization_id = ${organizationId} and memberships.user_id = wanted.user_id
        and memberships.environment_id = ${at.environmentId}
    ), wanted as (
      select user_id, held, array(select id from present where id = any(roles)
        union select role from unnest(held) as role where role <> all(given)) as roles
      from standing
    ), taken as (
      delete from membership_roles using wanted
      where membership_roles.organization_id = ${organizationId} and membership_roles.user_id = wanted.user_id
        and role_id <> all(roles)
    ), given as (
      insert into membership_roles (environment_id, organization_id, user_id, role_id)
      select ${at.environmentId}, ${organizationId}, user_id, role_id
      from wanted cross join lateral unnest(roles) as role_id
      where role_id <> all(held)
      on conflict do nothing
    )
    select user_id, held as roles_before from wanted where not (held @> roles and roles @> held)`.execute(
    at.db,
  );
  return changed;
}

/**
 * Puts one role in the place of another in what directories gave to some members. Who holds the other already, and not
 * from a directory, keeps it as what was given by hand.
 * @param organizationId null = of all organizations
 * @param limit how many members at most: there may be more than one statement has time for
 * @returns how many it were
 */
export async function moveGiven(
  at: Scope,
  organizationId: string | null,
  change: { from: string; to: string },
  limit: number,
): Promise<number> {
  const { from, to } = change;
  const { numAffectedRows = 0n } = await sql`
    with moving as (
      select organization_id, user_id from memberships
      where environment_id = ${at.environmentId} and directory_roles @> array[${from}]
        and organization_id = coalesce(${organizationId}, organization_id)
      limit ${limit}
    )
    update memberships set directory_roles =
      case when directory_roles @> array[${to}] or not exists (select from membership_roles as held
          where held.organization_id = moving.organization_id and held.user_id = moving.user_id and held.role_id = ${to})
        then array(select distinct unnest(array_replace(directory_roles, ${from}, ${to})))
        else array_remove(directory_roles, ${from}) end
    from moving
    where memberships.organization_id = moving.organization_id and memberships.user_id = moving.user_id`.execute(
    at.db,
  );
  return Number(numAffectedRows);
}
