/**
 * The peer `@boxyhq/saml-jackson` 26 on PostgreSQL (`DATABASE_URL`), its controllers behind three routes of
 * `node:http`, with one SAML connection whose metadata is in `IDP_METADATA`. ID tokens are RS256.
 */
import { generateKeyPairSync } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import {
  controllers,
  type OAuthReq,
  type OAuthTokenReq,
  type SAMLResponsePayload,
} from "@boxyhq/saml-jackson";
import { announce, listen, readForm, redirect, sendJson } from "./serve.ts";

const redirectUri = "http://localhost:9/callback";
const quiet = { info: () => {}, warn: () => {} };

const { server, port } = await listen();
const externalUrl = `http://localhost:${port}`;
const { oauthController, connectionAPIController } = await controllers({
  externalUrl,
  samlPath: "/oauth/saml",
  samlAudience: externalUrl,
  db: {
    engine: "sql",
    type: "postgres",
    url: process.env.DATABASE_URL ?? "",
    ttl: 300,
    cleanupLimit: 1_000,
  },
  openid: { jwsAlg: "RS256", jwtSigningKeys: signingKeys() },
  noAnalytics: true,
  logger: quiet,
});
const connection = await connectionAPIController.createSAMLConnection({
  tenant: "bench",
  product: "bench",
  rawMetadata: process.env.IDP_METADATA ?? "",
  defaultRedirectUrl: redirectUri,
  redirectUrl: [redirectUri],
});
server.on("request", (request: IncomingMessage, response: ServerResponse) => {
  route(request, response).catch((error: Error) => sendJson(response, 500, { error: error.message }));
});
announce({ port, clientId: connection.clientID, clientSecret: connection.clientSecret, redirectUri });

async function route(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? "/", externalUrl);
  if (url.pathname === "/oauth/authorize") {
    const answer = await oauthController.authorize(
      Object.fromEntries(url.searchParams) as unknown as OAuthReq,
    );
    return redirect(response, answer.redirect_url ?? "");
  }
  const form = Object.fromEntries(await readForm(request)) as unknown;
  if (url.pathname === "/oauth/saml") {
    const answer = await oauthController.samlResponse(form as SAMLResponsePayload);
    return redirect(response, answer.redirect_url ?? "");
  }
  sendJson(response, 200, await oauthController.token(form as OAuthTokenReq));
}

// It takes its keys as PEM in base64.
function signingKeys(): { private: string; public: string } {
  const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const encode = (pem: string | Buffer) => Buffer.from(pem).toString("base64");
  return {
    private: encode(privateKey.export({ type: "pkcs8", format: "pem" })),
    public: encode(publicKey.export({ type: "spki", format: "pem" })),
  };
}
