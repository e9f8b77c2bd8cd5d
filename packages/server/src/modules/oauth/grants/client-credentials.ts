/** The client credentials grant (RFC 6749 section 4.4): a token about the client itself, and about no user. */
import { newId } from "../../../lib/ids.ts";
import type { Client } from "../../clients/clients.ts";
import type { CustomClaim } from "../../clients/settings.ts";
import * as environments from "../../environments/environments.ts";
import * as keys from "../../keys/keys.ts";
import { customClaims } from "../claims.ts";
import { oauthErrors as errors } from "../errors.ts";
import { type Parameters, readScopes } from "../parameters.ts";
import type { Grant } from "./grant.ts";

export const clientCredentials: Grant = {
  type: "client_credentials",

  async exchange(ctx, client, parameters) {
    const environment = await environments.current(ctx);
    const scopes = grantedScopes(client, parameters);
    const lifetime = client.access_token_expiry ?? environment.lifetimes.clientAccessToken;
    const now = Math.floor(ctx.now().getTime() / 1000);
    const token = await keys.sign(ctx, {
      iss: environment.publicUrl,
      sub: client.id,
      ...ownerClaims(client),
      client_id: client.id,
      iat: now,
      nbf: now,
      exp: now + lifetime,
      jti: newId("tkn"),
      scope: scopes.join(" "),
      scopes,
      ...customClaims(client.custom_claims as unknown as CustomClaim[]),
    });
    const expiresIn = Math.floor(now + lifetime - ctx.now().getTime() / 1000);
    return { access_token: token, token_type: "Bearer", expires_in: expiresIn, scope: scopes.join(" ") };
  },
};

/** An application's token is for our management API; one of an organization's client for the app's APIs. */
function ownerClaims(client: Client): Record<string, unknown> {
  if (client.organization_id === null) return { aud: [client.id] };
  return { oid: client.organization_id, ...(client.audience.length > 0 && { aud: client.audience }) };
}

function grantedScopes(client: Client, parameters: Parameters): string[] {
  const own = [...new Set([...(client.organization_id === null ? ["openid"] : []), ...client.scopes])];
  const wanted = readScopes(parameters);
  const refused = wanted?.find((scope) => !own.includes(scope));
  if (refused !== undefined)
    throw errors.invalid_scope(`The client does not have the scope ${refused.slice(0, 60)}`);
  return wanted ?? own;
}
