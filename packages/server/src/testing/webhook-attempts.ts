/** How the methods of webhooks are called with ids of somebody else, and an endpoint with all that hangs on it. */
import type { TestApp } from "./app.ts";
import type { Attempt } from "./attempts.ts";

const service = "gatehouse.WebhookService";

export const webhookAttempts: Record<string, Attempt> = {
  [`${service}/GetWebhookEndpoint`]: { request: "GET /webhooks/endpoints/{endpoint}" },
  [`${service}/UpdateWebhookEndpoint`]: {
    request: "PATCH /webhooks/endpoints/{endpoint}",
    body: { url: "https://taken-over.example" },
  },
  [`${service}/DeleteWebhookEndpoint`]: { request: "DELETE /webhooks/endpoints/{endpoint}" },
  [`${service}/RotateWebhookSecret`]: { request: "POST /webhooks/endpoints/{endpoint}:rotate_secret" },
  [`${service}/SendTestWebhookEvent`]: {
    request: "POST /webhooks/endpoints/{endpoint}:test",
    body: { event_type: "user.login" },
  },
  [`${service}/GetWebhookDelivery`]: { request: "GET /webhooks/deliveries/{delivery}" },
  [`${service}/ReplayWebhookDelivery`]: { request: "POST /webhooks/deliveries/{delivery}:replay" },
  [`${service}/ReplayWebhookDeliveries`]: {
    request: "POST /webhooks/endpoints/{endpoint}:replay",
    body: { start_time: "2020-01-01T00:00:00Z", end_time: "2020-01-02T00:00:00Z" },
  },
  [`${service}/GetWebhookReplay`]: { request: "GET /webhooks/replays/{replay}" },
};

/** These take no id of anybody, or are lists. */
export const withoutIdsOfWebhooks = [
  "WebhookService/SendTestEvent",
  `${service}/CreateWebhookEndpoint`,
  `${service}/ListWebhookEndpoints`,
  `${service}/ListWebhookDeliveries`,
];

/** An endpoint of the first environment with a delivery and a replay; nothing is ever sent to it. */
export async function webhookIds(app: TestApp) {
  const made = await app.api("/webhooks/endpoints", { body: { url: "https://hooks.example.com" } });
  const endpoint: string = made.body.endpoint.id;
  const sent = await app.api(`/webhooks/endpoints/${endpoint}:test`, { body: { event_type: "user.login" } });
  const replayed = await app.api(`/webhooks/endpoints/${endpoint}:replay`, {
    body: { start_time: new Date(app.app.now().getTime() - 1000).toISOString() },
  });
  return { endpoint, delivery: sent.body.delivery.id as string, replay: replayed.body.replay.id as string };
}
