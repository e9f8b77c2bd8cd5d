/** The doors of both WebhookServices: what Gatehouse adds, and the test events of the published contract. */
import type { JsonObject } from "@bufbuild/protobuf";
import { WebhookService as GatehouseWebhookService } from "@gatehouse/contract/gatehouse/v1/webhooks/webhooks_pb";
import { WebhookService } from "@gatehouse/contract/scalekit/v1/webhooks/webhooks_pb";
import { serve } from "../../transport/service.ts";
import { dateOf } from "../events/timestamps.rpc.ts";
import * as deliveries from "./deliveries.ts";
import * as endpoints from "./endpoints.ts";
import { filterOf, toDelivery, toDetails, toEndpoint, toReplay } from "./messages.rpc.ts";
import * as replays from "./replays.ts";

export const gatehouseWebhookService = serve(GatehouseWebhookService, {
  async createWebhookEndpoint(ctx, { endpoint }) {
    const { endpoint: created, secret } = await endpoints.create(ctx, {
      url: endpoint?.url ?? "",
      description: endpoint?.description ?? "",
      eventTypes: endpoint?.eventTypes ?? [],
      organizationId: endpoint?.organizationId || undefined,
      enabled: endpoint?.enabled ?? true,
    });
    return { endpoint: toEndpoint(created), secret };
  },

  async getWebhookEndpoint(ctx, { id }) {
    return { endpoint: toEndpoint(await endpoints.get(ctx, id)) };
  },

  async listWebhookEndpoints(ctx, request) {
    const { items, ...page } = await endpoints.list(ctx, request);
    return { endpoints: items.map(toEndpoint), ...page };
  },

  async updateWebhookEndpoint(ctx, { id, endpoint }) {
    const { url, description, eventTypes = [], enabled } = endpoint ?? {};
    const updated = await endpoints.update(ctx, id, {
      ...(url !== undefined && { url }),
      ...(description !== undefined && { description }),
      ...(eventTypes.length > 0 && { eventTypes }),
      ...(enabled !== undefined && { enabled }),
    });
    return { endpoint: toEndpoint(updated) };
  },

  async deleteWebhookEndpoint(ctx, { id }) {
    await endpoints.delete(ctx, id);
    return {};
  },

  async rotateWebhookSecret(ctx, { id }) {
    const { endpoint, secret } = await endpoints.rotateSecret(ctx, id);
    return { endpoint: toEndpoint(endpoint), secret };
  },

  async sendTestWebhookEvent(ctx, { endpointId, eventType }) {
    return { delivery: toDetails(await deliveries.sendTest(ctx, endpointId, eventType)) };
  },

  async listWebhookDeliveries(ctx, request) {
    const { items, ...page } = await deliveries.list(ctx, filterOf(request), request);
    return { deliveries: items.map(toDelivery), ...page };
  },

  async getWebhookDelivery(ctx, { id }) {
    return { delivery: toDetails(await deliveries.get(ctx, id)) };
  },

  async replayWebhookDelivery(ctx, { id }) {
    return { delivery: toDelivery(await deliveries.replay(ctx, id)) };
  },

  async replayWebhookDeliveries(ctx, { endpointId, startTime, endTime, includeSuccessful }) {
    const replay = await replays.start(ctx, endpointId, {
      from: startTime ? dateOf("start_time", startTime) : new Date(0),
      to: endTime && dateOf("end_time", endTime),
      includeSuccessful,
    });
    return { replay: toReplay(replay) };
  },

  async getWebhookReplay(ctx, { id }) {
    return { replay: toReplay(await replays.get(ctx, id)) };
  },
});

export const webhookService = serve(WebhookService, {
  async sendTestEvent(ctx, { eventType }) {
    const payload = await deliveries.sendTestToAll(ctx, eventType);
    return { eventType, eventPayload: payload as JsonObject };
  },
});
