/** SQL of the tokens with which identity providers come. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type DirectorySecret = Selectable<Database["directory_secrets"]>;

export async function insert(
  at: Scope,
  row: Insertable<Database["directory_secrets"]>,
): Promise<DirectorySecret> {
  return at.db.insertInto("directory_secrets").values(row).returningAll().executeTakeFirstOrThrow();
}

/** All tokens of directories, oldest first. */
export async function list(at: Scope, directoryIds: readonly string[]): Promise<DirectorySecret[]> {
  return at.db
    .selectFrom("directory_secrets")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .where(sql<boolean>`directory_id = any(${[...directoryIds]})`)
    .orderBy("id")
    .execute();
}

/** Makes all tokens of a directory void. */
export async function deactivate(at: Scope, directoryId: string): Promise<void> {
  await at.db
    .updateTable("directory_secrets")
    .set({ active: false })
    .where("environment_id", "=", at.environmentId)
    .where("directory_id", "=", directoryId)
    .where("active", "=", true)
    .execute();
}

export async function set(
  at: Scope,
  id: string,
  change: Updateable<Database["directory_secrets"]>,
): Promise<void> {
  await at.db
    .updateTable("directory_secrets")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .execute();
}

/** Forgets all but the newest of the tokens that are void. */
export async function removeOld(at: Scope, directoryId: string, kept: number): Promise<void> {
  await sql`
    delete from directory_secrets where id in (
      select id from directory_secrets
      where environment_id = ${at.environmentId} and directory_id = ${directoryId} and not active
      order by id desc offset ${kept})`.execute(at.db);
}
