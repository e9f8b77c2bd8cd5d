/** SQL of the legs to identity providers: requests under way, posted responses, assertions that were used. */
import { type Insertable, type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export type SsoRequest = Selectable<Database["sso_requests"]>;

export async function insert(at: Scope, row: Insertable<Database["sso_requests"]>): Promise<void> {
  await insertRow(at.db, row);
}

const insertRow = compiled((db, row: Insertable<Database["sso_requests"]>) =>
  db.insertInto("sso_requests").values(row),
);

export async function find(at: Scope, handleHash: Buffer, now: Date): Promise<SsoRequest | undefined> {
  const [found] = await selectByHandle(at.db, { environmentId: at.environmentId, handleHash, now });
  return found;
}

const selectByHandle = compiled((db, by: { environmentId: string; handleHash: Buffer; now: Date }) =>
  db
    .selectFrom("sso_requests")
    .selectAll()
    .where("environment_id", "=", by.environmentId)
    .where("handle_hash", "=", by.handleHash)
    .where("expires_at", ">", by.now)
    .where("consumed_at", "is", null),
);

/** False when it was consumed meanwhile: of many at once, one wins. */
export async function consume(at: Scope, handleHash: Buffer, now: Date): Promise<boolean> {
  const result = await at.db
    .updateTable("sso_requests")
    .set({ consumed_at: now })
    .where("environment_id", "=", at.environmentId)
    .where("handle_hash", "=", handleHash)
    .where("consumed_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Keeps a response for its leg; another one for the same leg takes its place. */
export async function setResponse(at: Scope, row: Insertable<Database["saml_responses"]>): Promise<void> {
  await insertOrReplace(at.db, row);
}

const insertOrReplace = compiled((db, row: Insertable<Database["saml_responses"]>) => {
  const { ticket_hash, response, created_at, expires_at } = row;
  return db
    .insertInto("saml_responses")
    .values(row)
    .onConflict((conflict) =>
      conflict.column("handle_hash").doUpdateSet({ ticket_hash, response, created_at, expires_at }),
    );
});

/** A posted response that has not expired, with the leg under way that it answers. */
export async function findResponse(
  at: Scope,
  ticketHash: Buffer,
  now: Date,
): Promise<(SsoRequest & { response: string }) | undefined> {
  const [found] = await selectByTicket(at.db, { environmentId: at.environmentId, ticketHash, now });
  return found && found.consumed_at === null && found.expires_at > now ? found : undefined;
}

// Whether the leg is still under way is no condition of the query: with it, PostgreSQL expects a single leg while it has
// no statistics yet, and reads them all instead of going by the key.
const selectByTicket = compiled((db, by: { environmentId: string; ticketHash: Buffer; now: Date }) =>
  db
    .selectFrom("saml_responses")
    .innerJoin("sso_requests", "sso_requests.handle_hash", "saml_responses.handle_hash")
    .selectAll("sso_requests")
    .select("saml_responses.response")
    .where("saml_responses.environment_id", "=", by.environmentId)
    .where("saml_responses.ticket_hash", "=", by.ticketHash)
    .where("saml_responses.expires_at", ">", by.now),
);

/** False when the assertion was used before. */
export async function insertAssertion(
  at: Scope,
  connectionId: string,
  assertion: { id: string; until: Date },
): Promise<boolean> {
  const result = await at.db
    .insertInto("used_assertions")
    .values({
      environment_id: at.environmentId,
      connection_id: connectionId,
      assertion_id: assertion.id,
      expires_at: assertion.until,
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return result.numInsertedOrUpdatedRows === 1n;
}

/**
 * Uses up a leg and remembers the assertion that came with its answer, in one statement.
 * @returns which of the two was still unused; the caller rolls back when one was not
 */
export async function consumeWithAssertion(
  at: Scope,
  leg: Pick<SsoRequest, "handle_hash" | "connection_id">,
  assertion: { id: string; until: Date },
  now: Date,
): Promise<{ legTaken: boolean; assertionFresh: boolean }> {
  const { rows } = await sql<{ leg: number; assertion: number }>`
    with leg as (
      update sso_requests set consumed_at = ${now}
      where environment_id = ${at.environmentId} and handle_hash = ${leg.handle_hash} and consumed_at is null
      returning 1
    ), assertion as (
      insert into used_assertions (environment_id, connection_id, assertion_id, expires_at)
      values (${at.environmentId}, ${leg.connection_id}, ${assertion.id}, ${assertion.until})
      on conflict do nothing returning 1
    )
    select (select count(*) from leg) as leg, (select count(*) from assertion) as assertion`.execute(at.db);
  return { legTaken: rows[0]?.leg === 1, assertionFresh: rows[0]?.assertion === 1 };
}
