/**
 * A receiver of our webhooks for programs in other languages: it gets the events of new organizations, and hands out
 * the first one as it came, with the secret that it was signed with.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { Gatehouse } from "./gatehouse.ts";
import { type Running, until } from "./processes.ts";

/** What a program verifies. */
type Delivery = { secret: string; headers: Record<string, unknown>; body: string };

const WITHIN_MS = 30_000;
const RECEIVED = "/received";

/**
 * Starts it and makes an endpoint that leads to it.
 * @returns where a GET waits for a delivery and answers with it
 */
export async function startWebhookReceiver({ api }: Gatehouse): Promise<Running & { url: string }> {
  const deliveries: Delivery[] = [];
  let secret = "";
  const server = createServer(async (request, response) => {
    if (request.url === RECEIVED) {
      const arrived = until("a webhook", WITHIN_MS, async () => deliveries.length > 0);
      const problem = await arrived.catch((error: Error) => error);
      if (problem) response.writeHead(500).end(problem.message);
      else response.end(JSON.stringify(deliveries[0]));
      return;
    }
    deliveries.push({ secret, headers: request.headers, body: await text(request) });
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const endpoint = { url: `${origin}/webhooks`, event_types: ["organization.created"] };
  secret = (await api("POST", "/webhooks/endpoints", endpoint)).secret ?? "";
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { url: `${origin}${RECEIVED}`, stop };
}
