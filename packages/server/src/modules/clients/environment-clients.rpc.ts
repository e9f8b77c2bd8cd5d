/** The methods of ClientService that concern applications of the environment. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type ClientSchema,
  ClientSecretStatus,
  type CreateClient,
  type CreateClientRequest,
  type CreateClientSecretRequest,
  type DeleteClientRequest,
  type DeleteClientSecretRequest,
  type GetClientRequest,
  type ListClientsRequest,
  type UpdateClient,
  type UpdateClientRequest,
  type UpdateClientSecretRequest,
} from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import type { Ctx } from "../../context.ts";
import { invalidArgument } from "../../errors.ts";
import * as clients from "./clients.ts";
import { claimsOf, toNewSecret, toSecret, withSecrets } from "./messages.rpc.ts";
import type * as secrets from "./secrets.ts";

export const environmentClients = {
  async listClient(ctx: Ctx, { pageSize, pageToken, filter }: ListClientsRequest) {
    const page = await clients.list(ctx, { pageSize, pageToken, types: filter?.clientType ?? [] });
    return {
      clients: await withSecrets(ctx, page.items, toClient),
      nextPageToken: page.nextPageToken,
      prevPageToken: page.prevPageToken,
      totalSize: page.totalSize,
    };
  },

  async createClient(ctx: Ctx, { client }: CreateClientRequest) {
    const input = { type: client?.clientType ?? "", name: client?.name ?? "" };
    const created = await clients.create(ctx, client ? { ...patchOf(client), ...input } : input);
    return { client: toClient(created, []) };
  },

  async getClient(ctx: Ctx, { clientId }: GetClientRequest) {
    return { client: await shown(ctx, await clients.get(ctx, clientId)) };
  },

  async updateClient(ctx: Ctx, { clientId, client }: UpdateClientRequest) {
    return {
      client: await shown(ctx, await clients.update(ctx, clientId, client ? patchOf(client) : {})),
    };
  },

  async deleteClient(ctx: Ctx, { clientId }: DeleteClientRequest) {
    await clients.delete(ctx, clientId);
    return {};
  },

  async createClientSecret(ctx: Ctx, { clientId }: CreateClientSecretRequest) {
    return toNewSecret(await clients.addSecret(ctx, clientId));
  },

  async updateClientSecret(ctx: Ctx, { clientId, secretId, secret }: UpdateClientSecretRequest) {
    const status = statusOf(secret?.status ?? ClientSecretStatus.ACTIVE);
    return { secret: toSecret(await clients.setSecretStatus(ctx, clientId, secretId, status)) };
  },

  async deleteClientSecret(ctx: Ctx, { clientId, secretId }: DeleteClientSecretRequest) {
    await clients.deleteSecret(ctx, clientId, secretId);
    return {};
  },
};

function patchOf(client: CreateClient | UpdateClient): clients.ClientPatch {
  return {
    name: client.name,
    postLoginUris: client.postLoginUris,
    postLogoutRedirectUris: client.postLogoutRedirectUris,
    backChannelLogoutUris: client.backChannelLogoutUris,
    accessTokenExpiry: Number(client.accessTokenExpiry),
    scopes: client.scopes,
    customClaims: claimsOf(client.customClaims),
    grantTypes: client.grantTypes,
    ...(client.initiateLoginUri !== undefined && { initiateLoginUri: client.initiateLoginUri }),
    ...(client.enforcePkce !== undefined && { enforcePkce: client.enforcePkce }),
    ...(client.disallowScalekitApiAccess !== undefined && {
      disallowApiAccess: client.disallowScalekitApiAccess,
    }),
  };
}

/** @throws INVALID_ARGUMENT for a number that the contract does not have */
function statusOf(status: ClientSecretStatus): "ACTIVE" | "INACTIVE" {
  if (status === ClientSecretStatus.ACTIVE) return "ACTIVE";
  if (status === ClientSecretStatus.INACTIVE) return "INACTIVE";
  throw invalidArgument("secret.status", "enum.defined_only", "value must be one of the defined enum values");
}

async function shown(ctx: Ctx, row: clients.Client) {
  const [client] = await withSecrets(ctx, [row], toClient);
  return client;
}

function toClient(
  row: clients.Client,
  ofClient: readonly secrets.ClientSecret[],
): MessageInitShape<typeof ClientSchema> {
  return {
    id: row.id,
    keyId: row.id,
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    secrets: ofClient.map(toSecret),
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    backChannelLogoutUris: row.back_channel_logout_uris,
    initiateLoginUri: row.initiate_login_uri,
    postLoginUris: row.post_login_uris,
    name: row.name,
    ...(row.access_token_expiry !== null && { accessTokenExpiry: BigInt(row.access_token_expiry) }),
    scopes: row.scopes,
    customClaims: row.custom_claims as { key: string; value: string }[],
    disallowScalekitApiAccess: row.disallow_api_access,
    grantTypes: row.grant_types,
    clientType: row.type,
    enforcePkce: row.enforce_pkce,
  };
}
