/** Webhook endpoints, deliveries and replays as messages, and filters of deliveries out of them. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { durationFromMs, timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type ListWebhookDeliveriesRequest,
  type WebhookAttemptSchema,
  type WebhookDeliverySchema,
  WebhookDeliveryStatus,
  WebhookDisabledReason,
  type WebhookEndpointSchema,
  type WebhookReplaySchema,
} from "@gatehouse/contract/gatehouse/v1/webhooks/webhooks_pb";
import { dateOf } from "../events/timestamps.rpc.ts";
import {
  type AttemptRow,
  type DeliveryDetails,
  type DeliveryFilter,
  type DeliveryRow,
  deliveryStatuses,
} from "./deliveries.ts";
import type { Endpoint } from "./endpoints.ts";
import type { ReplayRow } from "./replays.ts";

export function toEndpoint(row: Endpoint): MessageInitShape<typeof WebhookEndpointSchema> {
  const reason = row.disabled_reason?.toUpperCase() ?? "WEBHOOK_DISABLED_REASON_UNSPECIFIED";
  return {
    id: row.id,
    url: row.url,
    description: row.description,
    eventTypes: row.event_types,
    enabled: row.enabled,
    disabledReason: WebhookDisabledReason[reason as keyof typeof WebhookDisabledReason],
    organizationId: row.organization_id ?? "",
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    ...(row.failing_since && { failingSince: timestampFromDate(row.failing_since) }),
    secrets: row.secrets.map(({ suffix, created_at, expires_at }) => ({
      suffix,
      createTime: timestampFromDate(created_at),
      ...(expires_at && { expireTime: timestampFromDate(expires_at) }),
    })),
  };
}

export function toDelivery(row: DeliveryRow) {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    eventId: row.event_id,
    eventType: row.event_type,
    organizationId: row.organization_id ?? "",
    status: WebhookDeliveryStatus[row.status.toUpperCase() as keyof typeof WebhookDeliveryStatus],
    attemptCount: row.attempts,
    ...(row.due_at && { nextAttemptTime: timestampFromDate(row.due_at) }),
    createTime: timestampFromDate(row.created_at),
    responseStatus: row.response_status ?? 0,
    isTest: row.is_test,
  };
}

export function toDetails(row: DeliveryDetails): MessageInitShape<typeof WebhookDeliverySchema> {
  return { ...toDelivery(row), body: row.body, attempts: row.attemptRows.map(toAttempt) };
}

export function toReplay(row: ReplayRow): MessageInitShape<typeof WebhookReplaySchema> {
  return {
    id: row.id,
    endpointId: row.endpoint_id,
    startTime: timestampFromDate(row.from_time),
    endTime: timestampFromDate(row.to_time),
    includeSuccessful: row.include_successful,
    replayedCount: row.replayed,
    createTime: timestampFromDate(row.created_at),
    ...(row.finished_at && { finishTime: timestampFromDate(row.finished_at) }),
  };
}

/** @throws INVALID_ARGUMENT for an instant that is none */
export function filterOf(request: ListWebhookDeliveriesRequest): DeliveryFilter {
  const { endpointId, eventType, eventId, organizationId, startTime, endTime } = request;
  const status = deliveryStatuses.find(
    (one) => one === WebhookDeliveryStatus[request.status ?? 0]?.toLowerCase(),
  );
  return {
    ...(endpointId && { endpointId }),
    ...(eventType && { eventType }),
    ...(eventId && { eventId }),
    ...(organizationId && { organizationId }),
    ...(status && { status }),
    ...(startTime && { from: dateOf("start_time", startTime) }),
    ...(endTime && { to: dateOf("end_time", endTime) }),
  };
}

function toAttempt(row: AttemptRow): MessageInitShape<typeof WebhookAttemptSchema> {
  return {
    number: row.number,
    startTime: timestampFromDate(row.started_at),
    duration: durationFromMs(row.duration_ms),
    requestHeaders: row.request_headers as Record<string, string>,
    responseStatus: row.response_status ?? 0,
    responseHeaders: (row.response_headers ?? {}) as Record<string, string>,
    responseBody: row.response_body,
    error: row.error,
  };
}
