/**
 * An OpenID provider for tests, on the npm package `oidc-provider`: a certified implementation that shares no code
 * of ours. It signs in whoever the login hint names, without a page.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { exportJWK, generateKeyPair } from "jose";
import { freePort } from "./app.ts";
import { TestBrowser } from "./browser.ts";

/** What of the library is used here; it brings no types of its own. */
type Row = Record<string, unknown>;
type Handler = (request: IncomingMessage, response: ServerResponse) => void;
interface Library {
  callback(): Handler;
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<{ params: Row }>;
  interactionFinished(request: IncomingMessage, response: ServerResponse, result: Row): Promise<void>;
  Grant: new (of: Row) => { addOIDCScope(scope: string): void; save(): Promise<string> };
}
interface Hook {
  oidc: { client: { clientId: string }; session: { accountId: string } };
}

export interface OidcOp {
  issuer: string;
  /** Registers a client, which may be done at any time. */
  register(client: Row & { client_id: string }): void;
  /** Claims by login hint; `sub` is the subject. */
  people: Map<string, Record<string, unknown> & { sub: string }>;
  /** Goes through the provider as a browser and returns the address that it leads back to. */
  signIn(url: string, browser?: TestBrowser): Promise<string>;
  /** Signs out there in a browser that signed in, after the question whether to, and returns where that leads. */
  signOut(url: string, browser: TestBrowser): Promise<string>;
  stop(): Promise<void>;
}

// Named by a variable, so that the compiler asks for no types.
const library: string = "oidc-provider";

/** Starts it on a free port of localhost. */
export async function startOidcOp(): Promise<OidcOp> {
  const issuer = `http://localhost:${await freePort()}`;
  const people: OidcOp["people"] = new Map();
  const rows = new Map<string, Row>();
  const { Provider } = (await import(library)) as {
    Provider: new (issuer: string, settings: Row) => Library;
  };
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const hour = () => 3600;
  const provider: Library = new Provider(issuer, {
    adapter: (model: string) => adapterOf(model, rows),
    claims: { email: ["email", "email_verified"], profile: ["given_name", "family_name"] },
    cookies: { keys: ["a key for tests only"] },
    features: { devInteractions: { enabled: false }, backchannelLogout: { enabled: true } },
    // Its own reaches no loopback address, and the server under test has no other.
    fetch: (url: string, { dispatcher: _, ...init }: RequestInit & { dispatcher?: unknown }) =>
      fetch(url, init),
    findAccount: (_ctx: Hook, sub: string) => ({ accountId: sub, claims: () => personOf(people, sub) }),
    interactions: { url: (_ctx: Hook, interaction: { uid: string }) => `/interaction/${interaction.uid}` },
    jwks: { keys: [{ ...(await exportJWK(privateKey)), use: "sig", alg: "RS256" }] },
    loadExistingGrant: ({ oidc }: Hook) => grantAll(provider, oidc),
    pkce: { required: () => false },
    ttl: {
      AccessToken: hour,
      AuthorizationCode: hour,
      Grant: hour,
      IdToken: hour,
      Interaction: hour,
      Session: hour,
    },
  });
  const handle = provider.callback();
  const server = createServer((request, response) => {
    if (!request.url?.startsWith("/interaction/")) return void handle(request, response);
    void provider.interactionDetails(request, response).then(({ params }) => {
      const accountId = people.get(String(params.login_hint))?.sub ?? "";
      return provider.interactionFinished(request, response, { login: { accountId } });
    });
  });
  await new Promise<void>((resolve) => server.listen(Number(new URL(issuer).port), "localhost", resolve));
  return {
    issuer,
    people,
    register: (client) => void rows.set(`Client:${client.client_id}`, client),
    signIn: async (url, browser = new TestBrowser(issuer)) => (await browser.follow(url)).location,
    signOut: async (url, browser) => {
      const { body } = await browser.visit(url);
      const [, action = ""] = /<form [^>]*action="([^"]+)"/.exec(body) ?? [];
      const [, xsrf = ""] = /name="xsrf" value="([^"]+)"/.exec(body) ?? [];
      if (action === "") throw new Error(`the provider refuses: ${body}`);
      return (await browser.visit(action, { form: { xsrf, logout: "yes" } })).location;
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function personOf(people: OidcOp["people"], sub: string) {
  return [...people.values()].find((person) => person.sub === sub) ?? { sub };
}

/** Every scope is granted to every client, so that nobody is asked. */
async function grantAll(provider: Library, oidc: Hook["oidc"]) {
  const grant = new provider.Grant({ clientId: oidc.client.clientId, accountId: oidc.session.accountId });
  grant.addOIDCScope("openid email profile");
  await grant.save();
  return grant;
}

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
