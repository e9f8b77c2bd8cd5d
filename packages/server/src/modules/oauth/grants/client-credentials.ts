/** The client credentials grant (RFC 6749 section 4.4): an application's own token, for the management API. */
import { newId } from "../../../lib/ids.ts";
import type { Client } from "../../clients/clients.ts";
import * as environments from "../../environments/environments.ts";
import * as keys from "../../keys/keys.ts";
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
      aud: [client.id],
      client_id: client.id,
      iat: now,
      nbf: now,
      exp: now + lifetime,
      jti: newId("tkn"),
      scope: scopes.join(" "),
      scopes,
    });
    const expiresIn = Math.floor(now + lifetime - ctx.now().getTime() / 1000);
    return { access_token: token, token_type: "Bearer", expires_in: expiresIn, scope: scopes.join(" ") };
  },
};

function grantedScopes(client: Client, parameters: Parameters): string[] {
  const own = ["openid", ...client.scopes];
  const wanted = readScopes(parameters);
  const refused = wanted?.find((scope) => !own.includes(scope));
  if (refused !== undefined)
    throw errors.invalid_scope(`The client does not have the scope ${refused.slice(0, 60)}`);
  return wanted ?? own;
}
