/**
 * A social provider written by hand for tests: OAuth 2.0 as GitHub speaks it, with a profile and a list of addresses
 * in place of an ID token, and as Microsoft does, with one. It checks what a provider checks (client, redirect URI,
 * PKCE, a code once), and a test may bend every answer.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage } from "node:http";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { newSecret } from "../lib/secrets.ts";
import { freePort } from "./app.ts";

export interface SocialReply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body: object | string;
}

export interface SocialRequest {
  path: string;
  form: URLSearchParams;
  authorization: string;
}

export interface SocialProvider {
  url: string;
  /** What a connection to it holds. */
  config(kind: "plain" | "microsoft"): Record<string, unknown>;
  /** What the profile address answers, and the list of addresses below it. */
  profile: Record<string, unknown>;
  emails: unknown;
  /** Claims over the usual ones of an ID token; the nonce and audience of the request are in them. */
  idToken: Record<string, unknown>;
  /** Answers in place of the usual ones, by path. */
  replies: Map<string, (request: SocialRequest) => SocialReply | Promise<SocialReply>>;
  asked: SocialRequest[];
  /** Signs in at the authorization request of `location`: the address that the browser is sent back to. */
  answer(location: string): string;
  /** Signs ID tokens with a key that is not published from now on. */
  forge(): Promise<void>;
  stop(): Promise<void>;
}

export const socialClient = { client_id: "our-social-app", client_secret: "our-social-secret" };
export const tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47";

/** Starts it on a free port of localhost. @param now the clock by which ID tokens are dated */
export async function startSocialProvider(now: () => Date): Promise<SocialProvider> {
  const url = `http://localhost:${await freePort()}`;
  const codes = new Map<string, URLSearchParams>();
  const published = await generateKeyPair("RS256", { extractable: true });
  let signing = published.privateKey;
  const provider: SocialProvider = {
    url,
    profile: {},
    emails: [],
    idToken: {},
    replies: new Map(),
    asked: [],
    config: (kind) => configOf(url, kind),
    answer: (location) => {
      const query = new URL(location).searchParams;
      const code = newSecret();
      codes.set(code, query);
      const back = new URL(query.get("redirect_uri") ?? "");
      back.search = new URLSearchParams({ code, state: query.get("state") ?? "" }).toString();
      return back.href;
    },
    forge: async () => {
      signing = (await generateKeyPair("RS256")).privateKey;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const token = async ({ form }: SocialRequest): Promise<SocialReply> => {
    const begun = codes.get(form.get("code") ?? "");
    codes.delete(form.get("code") ?? "");
    const problem = begun ? problemOf(begun, form) : "bad_verification_code";
    // As GitHub does it: a refusal is a success of HTTP.
    if (problem || !begun) return { body: { error: problem, error_description: `refused: ${problem}` } };
    const times = { iat: seconds(now()), exp: seconds(now()) + 300 };
    const usual = {
      ...{
        iss: `${url}/${tenant}/v2.0`,
        aud: begun.get("client_id") ?? "",
        nonce: begun.get("nonce"),
        tid: tenant,
      },
      ...times,
      ...provider.idToken,
    };
    const idToken = await new SignJWT(usual).setProtectedHeader({ alg: "RS256", kid: "one" }).sign(signing);
    return { body: { access_token: "social-at", token_type: "bearer", scope: "", id_token: idToken } };
  };
  const guarded =
    (body: () => unknown) =>
    (request: SocialRequest): SocialReply =>
      request.authorization === "Bearer social-at"
        ? { body: body() as object }
        : { status: 401, body: "no token" };
  const keys = async () => ({
    body: { keys: [{ ...(await exportJWK(published.publicKey)), kid: "one", use: "sig", alg: "RS256" }] },
  });
  const usual: Record<string, (request: SocialRequest) => SocialReply | Promise<SocialReply>> = {
    "/token": token,
    "/user": guarded(() => provider.profile),
    "/user/emails": guarded(() => provider.emails),
  };
  const server = createServer(async (message, response) => {
    const request = await read(message);
    provider.asked.push(request);
    const known = request.path.endsWith("/oauth2/v2.0/token") ? token : usual[request.path];
    const standard = request.path.endsWith("/discovery/v2.0/keys") ? keys : known;
    const reply: SocialReply = (await (provider.replies.get(request.path) ?? standard)?.(request)) ?? {
      status: 404,
      body: "",
    };
    const isText = typeof reply.body === "string";
    const type = isText ? "text/html" : "application/json";
    response.writeHead(reply.status ?? 200, { "content-type": type, ...reply.headers });
    response.end(isText ? (reply.body as string) : JSON.stringify(reply.body));
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(url).port), "localhost", resolve));
  return provider;
}

function configOf(url: string, kind: "plain" | "microsoft"): Record<string, unknown> {
  if (kind === "microsoft") {
    const base = `${url}/{tenant}/oauth2/v2.0`;
    return { ...socialClient, authorize_uri: `${base}/authorize`, token_uri: `${base}/token` };
  }
  const addresses = {
    authorize_uri: `${url}/authorize`,
    token_uri: `${url}/token`,
    user_info_uri: `${url}/user`,
  };
  return { ...socialClient, ...addresses };
}

/** What a provider finds wrong in the exchange of a code. */
function problemOf(begun: URLSearchParams, form: URLSearchParams): string | undefined {
  if (form.get("client_secret") !== socialClient.client_secret) return "incorrect_client_credentials";
  if (form.get("client_id") !== begun.get("client_id")) return "incorrect_client_credentials";
  if (form.get("redirect_uri") !== begun.get("redirect_uri")) return "redirect_uri_mismatch";
  const challenge = begun.get("code_challenge");
  const verifier = form.get("code_verifier");
  if (challenge === null) return verifier === null ? undefined : "invalid_grant";
  const hash = createHash("sha256")
    .update(verifier ?? "")
    .digest("base64url");
  return hash === challenge ? undefined : "invalid_grant";
}

function seconds(time: Date): number {
  return Math.floor(time.getTime() / 1000);
}

async function read(message: IncomingMessage): Promise<SocialRequest> {
  let body = "";
  for await (const chunk of message) body += chunk;
  const path = new URL(message.url ?? "", "http://localhost").pathname;
  return { path, form: new URLSearchParams(body), authorization: message.headers.authorization ?? "" };
}
