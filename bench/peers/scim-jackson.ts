/**
 * The peer `@boxyhq/saml-jackson` 26 as a SCIM server on PostgreSQL (`DATABASE_URL`), its request handler behind
 * `node:http`, with one directory and no receiver of its events.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { controllers, type DirectorySyncRequest } from "@boxyhq/saml-jackson";
import { announce, listen, readText, sendJson } from "./serve.ts";

const { server, port } = await listen();
const externalUrl = `http://localhost:${port}`;
const { directorySyncController } = await controllers({
  externalUrl,
  samlPath: "/oauth/saml",
  samlAudience: externalUrl,
  scimPath: "/scim",
  db: { engine: "sql", type: "postgres", url: process.env.DATABASE_URL ?? "", cleanupLimit: 1_000 },
  noAnalytics: true,
  // It tells of each event that nobody receives it, which would cost it more than the work itself.
  logger: { info: () => {}, warn: () => {}, error: () => {} },
});
const { data: directory, error } = await directorySyncController.directories.create({
  tenant: "bench",
  product: "bench",
  name: "bench",
  type: "okta-scim-v2",
});
if (!directory) throw new Error(error?.message ?? "no directory was made");
const directoryId = directory.id;
server.on("request", (request: IncomingMessage, response: ServerResponse) => {
  answer(request, response).catch((error: Error) => sendJson(response, 500, { error: error.message }));
});
announce({ port, base: `/scim/${directoryId}`, secret: directory.scim.secret ?? "" });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", externalUrl);
  const [, , , resource = "", resourceId] = url.pathname.split("/");
  const body = await readText(request);
  const { status, data } = await directorySyncController.requests.handle({
    method: request.method ?? "GET",
    body: body === "" ? undefined : JSON.parse(body),
    directoryId,
    resourceType: resource.toLowerCase(),
    resourceId,
    apiSecret: request.headers.authorization?.slice("Bearer ".length) ?? null,
    query: {
      count: Number(url.searchParams.get("count") ?? 100),
      startIndex: Number(url.searchParams.get("startIndex") ?? 1),
      ...(url.searchParams.has("filter") && { filter: url.searchParams.get("filter") ?? "" }),
    },
  } satisfies DirectorySyncRequest);
  sendJson(response, status, data ?? {});
}
