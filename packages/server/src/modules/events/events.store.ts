/** SQL of events. */
import type { Insertable } from "kysely";
import { compiled } from "../../db/compiled.ts";
import type { Database } from "../../db/schema.ts";
import type { Scope } from "../../db/scope.ts";

export interface NewEvent {
  id: string;
  organizationId: string | undefined;
  type: string;
  visibility: "public" | "internal";
  payload: unknown;
  occurredAt: Date;
}

export async function insert(at: Scope, event: NewEvent): Promise<void> {
  await insertRow(at.db, {
    id: event.id,
    environment_id: at.environmentId,
    organization_id: event.organizationId ?? null,
    type: event.type,
    visibility: event.visibility,
    payload: JSON.stringify(event.payload),
    occurred_at: event.occurredAt,
  });
}

const insertRow = compiled((db, row: Insertable<Database["events"]>) => db.insertInto("events").values(row));
