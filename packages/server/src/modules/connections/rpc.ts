/** The doors of ConnectionService and of what Gatehouse adds to it. */
import { ConnectionService as GatehouseConnectionService } from "@gatehouse/contract/gatehouse/v1/connections/connections_pb";
import {
  ConnectionProvider,
  ConnectionService,
  ConnectionType,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { serve } from "../../transport/service.ts";
import * as connections from "./connections.ts";
import { connectionErrors as errors } from "./errors.ts";
import { importIdpMetadata, updateWithMetadata } from "./idp-metadata.ts";
import { toConnection, toListed } from "./messages.rpc.ts";
import { patchOf } from "./patch.rpc.ts";

export const connectionService = serve(ConnectionService, {
  async createConnection(ctx, { organizationId, connection }) {
    const type = typeOf(connection?.type ?? ConnectionType.INVALID);
    const created = await connections.create(ctx, organizationId, {
      type,
      provider: providerOf(connection?.provider ?? 0, connection?.providerKey ?? ""),
      providerKey: connection?.providerKey ?? "",
      ...(connection?.keyId !== undefined && { keyId: connection.keyId }),
    });
    return { connection: await toConnection(ctx, created) };
  },

  async getEnvironmentConnection(ctx, { connectionId }) {
    return { connection: await toConnection(ctx, await connections.get(ctx, connectionId)) };
  },

  async getConnection(ctx, { organizationId, id }) {
    return { connection: await toConnection(ctx, await connections.get(ctx, id, organizationId)) };
  },

  async listConnections(ctx, { organizationId, domain, include }) {
    const listed = await connections.list(ctx, {
      all: include === "all",
      ...(organizationId !== undefined && { organizationId }),
      ...(domain !== undefined && { domain }),
    });
    return { connections: await toListed(ctx, listed) };
  },

  async updateConnection(ctx, { organizationId, id, connection }) {
    const patch = connection ? patchOf(connection) : { type: undefined };
    return { connection: await toConnection(ctx, await updateWithMetadata(ctx, id, patch, organizationId)) };
  },

  async deleteConnection(ctx, { organizationId, id }) {
    await connections.delete(ctx, id, organizationId);
    return {};
  },

  async enableConnection(ctx, { organizationId, id }) {
    return toSwitched(await connections.enable(ctx, id, organizationId));
  },

  async disableConnection(ctx, { organizationId, id }) {
    return toSwitched(await connections.disable(ctx, id, organizationId));
  },
});

export const gatehouseConnectionService = serve(GatehouseConnectionService, {
  async importIdpMetadata(ctx, { organizationId, id, source }) {
    if (source.case === undefined) throw errors.CONNECTION_METADATA_SOURCE();
    const from = source.case === "xml" ? { xml: source.value } : { url: source.value };
    return { connection: await toConnection(ctx, await importIdpMetadata(ctx, id, from, organizationId)) };
  },
});

function typeOf(type: ConnectionType): connections.ConnectionType {
  if (type === ConnectionType.SAML) return "SAML";
  if (type === ConnectionType.OIDC) return "OIDC";
  throw errors.CONNECTION_TYPE_UNSUPPORTED(ConnectionType[type] ?? "unknown");
}

function toSwitched({ enabled, problem }: connections.Switched) {
  return { enabled, ...(problem !== undefined && { errorMessage: problem }) };
}

/** The provider that was named, by number or, where the number is left out, by key. */
function providerOf(provider: ConnectionProvider, key: string): string {
  if (provider !== ConnectionProvider.CONNECTION_PROVIDER_UNSPECIFIED) return ConnectionProvider[provider];
  return Object.values(ConnectionProvider).includes(key) ? key : "CUSTOM";
}
