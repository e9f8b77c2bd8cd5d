/** The methods of ClientService that concern the machine clients of an organization. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import type {
  CreateOrganizationClientRequest,
  CreateOrganizationClientSecretRequest,
  DeleteOrganizationClientRequest,
  DeleteOrganizationClientSecretRequest,
  GetOrganizationClientRequest,
  ListOrganizationClientsRequest,
  M2MClientSchema,
  OrganizationClient,
  UpdateOrganizationClientRequest,
} from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import type { Ctx } from "../../context.ts";
import type { Client } from "./clients.ts";
import { claimsOf, toNewSecret, toSecret, withSecrets } from "./messages.rpc.ts";
import * as clients from "./organization-clients.ts";
import type * as secrets from "./secrets.ts";

export const organizationClients = {
  async createOrganizationClient(ctx: Ctx, request: CreateOrganizationClientRequest) {
    const { organizationId } = request;
    const created = await clients.create(ctx, organizationId, patchOf(request.client));
    return { client: toClient(created.client, [created.secret]), plainSecret: created.plain };
  },

  async getOrganizationClient(ctx: Ctx, { organizationId, clientId }: GetOrganizationClientRequest) {
    return { client: await shown(ctx, await clients.get(ctx, organizationId, clientId)) };
  },

  async createOrganizationClientSecret(
    ctx: Ctx,
    { organizationId, clientId }: CreateOrganizationClientSecretRequest,
  ) {
    return toNewSecret(await clients.addSecret(ctx, organizationId, clientId));
  },

  async deleteOrganizationClientSecret(
    ctx: Ctx,
    { organizationId, clientId, secretId }: DeleteOrganizationClientSecretRequest,
  ) {
    await clients.deleteSecret(ctx, organizationId, clientId, secretId);
    return {};
  },

  async updateOrganizationClient(
    ctx: Ctx,
    { organizationId, clientId, client }: UpdateOrganizationClientRequest,
  ) {
    const updated = await clients.update(ctx, organizationId, clientId, patchOf(client));
    return { client: await shown(ctx, updated) };
  },

  async deleteOrganizationClient(ctx: Ctx, { organizationId, clientId }: DeleteOrganizationClientRequest) {
    await clients.delete(ctx, organizationId, clientId);
    return {};
  },

  async listOrganizationClients(
    ctx: Ctx,
    { organizationId, pageSize, pageToken }: ListOrganizationClientsRequest,
  ) {
    const page = await clients.list(ctx, organizationId, { pageSize, pageToken });
    return {
      clients: await withSecrets(ctx, page.items, toClient),
      nextPageToken: page.nextPageToken,
      prevPageToken: page.prevPageToken,
      totalSize: page.totalSize,
    };
  },
};

function patchOf(client: OrganizationClient | undefined): clients.OrganizationClientPatch {
  return {
    name: client?.name ?? "",
    description: client?.description ?? "",
    scopes: client?.scopes ?? [],
    audience: client?.audience ?? [],
    customClaims: claimsOf(client?.customClaims ?? []),
    expiry: Number(client?.expiry ?? 0),
  };
}

async function shown(ctx: Ctx, row: Client) {
  const [client] = await withSecrets(ctx, [row], toClient);
  return client;
}

function toClient(
  row: Client,
  ofClient: readonly secrets.ClientSecret[],
): MessageInitShape<typeof M2MClientSchema> {
  return {
    clientId: row.id,
    secrets: ofClient.map(toSecret),
    name: row.name,
    description: row.description,
    organizationId: row.organization_id ?? "",
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    scopes: row.scopes,
    audience: row.audience,
    customClaims: row.custom_claims as { key: string; value: string }[],
    expiry: BigInt(row.access_token_expiry ?? 0),
  };
}
