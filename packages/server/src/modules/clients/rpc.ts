/** The door of ClientService. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type ClientSchema,
  ClientSecretStatus,
  ClientService,
  type UpdateClient,
} from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import type { Ctx } from "../../context.ts";
import { serve } from "../../transport/service.ts";
import * as clients from "./clients.ts";
import { clientErrors as errors } from "./errors.ts";
import * as secrets from "./secrets.ts";

export const clientService = serve(ClientService, {
  async getClient(ctx, { clientId }) {
    return { client: await toClient(ctx, await clients.get(ctx, clientId)) };
  },

  async updateClient(ctx, { clientId, client }) {
    return {
      client: await toClient(ctx, await clients.update(ctx, clientId, client ? patchOf(client) : {})),
    };
  },
});

/** @throws CLIENT_SETTING_UNSUPPORTED */
function patchOf(client: UpdateClient): clients.ClientPatch {
  if (client.customClaims.length > 0) throw errors.CLIENT_SETTING_UNSUPPORTED("custom_claims");
  return {
    name: client.name,
    postLoginUris: client.postLoginUris,
    postLogoutRedirectUris: client.postLogoutRedirectUris,
    backChannelLogoutUris: client.backChannelLogoutUris,
    accessTokenExpiry: Number(client.accessTokenExpiry),
    scopes: client.scopes,
    grantTypes: client.grantTypes,
    ...(client.initiateLoginUri !== undefined && { initiateLoginUri: client.initiateLoginUri }),
    ...(client.enforcePkce !== undefined && { enforcePkce: client.enforcePkce }),
    ...(client.disallowScalekitApiAccess !== undefined && {
      disallowApiAccess: client.disallowScalekitApiAccess,
    }),
  };
}

async function toClient(ctx: Ctx, row: clients.Client): Promise<MessageInitShape<typeof ClientSchema>> {
  return {
    id: row.id,
    keyId: row.id,
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    secrets: (await secrets.list(ctx, row.id)).map(toSecret),
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

function toSecret(row: secrets.ClientSecret) {
  return {
    id: row.id,
    createTime: timestampFromDate(row.created_at),
    updateTime: timestampFromDate(row.updated_at),
    secretSuffix: row.suffix,
    status: row.status === "ACTIVE" ? ClientSecretStatus.ACTIVE : ClientSecretStatus.INACTIVE,
    ...(row.created_by !== null && { createdBy: row.created_by }),
    ...(row.expires_at !== null && { expireTime: timestampFromDate(row.expires_at) }),
    ...(row.last_used_at !== null && { lastUsedTime: timestampFromDate(row.last_used_at) }),
  };
}
