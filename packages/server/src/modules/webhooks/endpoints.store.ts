/** SQL of webhook endpoints. One that was deleted keeps its row while expiry removes its deliveries, and is not found. */
import { type Insertable, type Selectable, sql, type Updateable } from "kysely";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type EndpointRow = Selectable<Database["webhook_endpoints"]>;

export async function insert(
  at: Scope,
  row: Insertable<Database["webhook_endpoints"]>,
): Promise<EndpointRow> {
  return at.db.insertInto("webhook_endpoints").values(row).returningAll().executeTakeFirstOrThrow();
}

export async function find(at: Scope, id: string): Promise<EndpointRow | undefined> {
  return own(at).selectAll().where("id", "=", id).executeTakeFirst();
}

/** The same, which nobody else changes until the transaction ends. */
export async function findForChange(at: Scope, id: string): Promise<EndpointRow | undefined> {
  return own(at).selectAll().where("id", "=", id).forNoKeyUpdate().executeTakeFirst();
}

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, page: PageRange): Promise<EndpointRow[]> {
  return newestFirst(own(at).selectAll(), page, "id");
}

/** What must be known of the endpoints that are on, to tell which events they want. */
export async function listEnabled(
  at: Scope,
): Promise<Pick<EndpointRow, "id" | "event_types" | "organization_id">[]> {
  return own(at)
    .select(["id", "event_types", "organization_id"])
    .where("enabled", "=", true)
    .orderBy("id")
    .execute();
}

export async function set(
  at: Scope,
  id: string,
  change: Updateable<Database["webhook_endpoints"]>,
): Promise<EndpointRow | undefined> {
  return at.db
    .updateTable("webhook_endpoints")
    .set(change)
    .where("environment_id", "=", at.environmentId)
    .where("id", "=", id)
    .where("deleted_at", "is", null)
    .returningAll()
    .executeTakeFirst();
}

export async function count(at: Scope): Promise<number> {
  const { total } = await own(at)
    .select((eb) => eb.fn.countAll<string>().as("total"))
    .executeTakeFirstOrThrow();
  return Number(total);
}

/** The same; others that add one wait until the transaction ends, so that the answer stays true. */
export async function countLocked(at: Scope): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtext(${`webhook_endpoints ${at.environmentId}`}))`.execute(
    at.db,
  );
  return count(at);
}

function own(at: Scope) {
  return at.db
    .selectFrom("webhook_endpoints")
    .where("environment_id", "=", at.environmentId)
    .where("deleted_at", "is", null);
}
