/**
 * The OpenID providers of the logins, played inside the load generator: one server on loopback, a tenant for each
 * path, as the large providers have it. Nothing is kept: a code holds what its token must say.
 */
import { createPublicKey, type KeyObject, randomBytes, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { newKeyPair } from "./identity-provider.ts";

const KEY_ID = "bench";
const LIFETIME_S = 300;
const CLIENT_ID = "gatehouse";

/** A running server of providers. */
export type OpenIdProviders = AsyncDisposable & {
  host: string;
  clientId: string;
  /** The issuer of a tenant. */
  issuerOf: (tenant: string) => string;
  /** Signs `email` in for the authorization request in `url`: the address that the browser goes back to. */
  respond: (url: string, email: string) => string;
};

type Code = { issuer: string; nonce: string; email: string };

/** Starts the server on a free port. */
export async function startOpenIdProviders(): Promise<OpenIdProviders> {
  const { privateKey } = newKeyPair();
  const keys = {
    keys: [
      { ...createPublicKey(privateKey).export({ format: "jwk" }), kid: KEY_ID, alg: "RS256", use: "sig" },
    ],
  };
  const server = createServer((request, response) => void answer(request, response, privateKey, keys));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `localhost:${(server.address() as AddressInfo).port}`;
  return {
    host,
    clientId: CLIENT_ID,
    issuerOf: (tenant) => `http://${host}/${tenant}`,
    respond,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function respond(url: string, email: string): string {
  const { origin, pathname, searchParams } = new URL(url);
  const issuer = origin + pathname.slice(0, pathname.lastIndexOf("/"));
  const code: Code = { issuer, nonce: searchParams.get("nonce") ?? "", email };
  const back = new URL(searchParams.get("redirect_uri") ?? "");
  back.searchParams.set("code", Buffer.from(JSON.stringify(code)).toString("base64url"));
  back.searchParams.set("state", searchParams.get("state") ?? "");
  return back.href;
}

async function answer(request: IncomingMessage, response: ServerResponse, key: KeyObject, keys: object) {
  const path = request.url ?? "";
  const issuer = `http://${request.headers.host}/${path.split("/")[1]}`;
  let body = "";
  for await (const chunk of request) body += chunk;
  const value = path.endsWith("/keys")
    ? keys
    : path.endsWith("/token")
      ? await tokensOf(body, key)
      : discovery(issuer);
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}

function discovery(issuer: string): object {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    jwks_uri: `${issuer}/keys`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256"],
    code_challenge_methods_supported: ["S256"],
  };
}

async function tokensOf(form: string, key: KeyObject): Promise<object> {
  const { issuer, nonce, email } = JSON.parse(
    Buffer.from(new URLSearchParams(form).get("code") ?? "", "base64url").toString(),
  ) as Code;
  const now = Math.floor(Date.now() / 1_000);
  const times = { iat: now, exp: now + LIFETIME_S };
  const claims = { iss: issuer, sub: email, aud: CLIENT_ID, nonce, email, email_verified: true, ...times };
  return {
    access_token: randomBytes(16).toString("hex"),
    token_type: "Bearer",
    expires_in: LIFETIME_S,
    id_token: await signed(claims, key),
  };
}

function signed(claims: object, key: KeyObject): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${part({ alg: "RS256", typ: "JWT", kid: KEY_ID })}.${part(claims)}`;
  return new Promise((resolve, reject) => {
    sign("sha256", Buffer.from(text), key, (error, value) => {
      if (error) reject(error);
      else resolve(`${text}.${value.toString("base64url")}`);
    });
  });
}
