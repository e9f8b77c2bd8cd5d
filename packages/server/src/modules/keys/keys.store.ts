/** SQL of signing keys. */
import type { Insertable, Selectable } from "kysely";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type SigningKeyRow = Selectable<Database["signing_keys"]>;

export async function insert(at: Scope, row: Insertable<Database["signing_keys"]>): Promise<void> {
  await at.db.insertInto("signing_keys").values(row).execute();
}

/** Every key that is still published, the current one first. */
export async function list(at: Scope): Promise<SigningKeyRow[]> {
  return at.db
    .selectFrom("signing_keys")
    .selectAll()
    .where("environment_id", "=", at.environmentId)
    .orderBy("state")
    .orderBy("id")
    .execute();
}

/** Holds up other rotations of the environment until the transaction ends. */
export async function lock(at: Scope): Promise<void> {
  await at.db
    .selectFrom("environments")
    .select("id")
    .where("id", "=", at.environmentId)
    .forUpdate()
    .executeTakeFirst();
}

/** Moves the keys one on: the current one retires, the next one becomes current. */
export async function advance(at: Scope, algorithm: string, now: Date): Promise<void> {
  const keys = at.db
    .updateTable("signing_keys")
    .where("environment_id", "=", at.environmentId)
    .where("algorithm", "=", algorithm);
  await keys.set({ state: "retired", retired_at: now }).where("state", "=", "current").execute();
  await keys.set({ state: "current" }).where("state", "=", "next").execute();
}

export async function removeRetired(at: Scope, before: Date): Promise<void> {
  await at.db
    .deleteFrom("signing_keys")
    .where("environment_id", "=", at.environmentId)
    .where("state", "=", "retired")
    .where("retired_at", "<", before)
    .execute();
}
