/** What is announced about webhook endpoints; secrets are no part of it. */
import { event } from "../events/events.ts";

export interface EndpointPayload {
  id: string;
  url: string;
  event_types: string[];
  enabled: boolean;
  organization_id: string | null;
}

export const endpointCreated = event<EndpointPayload>("gatehouse.webhook.endpoint_created", "internal");
export const endpointUpdated = event<EndpointPayload>("gatehouse.webhook.endpoint_updated", "internal");
export const endpointDeleted = event<EndpointPayload>("gatehouse.webhook.endpoint_deleted", "internal");
export const signingSecretRotated = event<EndpointPayload>("gatehouse.webhook.secret_rotated", "internal");

/** We switched it off: the notice to the other endpoints and to whoever reads the log. It never reaches the endpoint itself. */
export const endpointDisabled = event<EndpointPayload & { reason: "gone" | "failing" }>(
  "gatehouse.webhook.endpoint_disabled",
);
