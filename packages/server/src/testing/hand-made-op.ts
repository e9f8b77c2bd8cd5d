/** An OpenID provider written by hand for tests, whose every answer a test may bend. It has no authorization page: tests write the answer themselves. */
import { createServer, type IncomingMessage } from "node:http";
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from "jose";
import { freePort } from "./app.ts";

export interface OpReply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body: object | string;
}

export interface OpRequest {
  path: string;
  form: URLSearchParams;
  authorization: string;
}

export interface HandMadeOp {
  issuer: string;
  /** Answers in place of the usual ones, by path; a promise that never settles is a slow provider. */
  replies: Map<string, (request: OpRequest) => OpReply | Promise<OpReply>>;
  asked: OpRequest[];
  /** What it publishes about itself, under another issuer when one is given. */
  discovery(issuer?: string): Record<string, unknown>;
  /** Signed as usual unless said otherwise. */
  idToken(claims: Record<string, unknown>, how?: TokenForm): Promise<string>;
  /** A new key with a new id; the old one is no longer published. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

export type TokenForm =
  | "none"
  | "HS256 with the public key"
  | "unknown kid"
  | "another key under the known kid";

type Pair = Awaited<ReturnType<typeof generateKeyPair>> & { kid: string };

/** Starts it on a free port of localhost. */
export async function startHandMadeOp(): Promise<HandMadeOp> {
  const issuer = `http://localhost:${await freePort()}`;
  const replies: HandMadeOp["replies"] = new Map();
  const asked: OpRequest[] = [];
  let pair = await newPair();
  const usual: Record<string, () => Promise<OpReply>> = {
    "/.well-known/openid-configuration": async () => ({ body: discoveryOf(issuer) }),
    "/jwks": async () => ({
      body: { keys: [{ ...(await exportJWK(pair.publicKey)), kid: pair.kid, use: "sig", alg: "RS256" }] },
    }),
  };
  const server = createServer(async (message, response) => {
    const request = await read(message);
    asked.push(request);
    const answer = replies.get(request.path) ?? usual[request.path];
    const reply: OpReply = answer ? await answer(request) : { status: 404, body: "not here" };
    const isText = typeof reply.body === "string";
    const type = isText ? "text/plain" : "application/json";
    response.writeHead(reply.status ?? 200, { "content-type": type, ...reply.headers });
    response.end(isText ? reply.body : JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(issuer).port), "localhost", resolve));
  return {
    issuer,
    replies,
    asked,
    discovery: (named) => ({ ...discoveryOf(issuer), ...(named !== undefined && { issuer: named }) }),
    idToken: (claims, how) => signed(claims, pair, how),
    rotate: async () => {
      pair = await newPair();
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function discoveryOf(issuer: string) {
  return {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    userinfo_endpoint: `${issuer}/userinfo`,
    jwks_uri: `${issuer}/jwks`,
    response_types_supported: ["code"],
    subject_types_supported: ["public"],
    id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
    code_challenge_methods_supported: ["S256"],
    authorization_response_iss_parameter_supported: true,
  };
}

async function signed(claims: Record<string, unknown>, pair: Pair, how?: TokenForm): Promise<string> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  if (how === "none") return `${part({ alg: "none" })}.${part(claims)}.`;
  if (how === "HS256 with the public key") {
    const secret = new TextEncoder().encode(await exportSPKI(pair.publicKey));
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256", kid: pair.kid }).sign(secret);
  }
  const kid = how === "unknown kid" ? "unknown" : pair.kid;
  const { privateKey } = how === "another key under the known kid" ? await newPair() : pair;
  return new SignJWT(claims).setProtectedHeader({ alg: "RS256", kid }).sign(privateKey);
}

let pairs = 0;

async function newPair(): Promise<Pair> {
  return { ...(await generateKeyPair("RS256", { extractable: true })), kid: `key-${++pairs}` };
}

async function read(message: IncomingMessage): Promise<OpRequest> {
  let body = "";
  for await (const chunk of message) body += chunk;
  const path = new URL(message.url ?? "", "http://localhost").pathname;
  return { path, form: new URLSearchParams(body), authorization: message.headers.authorization ?? "" };
}
