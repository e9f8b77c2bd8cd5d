/** The methods of ConnectionService that look over the connections of all organizations. */
import {
  ConnectionStatus,
  ConnectionType,
  type ListOrganizationConnectionsRequest,
  type SearchOrganizationConnectionsRequest,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import type { Ctx } from "../../context.ts";
import type { Page } from "../../paging.ts";
import type { ListedConnection } from "./connections.ts";
import { toListed } from "./messages.rpc.ts";
import { listAll, search } from "./organization-connections.ts";

export const organizationConnections = {
  async listOrganizationConnections(ctx: Ctx, request: ListOrganizationConnectionsRequest) {
    return toPage(ctx, await listAll(ctx, request));
  },

  async searchOrganizationConnections(ctx: Ctx, request: SearchOrganizationConnectionsRequest) {
    const { query, provider, status, connectionType, enabled } = request;
    const page = await search(ctx, request, {
      ...(query && { text: query }),
      ...(provider && { provider }),
      ...(status && { status: ConnectionStatus[status] }),
      ...(connectionType && { type: ConnectionType[connectionType] }),
      ...(enabled !== undefined && { enabled }),
    });
    return toPage(ctx, page);
  },
};

async function toPage(ctx: Ctx, page: Page<ListedConnection>) {
  const { nextPageToken, prevPageToken, totalSize } = page;
  return { nextPageToken, prevPageToken, totalSize, connections: await toListed(ctx, page.items) };
}
