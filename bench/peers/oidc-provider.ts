/**
 * The peer `oidc-provider` 9: RS256 access tokens as JWTs for one API (its resource indicators), refresh tokens, PKCE.
 * In memory, or on PostgreSQL when `DATABASE_URL` is set. Whoever comes to sign in is signed in as the account named
 * by `login_hint` and consents, so that the next authorize request of the same browser answers at once.
 */
import { generateKeyPairSync, randomBytes } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import Provider, { type Configuration } from "oidc-provider";
import { postgresAdapter } from "./postgres-adapter.ts";
import { announce, listen } from "./serve.ts";

const API = "urn:bench:api";
const client = { clientId: "bench-client", clientSecret: "bench-client-secret-with-enough-characters" };
const redirectUri = "http://localhost:9/callback";

const { server, port } = await listen();
const databaseUrl = process.env.DATABASE_URL;
const configuration = {
  ...settings(),
  ...(databaseUrl ? { adapter: await postgresAdapter(databaseUrl) } : {}),
};
const provider = new Provider(`http://localhost:${port}`, configuration);
const handle = provider.callback();
server.on("request", (request: IncomingMessage, response: ServerResponse) => {
  if (request.url?.startsWith("/interaction/")) void signIn(request, response);
  else void handle(request, response);
});
announce({ port, ...client, redirectUri });

function settings(): Configuration {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return {
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), kid: "bench", alg: "RS256", use: "sig" }] },
    cookies: { keys: [randomBytes(32).toString("hex")] },
    clients: [
      {
        client_id: client.clientId,
        client_secret: client.clientSecret,
        token_endpoint_auth_method: "client_secret_post",
        grant_types: ["client_credentials", "authorization_code", "refresh_token"],
        redirect_uris: [redirectUri],
      },
    ],
    scopes: ["openid", "offline_access"],
    claims: { openid: ["sub"], email: ["email"], profile: ["name"] },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, email: id, name: id }) }),
    issueRefreshToken: async () => true,
    ttl: {
      AccessToken: 300,
      AuthorizationCode: 600,
      IdToken: 1_800,
      RefreshToken: 2_592_000,
      Session: 2_592_000,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({
          scope: "",
          audience: API,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: "RS256" } },
        }),
      },
    },
  };
}

async function signIn(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const interaction = await provider.interactionDetails(request, response);
  const accountId = String(interaction.params.login_hint);
  const grant = new provider.Grant({ accountId, clientId: client.clientId });
  grant.addOIDCScope("openid profile email offline_access");
  grant.addResourceScope(API, "");
  const consent = { grantId: await grant.save() };
  await provider.interactionFinished(request, response, { login: { accountId }, consent });
}
