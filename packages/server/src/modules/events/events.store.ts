/** SQL of events. */
import { type RawBuilder, type Selectable, sql } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Db } from "../../db/db.ts";
import { newestFirst } from "../../db/page-order.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";
import { inParts } from "../../lib/in-parts.ts";
import type { PageRange } from "../../lib/page-tokens.ts";

export type EventRow = Selectable<Database["events"]>;

/** What the events of one change have in common. */
export interface EventKind {
  organizationId: string | undefined;
  type: string;
  visibility: "public" | "internal" | "log";
  occurredAt: Date;
  actor: { kind: string; id: string };
}

export interface NewEvent extends EventKind {
  id: string;
  environmentId: string;
  payload: unknown;
}

/** Every given value must match. */
export interface EventFilter {
  types?: readonly string[];
  /** First and last moment, both included. */
  from?: Date;
  to?: Date;
  organizationId?: string;
  fromDirectory?: boolean;
  connectionId?: string;
  connectedAccountId?: string;
  authRequestId?: string;
  interceptorId?: string;
  interceptorStatus?: string;
  interceptorDecision?: string;
}

/** PostgreSQL makes no jsonb of more than 256 MB, and a character may take three bytes. */
const mostCharacters = 16_000_000;

/** One statement, unless they are very large. Each says which environment it belongs to. */
export async function insert(db: Db, events: readonly NewEvent[]): Promise<void> {
  const rows = events.map(({ actor, ...event }) =>
    JSON.stringify({ ...event, actorKind: actor.kind, actorId: actor.id }),
  );
  for (const part of inParts(rows, mostCharacters)) await insertRows(db, { rows: `[${part.join()}]` });
}

const insertRows = compiled(
  (_db, { rows }: { rows: string }) => sql`
    insert into events
      (id, environment_id, organization_id, type, visibility, payload, occurred_at, actor_kind, actor_id)
    select id, "environmentId", "organizationId", type, visibility, payload, "occurredAt", "actorKind", "actorId"
    from jsonb_to_recordset(${rows}::jsonb) as event (id text, "environmentId" text, "organizationId" text, type text,
      visibility text, payload jsonb, "occurredAt" timestamptz, "actorKind" text, "actorId" text)`,
);

/** The rows of a range, newest first; in reverse when the range ends before an id. */
export async function list(at: Scope, filter: EventFilter, page: PageRange): Promise<EventRow[]> {
  const query = shown(at, filter).selectAll();
  return newestFirst(query, page, "id");
}

/** How many there are; `most` when there are more than that. */
export async function count(at: Scope, filter: EventFilter, most: number): Promise<number> {
  const some = shown(at, filter).select("id").limit(most).as("some");
  const row = await at.db
    .selectFrom(some)
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .executeTakeFirstOrThrow();
  return Number(row.count);
}

function shown(at: Scope, filter: EventFilter) {
  let query = at.db
    .selectFrom("events")
    .where("environment_id", "=", at.environmentId)
    .where("visibility", "<>", "internal");
  for (const condition of conditions(filter)) query = query.where(condition);
  return query;
}

/** Written as the indexes of the payload are, so that they serve. */
function conditions(filter: EventFilter): RawBuilder<boolean>[] {
  const { types, from, to, organizationId, fromDirectory, connectionId } = filter;
  const found: RawBuilder<boolean>[] = [];
  if (types?.length) found.push(sql`type = any(${[...types]})`);
  if (from) found.push(sql`occurred_at >= ${from}`);
  if (to) found.push(sql`occurred_at <= ${to}`);
  if (organizationId) found.push(sql`organization_id = ${organizationId}`);
  if (fromDirectory !== undefined) found.push(sql`(type like 'organization.directory.%') = ${fromDirectory}`);
  if (connectionId)
    found.push(sql`(type like 'organization.sso\\_%' or payload ? 'connection_id') and case when type like
      'organization.sso\\_%' then payload ->> 'id' else payload ->> 'connection_id' end = ${connectionId}`);
  for (const [name, value] of Object.entries(ofPayload(filter))) {
    if (value) found.push(sql`payload ? ${sql.lit(name)} and payload ->> ${sql.lit(name)} = ${value}`);
  }
  return found;
}

function ofPayload(filter: EventFilter): Record<string, string | undefined> {
  return {
    connected_account_id: filter.connectedAccountId,
    auth_request_id: filter.authRequestId,
    interceptor_id: filter.interceptorId,
    interceptor_status: filter.interceptorStatus,
    interceptor_decision: filter.interceptorDecision,
  };
}
