/** SQL of the people of a directory as SCIM changes them. */
import { sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import { type Addition, addition, additionOf } from "../../db/counters.ts";
import { joinReads } from "../../db/joined-reads.ts";
import type { Scope } from "../../db/scope.ts";
import type { DirectoryUserRow } from "./people.store.ts";

type FromDocument =
  | "user_name"
  | "external_id"
  | "active"
  | "display_name"
  | "given_name"
  | "family_name"
  | "email"
  | "emails";

/** What a person is written from; `document` is JSON text. */
export type UserValues = Pick<DirectoryUserRow, FromDocument> & { document: string; now: Date };
export type NewUser = Pick<
  DirectoryUserRow,
  FromDocument | "id" | "organization_id" | "document" | "user_id" | "created_at"
>;

/** What SCIM shows of a person, with the groups that hold them. */
export type UserShown = Pick<
  DirectoryUserRow,
  "id" | "active" | "document" | "version" | "created_at" | "updated_at"
> & { groups: { value: string; display: string }[] };

/**
 * Inserts people and counts them.
 * @throws of the index `directory_users_by_name` when a name is taken
 */
export async function insertAll(at: Scope, directoryId: string, people: readonly NewUser[]): Promise<void> {
  const counting = additionOf(at.environmentId, "directory_users", [directoryId], people.length);
  await inserted(at.db, { directoryId, people: JSON.stringify(people), ...counting });
}

const inserted = compiled(
  (_db, { directoryId, people, ...counting }: { directoryId: string; people: string } & Addition) => sql`
    with adding as (${addition(counting)})
    insert into directory_users (id, environment_id, organization_id, directory_id, user_name, external_id, active,
      display_name, given_name, family_name, email, emails, document, user_id, created_at, updated_at)
    select id, ${counting.countedIn}, organization_id, ${directoryId}, user_name, external_id, active,
      display_name, given_name, family_name, email, emails, document, user_id, created_at, created_at
    from jsonb_to_recordset(${people}::jsonb) as person (id text, organization_id text, user_name text,
      external_id text, active boolean, display_name text, given_name text, family_name text, email text,
      emails text[], document jsonb, user_id text, created_at timestamptz)
    -- In one order, so that two who insert the same names do not wait for each other.
    order by lower(user_name)`,
);

type Named = { directoryId: string; id: string };

/** A person with the groups that hold them; groups of the directory only, as the keys of the members say. */
export async function find(at: Scope, directoryId: string, id: string): Promise<UserShown | undefined> {
  return (await found(at.db, { environmentId: at.environmentId, directoryId, id }))[0];
}

const found = compiled(
  (_db, { environmentId, directoryId, id }: Named & { environmentId: string }) => sql<UserShown>`
    select ${shownOfRow} from directory_users r
    where r.id = ${id} and r.directory_id = ${directoryId} and r.environment_id = ${environmentId}`,
);

/** The row `r` as SCIM shows it; every column more costs as much as a small query when it is read. */
export const shownOfRow = sql`r.id, r.active, r.document, r.version, r.created_at, r.updated_at,
  (select coalesce(jsonb_agg(jsonb_build_object('value', g.id, 'display', g.display_name) order by g.id), '[]')
    from directory_group_members m join directory_groups g on g.id = m.group_id
    where m.directory_user_id = r.id) as groups`;

/** The person of a userName, in any case of its letters: what every identity provider asks before it creates one. */
export async function findByName(
  at: Scope,
  directoryId: string,
  userName: string,
): Promise<Readonly<UserShown> | undefined> {
  return read(at, JSON.stringify({ directory: directoryId, name: userName }));
}

type Asked = UserShown & { asked: string };

const read = joinReads<Asked>(
  async ({ db, environmentId }, asked) => {
    return named(db, { environmentId, names: JSON.stringify(asked) });
  },
  ({ asked }) => asked,
);

// Each is looked up by itself, whatever the database believes of the size of a directory. How many are asked for it
// cannot see in JSON: of an array it does, and then plans each time anew, which takes longer than to answer.
const named = compiled(
  (_db, { environmentId, names }: { environmentId: string; names: string }) => sql<Asked>`
    select asked, found.*
    from jsonb_array_elements_text(${names}::jsonb) as asked
    cross join lateral (
      select ${shownOfRow} from directory_users r
      where r.directory_id = asked::jsonb ->> 'directory' and lower(r.user_name) = lower(asked::jsonb ->> 'name')
        and r.environment_id = ${environmentId}
      limit 1) found`,
);

/** The person, whom nobody else changes until the transaction ends; others may still put them into groups. */
export async function findForChange(
  at: Scope,
  directoryId: string,
  id: string,
): Promise<DirectoryUserRow | undefined> {
  return (await held(at.db, { environmentId: at.environmentId, directoryId, id }))[0];
}

const held = compiled(
  (_db, { environmentId, directoryId, id }: Named & { environmentId: string }) => sql<DirectoryUserRow>`
    select * from directory_users
    where id = ${id} and directory_id = ${directoryId} and environment_id = ${environmentId}
    for no key update`,
);

/** Writes a person anew, as the next version. @throws of the index `directory_users_by_name` when the name is taken */
export async function set(
  at: Scope,
  directoryId: string,
  id: string,
  user: UserValues,
): Promise<UserShown | undefined> {
  return (await written(at.db, { ...user, environmentId: at.environmentId, directoryId, id }))[0];
}

const written = compiled(
  (_db, user: UserValues & Named & { environmentId: string }) => sql<UserShown>`
    update directory_users r set user_name = ${user.user_name}, external_id = ${user.external_id},
      active = ${user.active}, display_name = ${user.display_name}, given_name = ${user.given_name},
      family_name = ${user.family_name}, email = ${user.email}, emails = ${user.emails},
      document = ${user.document}::jsonb, version = r.version + 1, updated_at = ${user.now}
    where r.id = ${user.id} and r.directory_id = ${user.directoryId} and r.environment_id = ${user.environmentId}
    returning ${shownOfRow}`,
);

/** Deletes a person, who leaves all groups. @returns the ids of these */
export async function remove(at: Scope, directoryId: string, id: string, now: Date): Promise<string[]> {
  const { environmentId } = at;
  const rows = await sql<{ group_id: string }>`
    with adding as (${addition(additionOf(environmentId, "directory_users", [directoryId], -1))}),
      gone as (delete from directory_group_members
        where directory_id = ${directoryId} and directory_user_id = ${id} returning group_id),
      smaller as (update directory_groups g
        set total_members = g.total_members - 1, version = g.version + 1, updated_at = ${now}
        from gone where g.id = gone.group_id),
      deleted as (delete from directory_users
        where id = ${id} and directory_id = ${directoryId} and environment_id = ${environmentId})
    select group_id from gone order by group_id`.execute(at.db);
  return rows.rows.map(({ group_id }) => group_id);
}
