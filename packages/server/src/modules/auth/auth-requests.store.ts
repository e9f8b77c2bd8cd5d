/** SQL of sign-ins that have begun. */
import type { Insertable, Selectable } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type AuthRequest = Selectable<Database["auth_requests"]>;

export async function insert(at: Scope, row: Insertable<Database["auth_requests"]>): Promise<void> {
  await insertRow(at.db, row);
}

const insertRow = compiled((db, row: Insertable<Database["auth_requests"]>) =>
  db.insertInto("auth_requests").values(row),
);

/** A sign-in that is still open, in the browser that began it. */
export async function findOpen(
  at: Scope,
  id: string,
  browserHash: Buffer,
  now: Date,
): Promise<AuthRequest | undefined> {
  const [found] = await select(at.db, { environmentId: at.environmentId, id, browserHash, now });
  return found;
}

const select = compiled((db, by: { environmentId: string; id: string; browserHash: Buffer; now: Date }) =>
  db
    .selectFrom("auth_requests")
    .selectAll()
    .where("environment_id", "=", by.environmentId)
    .where("id", "=", by.id)
    .where("browser_hash", "=", by.browserHash)
    .where("completed_at", "is", null)
    .where("expires_at", ">", by.now),
);
