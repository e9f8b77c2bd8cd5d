/** The discovery document (OIDC Discovery 1.0, RFC 8414): one for both well-known names. */
import type { Ctx } from "../../context.ts";
import * as environments from "../environments/environments.ts";
import { offeredScopes } from "./authorize.ts";

/** As it is served, made once while the environment does not change. */
export async function discoveryDocument(ctx: Ctx): Promise<string> {
  const { publicUrl } = await environments.current(ctx);
  return ctx.app.cache.get("discovery", publicUrl, async () => JSON.stringify(describe(publicUrl)));
}

function describe(issuer: string): Record<string, unknown> {
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/keys`,
    end_session_endpoint: `${issuer}/oidc/logout`,
    revocation_endpoint: `${issuer}/revoke`,
    introspection_endpoint: `${issuer}/oauth/introspect`,
    response_types_supported: ["code"],
    response_modes_supported: ["query", "form_post"],
    grant_types_supported: ["authorization_code", "refresh_token", "client_credentials"],
    code_challenge_methods_supported: ["S256"],
    id_token_signing_alg_values_supported: ["RS256"],
    subject_types_supported: ["public"],
    scopes_supported: offeredScopes,
    token_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic", "none"],
    revocation_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    introspection_endpoint_auth_methods_supported: ["client_secret_post", "client_secret_basic"],
    claims_supported:
      "iss sub aud exp iat auth_time nonce amr azp at_hash c_hash sid oid xoid email email_verified name given_name family_name preferred_username picture locale".split(
        " ",
      ),
    prompt_values_supported: ["none", "login"],
    claims_parameter_supported: false,
    request_parameter_supported: false,
    request_uri_parameter_supported: false,
    authorization_response_iss_parameter_supported: true,
  };
}
