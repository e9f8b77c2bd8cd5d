/** The door of EventsService. */
import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  EventsService,
  ObjectType,
  type ScalekitEventSchema,
  type EventFilter as SentFilter,
  Source,
} from "@gatehouse/contract/scalekit/v1/events/events_pb";
import { invalidArgument } from "../../errors.ts";
import { serve } from "../../transport/service.ts";
import { displayNameOf, objectOf } from "./envelope.ts";
import * as log from "./event-log.ts";
import { dateOf } from "./timestamps.rpc.ts";

export const eventsService = serve(EventsService, {
  async listEvents(ctx, { filter, ...request }) {
    const { items, ...page } = await log.list(ctx, filterOf(filter), request);
    return { events: items.map(toEvent), ...page };
  },

  async listEventsPaginated(ctx, { filter, ...request }) {
    const { items, ...page } = await log.listUncounted(ctx, filterOf(filter), request);
    return {
      events: items.map(toEvent),
      nextPageToken: page.nextPageToken,
      prevPageToken: page.prevPageToken,
    };
  },

  async sendCustomEvent(ctx, { eventType, event }) {
    return { eventId: await log.report(ctx, eventType, event ?? {}) };
  },
});

/** @throws INVALID_ARGUMENT for a source that the contract does not have, or an instant that is none */
function filterOf(sent: SentFilter | undefined): log.EventFilter {
  if (!sent) return {};
  const from = sent.startTime && dateOf("filter.start_time", sent.startTime);
  const to = sent.endTime && dateOf("filter.end_time", sent.endTime);
  return {
    ...(sent.eventTypes.length > 0 && { types: sent.eventTypes }),
    ...(from && { from }),
    ...(to && { to }),
    ...sourceOf(sent.source),
    ...given("organizationId", sent.organizationId),
    ...given("authRequestId", sent.authRequestId),
    ...given("interceptorId", sent.interceptorId),
    ...given("interceptorStatus", sent.interceptorStatus),
    ...given("interceptorDecision", sent.interceptorDecision),
    ...given("connectionId", sent.connectionId),
    ...given("connectedAccountId", sent.connectedAccountId),
  };
}

function given<Name extends keyof log.EventFilter>(
  name: Name,
  value: string | undefined,
): Partial<log.EventFilter> {
  return value ? { [name]: value } : {};
}

function sourceOf(source: Source): Pick<log.EventFilter, "fromDirectory"> {
  if (source === Source.SOURCE_UNSPECIFIED) return {};
  if (source === Source.SCALEKIT) return { fromDirectory: false };
  if (source === Source.DIR_SYNC) return { fromDirectory: true };
  throw invalidArgument("filter.source", "enum.defined_only", "value must be one of the defined enum values");
}

function toEvent(row: log.EventRow): MessageInitShape<typeof ScalekitEventSchema> {
  return {
    specVersion: "1",
    id: row.id,
    type: row.type,
    occurredAt: timestampFromDate(row.occurred_at),
    environmentId: row.environment_id,
    ...(row.organization_id !== null && { organizationId: row.organization_id }),
    object: ObjectType[objectOf(row.type)],
    data: row.payload as JsonObject,
    displayName: displayNameOf(row.type),
  };
}
