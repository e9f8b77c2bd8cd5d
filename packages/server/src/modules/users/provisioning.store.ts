/** SQL of users and memberships that come and go by many at once, as directories bring them. */
import { sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { defaultRoleOf } from "../../db/default-role.ts";
import type { Scope } from "../../db/scope.ts";
import type { User } from "./users.store.ts";

/** What a directory says of a person; "" = nothing. */
export interface PersonColumns {
  given_name: string;
  family_name: string;
  name: string;
  preferred_username: string;
  phone_number: string;
  picture: string;
  locale: string;
  custom_attributes: Record<string, string>;
}

export type NewPerson = PersonColumns & { id: string; email: string };

/** A user as they are now; whether the address of one who was here before is proven is left as it was. */
export type UpsertedUser = User & { is_new: boolean };

const personColumns = sql`given_name text, family_name text, name text, preferred_username text, phone_number text,
  picture text, locale text, custom_attributes jsonb`;

/** Holds users until the transaction ends, in one order. */
export async function lock(at: Scope, userIds: readonly string[]): Promise<void> {
  await sql`
    select from users where environment_id = ${at.environmentId} and id = any(${[...userIds]})
    order by id for update`.execute(at.db);
}

/** Makes the users who are not there, and brings those who are up to what the directory says of them. */
export async function upsertUsers(
  at: Scope,
  people: readonly NewPerson[],
  now: Date,
): Promise<UpsertedUser[]> {
  return upsert(at.db, { environmentId: at.environmentId, people: JSON.stringify(people), now });
}

const upsert = compiled(
  (
    _db,
    { environmentId, people, now }: { environmentId: string; people: string; now: Date },
  ) => sql<UpsertedUser>`
    with person as (
      select * from jsonb_to_recordset(${people}::jsonb) as person (id text, email text, ${personColumns})
    )
    insert into users (id, environment_id, email, email_verified, given_name, family_name, name,
      preferred_username, phone_number, picture, locale, custom_attributes, created_at, updated_at)
    select id, ${environmentId}, email, true, given_name, family_name, name, preferred_username, phone_number,
      picture, locale, custom_attributes, ${now}::timestamptz, ${now}::timestamptz
    from person order by email
    on conflict (environment_id, email) do update set ${sql.raw(takenOver("excluded"))},
      updated_at = excluded.updated_at
    returning users.*, users.xmax = 0 as is_new`,
);

/** What is said replaces what was known; of what is not said, the former value stays. */
function takenOver(source: string): string {
  const names = [
    "given_name",
    "family_name",
    "name",
    "preferred_username",
    "phone_number",
    "picture",
    "locale",
  ];
  const texts = names.map((name) => `${name} = coalesce(nullif(${source}.${name}, ''), users.${name})`);
  return `${texts.join(", ")}, custom_attributes = users.custom_attributes || ${source}.custom_attributes`;
}

/**
 * The same for users by their ids, whose addresses are in these domains.
 * @returns those that changed
 */
export async function setProfiles(
  at: Scope,
  people: readonly (PersonColumns & { id: string })[],
  domains: readonly string[],
  now: Date,
): Promise<User[]> {
  const { rows } = await sql<User>`
    with person as (
      select * from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as person (id text, ${personColumns})
    ), held as (
      select users.id from users join person on person.id = users.id
      where users.environment_id = ${at.environmentId}
        and split_part(users.email, '@', 2) = any(${[...domains]})
        and (coalesce(nullif(person.given_name, ''), users.given_name),
          coalesce(nullif(person.family_name, ''), users.family_name),
          coalesce(nullif(person.name, ''), users.name),
          coalesce(nullif(person.preferred_username, ''), users.preferred_username),
          coalesce(nullif(person.phone_number, ''), users.phone_number),
          coalesce(nullif(person.picture, ''), users.picture),
          coalesce(nullif(person.locale, ''), users.locale),
          users.custom_attributes || person.custom_attributes)
        is distinct from (users.given_name, users.family_name, users.name, users.preferred_username,
          users.phone_number, users.picture, users.locale, users.custom_attributes)
      order by users.id for no key update of users
    )
    update users set ${sql.raw(takenOver("person"))}, updated_at = ${now}
    from person join held on held.id = person.id
    where users.id = person.id and users.environment_id = ${at.environmentId}
    returning users.*`.execute(at.db);
  return rows;
}

/** How a membership stood before it was changed. */
export interface FormerStanding {
  user_id: string;
  /** Null where there was none. */
  status_before: string | null;
  roles_before: string[];
}

/** `has_role`: a new member, who has the role that members begin with. */
export type ActivatedMember = FormerStanding & { has_role: boolean };

/** Makes users active members. @returns those who were not, as they stood */
export async function activate(
  at: Scope,
  organizationId: string,
  userIds: readonly string[],
  now: Date,
): Promise<ActivatedMember[]> {
  return activated(at.db, { environmentId: at.environmentId, organizationId, userIds: [...userIds], now });
}

interface Membership {
  environmentId: string;
  organizationId: string;
  userIds: string[];
  now: Date;
}

const activated = compiled(
  (_db, { environmentId, organizationId, userIds, now }: Membership) => sql<ActivatedMember>`
    with first_role as materialized (
      -- One that is being deleted is then seen as gone, and not as a broken reference.
      select id from roles
      where environment_id = ${environmentId} and id = ${defaultRoleOf(environmentId, organizationId)}
      for key share
    ), former as (
      select user_id, status, array(select role_id from membership_roles as held
        where held.organization_id = memberships.organization_id and held.user_id = memberships.user_id) as roles
      from memberships where organization_id = ${organizationId} and user_id = any(${userIds}::text[])
    ), written as (
      insert into memberships (environment_id, organization_id, user_id, status, provisioning_method, metadata,
        directory_roles, created_at, updated_at, joined_at)
      select ${environmentId}, ${organizationId}, id, 'ACTIVE', 'direct_provision', '{}',
        nullif(array(select id from first_role), '{}'), ${now}::timestamptz, ${now}::timestamptz, ${now}::timestamptz
      from unnest(${userIds}::text[]) as id order by id
      on conflict (organization_id, user_id) do update set status = 'ACTIVE',
        joined_at = coalesce(memberships.joined_at, excluded.joined_at), updated_at = excluded.updated_at
        where memberships.status <> 'ACTIVE'
      returning user_id, xmax = 0 as is_new
    ), begun as (
      insert into membership_roles (environment_id, organization_id, user_id, role_id)
      select ${environmentId}, ${organizationId}, written.user_id, first_role.id
      from written cross join first_role where is_new
    )
    select written.user_id, is_new and exists (select from first_role) as has_role, case when not is_new then coalesce(former.status, 'INACTIVE') end as status_before,
      coalesce(former.roles, '{}') as roles_before
    from written left join former on former.user_id = written.user_id`,
);

/** Makes members inactive. @returns those who were not, as they stood */
export async function deactivate(
  at: Scope,
  organizationId: string,
  userIds: readonly string[],
  now: Date,
): Promise<FormerStanding[]> {
  const { rows } = await sql<FormerStanding>`
    with former as (
      select user_id, status, array(select role_id from membership_roles as held
        where held.organization_id = memberships.organization_id and held.user_id = memberships.user_id) as roles
      from memberships
      where environment_id = ${at.environmentId} and organization_id = ${organizationId}
        and user_id = any(${[...userIds]}) and status <> 'INACTIVE'
      order by user_id for update
    )
    update memberships set status = 'INACTIVE', updated_at = ${now} from former
    where memberships.organization_id = ${organizationId} and memberships.user_id = former.user_id
    returning memberships.user_id, former.status as status_before, former.roles as roles_before`.execute(
    at.db,
  );
  return rows;
}

/** Gives members back the status that they had. @returns those whose status changed */
export async function setStatuses(
  at: Scope,
  organizationId: string,
  wanted: readonly { userId: string; status: string }[],
  now: Date,
): Promise<string[]> {
  const { rows } = await sql<{ user_id: string }>`
    update memberships set status = wanted.status, updated_at = ${now}
    from unnest(${wanted.map(({ userId }) => userId)}::text[], ${wanted.map(({ status }) => status)}::text[])
      as wanted (user_id, status)
    where environment_id = ${at.environmentId} and organization_id = ${organizationId}
      and memberships.user_id = wanted.user_id and memberships.status <> wanted.status
    returning memberships.user_id`.execute(at.db);
  return rows.map((row) => row.user_id);
}

/** Notes that people who were invited are members now. */
export async function acceptInvitations(
  at: Scope,
  organizationId: string,
  userIds: readonly string[],
  now: Date,
): Promise<void> {
  await at.db
    .updateTable("invitations")
    .set({ accepted_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("organization_id", "=", organizationId)
    .where(sql<boolean>`user_id = any(${[...userIds]})`)
    .where("accepted_at", "is", null)
    .execute();
}

/** Notes that the addresses of users are proven. */
export async function setProven(at: Scope, userIds: readonly string[]): Promise<void> {
  await at.db
    .updateTable("users")
    .set({ email_verified: true })
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`id = any(${[...userIds]})`)
    .execute();
}

/** Unlinks users from all that they ever signed in with. */
export async function removeIdentities(at: Scope, userIds: readonly string[]): Promise<void> {
  await at.db
    .deleteFrom("external_identities")
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`user_id = any(${[...userIds]})`)
    .execute();
}

export async function listByIds(at: Scope, userIds: readonly string[]): Promise<User[]> {
  return at.db
    .selectFrom("users")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`id = any(${[...userIds]})`)
    .orderBy("id")
    .execute();
}

/** A user of an address, with their standing in an organization. */
export interface KnownAddress {
  id: string;
  email: string;
  /** Null where they are no member. */
  status: string | null;
  role_ids: string[];
}

export async function listByEmails(
  at: Scope,
  organizationId: string,
  emails: readonly string[],
): Promise<KnownAddress[]> {
  const { rows } = await sql<KnownAddress>`
    select users.id, users.email, memberships.status, array(select role_id from membership_roles as held
      where held.organization_id = ${organizationId} and held.user_id = users.id) as role_ids
    from users left join memberships
      on memberships.user_id = users.id and memberships.organization_id = ${organizationId}
    where users.environment_id = ${at.environmentId} and users.email = any(${[...emails]})`.execute(at.db);
  return rows;
}
