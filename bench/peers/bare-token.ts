/**
 * The limit of `client-credentials`: the least that a Node process can do to answer with an RS256 token. It parses the
 * form, compares the secret's hash and signs off the main thread with a key object. No framework, database or policy.
 */
import { createHash, generateKeyPairSync, randomUUID, sign, timingSafeEqual } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { announce, listen, readForm, sendJson } from "./serve.ts";

const LIFETIME_SECONDS = 86_400;

const clientId = "bench-client";
const clientSecret = "bench-client-secret-with-enough-characters";
const secretHash = sha256(clientSecret);
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const header = base64url({ alg: "RS256", typ: "at+jwt", kid: "bench" });

const { port } = await listen((request, response) => void answer(request, response));
const issuer = `http://localhost:${port}`;
announce({ port, clientId, clientSecret });

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const form = await readForm(request);
  const known = form.get("client_id") === clientId;
  const proven = timingSafeEqual(sha256(form.get("client_secret") ?? ""), secretHash);
  if (request.url !== "/token" || form.get("grant_type") !== "client_credentials" || !known || !proven) {
    return sendJson(response, 401, { error: "invalid_client" });
  }
  sendJson(response, 200, {
    access_token: await token(),
    token_type: "Bearer",
    expires_in: LIFETIME_SECONDS,
  });
}

function token(): Promise<string> {
  const iat = Math.floor(Date.now() / 1_000);
  const claims = {
    iss: issuer,
    sub: clientId,
    client_id: clientId,
    aud: issuer,
    iat,
    nbf: iat,
    jti: randomUUID(),
  };
  const signed = `${header}.${base64url({ ...claims, exp: iat + LIFETIME_SECONDS })}`;
  return new Promise((resolve, reject) => {
    sign("sha256", Buffer.from(signed), privateKey, (error, signature) =>
      error ? reject(error) : resolve(`${signed}.${signature.toString("base64url")}`),
    );
  });
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
