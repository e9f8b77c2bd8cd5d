/** The door of AuthService: what the hosted pages ask. */
import type { JsonObject, MessageInitShape } from "@bufbuild/protobuf";
import { type AuthMethodSchema, AuthService } from "@gatehouse/contract/scalekit/v1/auth/auth_pb";
import { ConnectionType } from "@gatehouse/contract/scalekit/v1/connections/connections_pb";
import { serve } from "../../transport/service.ts";
import type { Connection } from "../connections/connections.ts";
import * as customization from "../environments/customization.ts";
import * as features from "../environments/features.ts";
import { connectionOfEmail } from "./target.ts";

export const authService = serve(AuthService, {
  async discoveryAuthMethod(ctx, { discoveryRequest }) {
    const connection = await connectionOfEmail(ctx, discoveryRequest?.email ?? "");
    return { authMethod: toAuthMethod(connection) };
  },

  async getAuthCustomizations(ctx) {
    const settings = await customization.read(ctx);
    return { customizationSettings: settings as JsonObject, settings: { customBranding: true } };
  },

  async getAuthFeatures(ctx) {
    const flags = await features.publicFlags(ctx);
    return { features: Object.fromEntries(flags.map(({ name, enabled }) => [name, enabled])) };
  },
});

function toAuthMethod(connection: Connection): MessageInitShape<typeof AuthMethodSchema> {
  const kind = connection.type === "SAML" ? "saml" : "oidc";
  return {
    connectionId: connection.id,
    connectionType: connection.type === "SAML" ? ConnectionType.SAML : ConnectionType.OIDC,
    provider: connection.provider,
    authInitiationUri: `/sso/v1/${kind}/${connection.id}/init`,
  };
}
