/** OpenID providers of the npm package `oidc-provider`, one a case, each on a port of its own in this process. */
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { type ClientMetadata, type Configuration, type JWK, Provider } from "oidc-provider";
import { freePort, type Running } from "../../lib/processes.ts";

export type Algorithm = "RS256" | "PS256" | "ES256" | "EdDSA";

/** What a case wants of a provider. */
export type ProviderOptions = {
  algorithm: Algorithm;
  /** What stands after the host in the issuer. */
  path: string;
  /** The claims of a person are in the ID token too, and not at the UserInfo endpoint alone. */
  claimsInIdToken: boolean;
  pairwise: boolean;
};

/** A running provider. */
export type OpenIdProvider = Running & {
  issuer: string;
  /** Begins to sign with a new key, and forgets the former one. */
  rotateKey: () => void;
  /** Addresses that were asked for, with method and path. */
  requests: string[];
  /** What went wrong when it told others of a logout. */
  problems: string[];
};

/** Starts a provider that knows `client` and signs anybody in who gives an address. */
export async function startProvider(
  client: ClientMetadata,
  options: ProviderOptions,
): Promise<OpenIdProvider> {
  const port = await freePort();
  const issuer = `http://127.0.0.1:${port}${options.path}`;
  const state: State = { rows: new Map(), requests: [], problems: [] };
  let provider = createProvider(issuer, client, options, state);
  const server = createServer((request, response) => {
    state.requests.push(`${request.method} ${request.url}`);
    void serve(provider, options.path, request, response);
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  return {
    issuer,
    requests: state.requests,
    problems: state.problems,
    rotateKey: () => {
      provider = createProvider(issuer, client, options, state);
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

type Row = Record<string, unknown>;
type State = { rows: Map<string, Row>; requests: string[]; problems: string[] };

const INTERACTION = "/interaction/";
const HOUR = 3600;

function createProvider(
  issuer: string,
  client: ClientMetadata,
  options: ProviderOptions,
  state: State,
): Provider {
  const { pathname } = new URL(issuer);
  const base = pathname === "/" ? "" : pathname;
  const settings: Configuration = {
    clients: [
      {
        ...client,
        id_token_signed_response_alg: options.algorithm,
        subject_type: options.pairwise ? "pairwise" : "public",
      },
    ],
    adapter: (model: string) => adapterOf(model, state.rows) as never,
    claims: { email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
    conformIdTokenClaims: !options.claimsInIdToken,
    cookies: { keys: ["a key for these cases only"] },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: { enabled: true, logoutSource: confirmLogout, postLogoutSuccessSource: sayGoodbye },
    },
    // Its own client refuses loopback, which is where we are.
    fetch: (url, { method, headers, body, redirect } = {}) =>
      fetch(url, { method, headers, body, redirect } as RequestInit),
    findAccount: (_context, sub) => ({ accountId: sub, claims: () => personOf(sub) }),
    interactions: { url: (_context, { uid }) => `${base}${INTERACTION}${uid}` },
    jwks: { keys: [newKey(options.algorithm)] },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new provider.Grant({
        clientId: client.client_id,
        accountId: oidc.session?.accountId ?? "",
      });
      grant.addOIDCScope("openid email profile");
      await grant.save();
      return grant;
    },
    pairwiseIdentifier: (_context, sub) => `pairwise-${Buffer.from(sub).toString("base64url")}`,
    pkce: { required: () => client.token_endpoint_auth_method === "none" },
    responseTypes: ["code"],
    subjectTypes: ["public", "pairwise"],
    ttl: {
      AccessToken: HOUR,
      AuthorizationCode: HOUR,
      Grant: HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      Session: HOUR,
    },
  };
  const provider = new Provider(issuer, settings);
  provider.on("backchannel.error", (_context, error) => state.problems.push(error.message));
  return provider;
}

/** The page with one field that signs in, and all else to the library, which is to see paths below its issuer. */
async function serve(
  provider: Provider,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const url = request.url ?? "/";
  if (!url.startsWith(path)) return void response.writeHead(404).end();
  Object.assign(request, { originalUrl: url, url: url.slice(path.length) || "/" });
  if (!request.url?.startsWith(INTERACTION)) return void provider.callback()(request, response);
  if (request.method === "GET") {
    response.writeHead(200, { "content-type": "text/html" });
    return void response.end(`<form method="post" action="${url}"><input name="username"></form>`);
  }
  const accountId = new URLSearchParams(await text(request)).get("username") ?? "";
  await provider.interactionFinished(request, response, { login: { accountId } });
}

type Page = { body: unknown };

async function confirmLogout(context: Page, form: string): Promise<void> {
  // The library's form is sent with this answer of the person in it.
  context.body = `<!doctype html>${form.replace("</form>", '<input type="hidden" name="logout" value="yes"></form>')}`;
}

async function sayGoodbye(context: Page): Promise<void> {
  context.body = "You are signed out";
}

function personOf(sub: string) {
  return { sub, email: sub, email_verified: true, given_name: "Ada", family_name: "Lovelace" };
}

function newKey(algorithm: Algorithm): JWK {
  const pair = {
    RS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
    PS256: () => generateKeyPairSync("rsa", { modulusLength: 2048 }),
    ES256: () => generateKeyPairSync("ec", { namedCurve: "P-256" }),
    EdDSA: () => generateKeyPairSync("ed25519"),
  }[algorithm]();
  const jwk = pair.privateKey.export({ format: "jwk" });
  return { ...jwk, use: "sig", alg: algorithm, kid: randomUUID() } as JWK;
}

/** Rows outlive a provider, so that a new key finds the sessions that the former one knew. */
function adapterOf(model: string, rows: Map<string, Row>) {
  const find = async (test: (row: Row) => boolean) => [...rows.values()].find(test);
  return {
    upsert: async (id: string, payload: Row) => void rows.set(`${model}:${id}`, payload),
    find: async (id: string) => rows.get(`${model}:${id}`),
    findByUid: (uid: string) => find((row) => row.uid === uid && row.kind === model),
    destroy: async (id: string) => void rows.delete(`${model}:${id}`),
    consume: async (id: string) => {
      const row = rows.get(`${model}:${id}`);
      if (row) row.consumed = Math.floor(Date.now() / 1000);
    },
    revokeByGrantId: async (grantId: string) => {
      for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key);
    },
  };
}
