/** SQL of events. */
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
  await at.db
    .insertInto("events")
    .values({
      id: event.id,
      environment_id: at.environmentId,
      organization_id: event.organizationId ?? null,
      type: event.type,
      visibility: event.visibility,
      payload: JSON.stringify(event.payload),
      occurred_at: event.occurredAt,
    })
    .execute();
}
