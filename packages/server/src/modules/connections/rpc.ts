/** The doors of ConnectionService and of what Gatehouse adds to it. */
import type { JsonObject } from "@bufbuild/protobuf";
import { ConnectionService as GatehouseConnectionService } from "@gatehouse/contract/gatehouse/v1/connections/connections_pb";
import {
  ConnectionService,
  ConnectionType,
  TestResultStatus,
} from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { serve } from "../../transport/service.ts";
import * as tests from "./connection-tests.ts";
import * as connections from "./connections.ts";
import { getContext, setContext } from "./contexts.ts";
import { assignDomains } from "./domains-of-connection.ts";
import { environmentConnections } from "./environment-connections.rpc.ts";
import { connectionErrors as errors } from "./errors.ts";
import { importIdpMetadata, updateWithMetadata } from "./idp-metadata.ts";
import { providerNamed, toConnection, toListed, toSwitched } from "./messages.rpc.ts";
import { organizationConnections } from "./organization-connections.rpc.ts";
import { patchOf } from "./patch.rpc.ts";

export const connectionService = serve(ConnectionService, {
  ...environmentConnections,
  ...organizationConnections,

  async createConnection(ctx, { organizationId, connection }) {
    const type = typeOf(connection?.type ?? ConnectionType.INVALID);
    const created = await connections.create(ctx, organizationId, {
      type,
      provider: providerNamed(connection?.provider ?? 0, connection?.providerKey ?? ""),
      providerKey: connection?.providerKey ?? "",
      ...(connection?.keyId !== undefined && { keyId: connection.keyId }),
    });
    return { connection: await toConnection(ctx, created) };
  },

  async assignDomainsToConnection(ctx, { organizationId, connectionId, domainIds }) {
    const assigned = await assignDomains(ctx, connectionId, organizationId, domainIds);
    return { connection: await toConnection(ctx, assigned) };
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

  async getConnectionTestResult(ctx, { connectionId, testRequestId }) {
    return toTestResult(await tests.get(ctx, connectionId, testRequestId));
  },

  async getConnectionContext(ctx, { connectionId, organizationId }) {
    const context = await getContext(ctx, connectionId, organizationId || undefined);
    return { context: context as JsonObject };
  },

  async updateConnectionContext(ctx, { connectionId, organizationId, context }) {
    await setContext(ctx, connectionId, context ?? {}, organizationId || undefined);
    return {};
  },
});

export const gatehouseConnectionService = serve(GatehouseConnectionService, {
  async setIdpInitiatedLogin(ctx, { organizationId, id, allowed }) {
    const patch = { type: "SAML" as const, saml: { allowIdpInitiatedLogin: allowed } };
    return { connection: await toConnection(ctx, await connections.update(ctx, id, patch, organizationId)) };
  },

  async importIdpMetadata(ctx, { organizationId, id, source }) {
    if (source.case === undefined) throw errors.CONNECTION_METADATA_SOURCE();
    const from = source.case === "xml" ? { xml: source.value } : { url: source.value };
    return { connection: await toConnection(ctx, await importIdpMetadata(ctx, id, from, organizationId)) };
  },
});

function typeOf(type: ConnectionType): connections.ConnectionType {
  if (type === ConnectionType.SAML) return "SAML";
  if (type === ConnectionType.OIDC) return "OIDC";
  throw errors.CONNECTION_TYPE_UNSUPPORTED(
    ConnectionType[type] ?? "unknown",
    "an organization",
    "SAML or OIDC",
  );
}

function toTestResult(test: tests.ConnectionTest) {
  return {
    status: TestResultStatus[test.status as keyof typeof TestResultStatus],
    ...(test.user_info !== null && { userInfo: JSON.stringify(test.user_info) }),
    ...(test.error !== null && { error: test.error, errorDescription: test.error_description ?? "" }),
    ...(test.trace_id !== null && { errorDetails: test.trace_id }),
  };
}
