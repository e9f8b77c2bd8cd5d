/** Messages that both kinds of clients share. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type ClientSecretSchema,
  ClientSecretStatus,
} from "@gatehouse/contract/scalekit/v1/clients/clients_pb";
import type { Ctx } from "../../context.ts";
import type { Client } from "./clients.ts";
import type { ClientSecret, NewSecret } from "./secrets.ts";
import * as secrets from "./secrets.ts";
import type { CustomClaim } from "./settings.ts";

/** Clients as messages, each with what may be told of its secrets. */
export async function withSecrets<Message>(
  ctx: Ctx,
  rows: readonly Client[],
  toMessage: (row: Client, ofClient: readonly ClientSecret[]) => Message,
): Promise<Message[]> {
  const ids = rows.map((row) => row.id);
  const secretsOf = await secrets.listOf(ctx, ids);
  return rows.map((row) => toMessage(row, secretsOf.get(row.id) ?? []));
}

export function toSecret(row: ClientSecret): MessageInitShape<typeof ClientSecretSchema> {
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

/** The one answer that shows a secret. */
export function toNewSecret({ plain, secret }: NewSecret) {
  return { plainSecret: plain, secret: { ...toSecret(secret), plainSecret: plain } };
}

/** The claims without what marks them as messages. */
export function claimsOf(claims: readonly CustomClaim[]): CustomClaim[] {
  return claims.map(({ key, value }) => ({ key, value }));
}
