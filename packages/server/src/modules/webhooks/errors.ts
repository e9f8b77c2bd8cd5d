/** What can go wrong with webhooks. */
import { defineErrors } from "../../errors.ts";

export const webhookErrors = defineErrors({
  WEBHOOK_ENDPOINT_NOT_FOUND: ["NOT_FOUND", (id: string) => `Webhook endpoint ${id} not found`],
  WEBHOOK_ENDPOINT_LIMIT: [
    "FAILED_PRECONDITION",
    (most: number) => `There are ${most} webhook endpoints, which is the most: delete one first`,
  ],
  WEBHOOK_ENDPOINT_DISABLED: [
    "FAILED_PRECONDITION",
    (id: string) => `Webhook endpoint ${id} is switched off: enable it, and then send again`,
  ],
  WEBHOOK_URL_REFUSED: ["INVALID_ARGUMENT", (problem: string) => problem],
  WEBHOOK_EVENT_TYPE_UNKNOWN: [
    "INVALID_ARGUMENT",
    (type: string) =>
      `There is no event ${type}: name one of the published list, the beginning of some with .* behind it, or * for all`,
  ],
  WEBHOOK_DELIVERY_NOT_FOUND: [
    "NOT_FOUND",
    (id: string) => `Webhook delivery ${id} not found: it is older than 30 days, or its endpoint was deleted`,
  ],
  WEBHOOK_REPLAY_NOT_FOUND: ["NOT_FOUND", (id: string) => `Replay ${id} not found`],
  WEBHOOK_REPLAY_RUNNING: [
    "FAILED_PRECONDITION",
    (id: string) => `A replay of webhook endpoint ${id} is under way: wait until it has finished`,
  ],
});
