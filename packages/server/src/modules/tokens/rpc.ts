/** The door of ApiTokenService. FetchToken is closed to all: a token is kept as a hash and cannot be shown again. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampDate, timestampFromDate } from "@bufbuild/protobuf/wkt";
import { ApiTokenService, type TokenSchema } from "@gatehouse/contract/scalekit/v1/tokens/tokens_pb";
import { serve } from "../../transport/service.ts";
import * as tokens from "./tokens.ts";

export const apiTokenService = serve(ApiTokenService, {
  async createToken(ctx, { token }) {
    const created = await tokens.create(ctx, {
      organizationId: token?.organizationId ?? "",
      userId: token?.userId ?? "",
      customClaims: token?.customClaims ?? {},
      expiresAt: token?.expiry && timestampDate(token.expiry),
      description: token?.description ?? "",
    });
    return { token: created.plain, tokenId: created.token.id, tokenInfo: toToken(created.token) };
  },

  async validateToken(ctx, { token }) {
    return { tokenInfo: toToken(await tokens.validate(ctx, token)) };
  },

  async invalidateToken(ctx, { token }) {
    await tokens.invalidate(ctx, token);
    return {};
  },

  async listTokens(ctx, { organizationId, userId, pageSize, pageToken }) {
    const page = await tokens.list(ctx, { organizationId, userId, pageSize, pageToken });
    return {
      tokens: page.items.map(toToken),
      totalCount: page.totalSize,
      nextPageToken: page.nextPageToken,
      prevPageToken: page.prevPageToken,
    };
  },

  async updateToken(ctx, { token, customClaims, description }) {
    return { tokenInfo: toToken(await tokens.update(ctx, token, { customClaims, description })) };
  },
});

function toToken(row: tokens.ApiToken): MessageInitShape<typeof TokenSchema> {
  return {
    tokenId: row.id,
    organizationId: row.organization_id,
    organizationExternalId: row.organization_external_id ?? "",
    ...(row.user_id !== null && { userId: row.user_id }),
    ...(row.user_external_id !== null && { userExternalId: row.user_external_id }),
    customClaims: row.custom_claims as Record<string, string>,
    ...(row.expires_at !== null && { expiry: timestampFromDate(row.expires_at) }),
    createdAt: timestampFromDate(row.created_at),
    ...(row.description !== "" && { description: row.description }),
    tokenSuffix: row.suffix,
    ...(row.email !== null && { email: row.email }),
    roles: row.roles,
  };
}
