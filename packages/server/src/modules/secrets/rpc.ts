/** The door of SecretService. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { timestampFromDate } from "@bufbuild/protobuf/wkt";
import {
  type SecretSchema,
  SecretService,
  SecretType,
  TenantType,
} from "@gatehouse/contract/scalekit/v1/secrets/secrets_pb";
import { invalidArgument } from "../../errors.ts";
import { serve } from "../../transport/service.ts";
import * as secrets from "./secrets.ts";

export const secretService = serve(SecretService, {
  async createSecret(ctx, { secret }) {
    const type = typeOf(secret?.secretType ?? 0);
    // The second field only repeats the first.
    if (secret?.tenantType !== tenantOf[type]) {
      const problem = `a secret of type ${type} belongs to ${TenantType[tenantOf[type]]}`;
      throw invalidArgument("secret.tenant_type", "secret.tenant_type", problem);
    }
    return { secret: toSecret(await secrets.create(ctx, type)) };
  },

  async rotateSecret(ctx, { id }) {
    return { secret: toSecret(await secrets.rotate(ctx, id)) };
  },

  async getSecret(ctx, { id, includePlaintextSecret }) {
    return { secret: toSecret(await secrets.get(ctx, id, includePlaintextSecret)) };
  },

  async listSecrets(ctx, { secretType }) {
    const type = secretType === SecretType.SECRET_TYPE_UNSPECIFIED ? undefined : typeOf(secretType);
    const rows = await secrets.list(ctx, type);
    return { secret: rows.map((row) => toSecret({ row, plain: undefined })) };
  },

  async deleteSecret(ctx, { id }) {
    await secrets.delete(ctx, id);
    return {};
  },
});

const tenantOf = { INTERCEPTOR_HMAC: TenantType.INTERCEPTOR, DIRECTORY_TOKEN: TenantType.DIRECTORY } as const;

/** The contract's rules admit these two. */
function typeOf(type: SecretType): secrets.SecretType {
  return type === SecretType.DIRECTORY_TOKEN ? "DIRECTORY_TOKEN" : "INTERCEPTOR_HMAC";
}

function toSecret({ row, plain }: secrets.ShownSecret): MessageInitShape<typeof SecretSchema> {
  const type = row.type as secrets.SecretType;
  return {
    id: row.id,
    secretType: SecretType[type],
    tenantType: tenantOf[type],
    secretSuffix: row.suffix,
    ...(plain !== undefined && { plaintextSecret: plain }),
    createdAt: timestampFromDate(row.created_at),
    ...(row.last_used_at && { lastUsedAt: timestampFromDate(row.last_used_at) }),
    ...(row.expires_at && { expiresAt: timestampFromDate(row.expires_at) }),
  };
}
