/** For the tests: an environment on loopback with a token endpoint and keys, and a browser that keeps cookies. */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

export const CLIENT_ID = "skc_71000000000000001";
export const CLIENT_SECRET = "test_secret";

export interface FakeEnvironment {
  url: string;
  /** Remembers an authorization request as answered and gives its code. */
  grant(authorizeUrl: URL, claims?: JWTPayload): string;
  /** A token signed with the published key. */
  sign(claims: JWTPayload): Promise<string>;
  /** What the token endpoint answers from now on instead of tokens, with this status. */
  refuse(status: number, error: string): void;
  refreshes: number;
  close(): void;
}

interface Grant {
  redirectUri: string | null;
  challenge: string | null;
  claims: JWTPayload;
}

/** Starts an environment that gives tokens for the codes of `grant`, after checking secret, redirect URI and PKCE. */
export async function startFakeEnvironment(): Promise<FakeEnvironment> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const keys = [{ ...(await exportJWK(publicKey)), kid: "snk_1", alg: "RS256", use: "sig" }];
  const grants = new Map<string, Grant>();
  let refusal: { status: number; error: string } | undefined;

  const server = createServer(async (request, response) => {
    if (request.url === "/keys") return reply(response, 200, { keys });
    const form = await readForm(request);
    if (refusal) return reply(response, refusal.status, { error: refusal.error });
    const isRefresh = form.get("grant_type") === "refresh_token";
    const grant = isRefresh ? redeemRefresh(form) : redeemCode(form, grants);
    if (!grant)
      return reply(response, 400, { error: "invalid_grant", error_description: "code <b>used</b>" });
    if (isRefresh) environment.refreshes += 1;
    reply(response, 200, await tokens(grant.claims));
  });
  const url = await listen(server);

  const sign = (claims: JWTPayload) =>
    new SignJWT({ iss: url, aud: [CLIENT_ID], ...claims })
      .setProtectedHeader({ alg: "RS256", kid: "snk_1", typ: "JWT" })
      .setIssuedAt()
      .sign(privateKey);
  const tokens = async (claims: JWTPayload) => ({
    id_token: await sign({ exp: inSeconds(1800), ...claims }),
    access_token: await sign({
      exp: inSeconds(300),
      roles: ["admin"],
      jti: `tkn_${environment.refreshes}`,
      ...claims,
    }),
    refresh_token: `rt_${environment.refreshes}`,
    expires_in: 299,
  });
  const environment: FakeEnvironment = {
    url,
    sign,
    refreshes: 0,
    grant(authorizeUrl, claims = {}) {
      const query = authorizeUrl.searchParams;
      const code = `code_${grants.size}`;
      grants.set(code, {
        redirectUri: query.get("redirect_uri"),
        challenge: query.get("code_challenge"),
        claims: {
          sub: "usr_1",
          oid: "org_1",
          sid: "ses_1",
          amr: ["conn_1"],
          name: "Mia Rao",
          email: "mia@acme.test",
          ...claims,
        },
      });
      return code;
    },
    refuse(status, error) {
      refusal = { status, error };
    },
    close: () => server.close(),
  };
  return environment;

  function redeemRefresh(form: URLSearchParams): Grant | undefined {
    if (form.get("refresh_token") !== `rt_${environment.refreshes}`) return undefined;
    return [...grants.values()].at(-1);
  }
}

function redeemCode(form: URLSearchParams, grants: Map<string, Grant>): Grant | undefined {
  const grant = grants.get(form.get("code") ?? "");
  const challenge = createHash("sha256")
    .update(form.get("code_verifier") ?? "")
    .digest("base64url");
  const isRight =
    form.get("client_id") === CLIENT_ID &&
    form.get("client_secret") === CLIENT_SECRET &&
    form.get("redirect_uri") === grant?.redirectUri &&
    challenge === grant?.challenge;
  return isRight ? grant : undefined;
}

/** Listens on a free loopback port and gives the origin. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Seconds since 1970, so many from now. */
export function inSeconds(seconds: number): number {
  return Math.floor(Date.now() / 1000) + seconds;
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new URLSearchParams(Buffer.concat(chunks).toString());
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

export interface Browser {
  get(path: string): Promise<Response>;
  /** @param origin the page that posts; by default one of the app's own */
  post(path: string, origin?: string): Promise<Response>;
  cookies: Map<string, string>;
}

/** A browser on one app: keeps cookies, follows no redirect. */
export function createBrowser(baseUrl: string): Browser {
  const cookies = new Map<string, string>();
  const send = async (path: string, method: string, origin: string) => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(baseUrl + path, { method, redirect: "manual", headers: { cookie, origin } });
    for (const line of response.headers.getSetCookie()) {
      const [pair = ""] = line.split(";");
      const at = pair.indexOf("=");
      if (pair.slice(at + 1) === "") cookies.delete(pair.slice(0, at));
      else cookies.set(pair.slice(0, at), pair.slice(at + 1));
    }
    return response;
  };
  return {
    cookies,
    get: (path) => send(path, "GET", baseUrl),
    post: (path, origin = baseUrl) => send(path, "POST", origin),
  };
}
