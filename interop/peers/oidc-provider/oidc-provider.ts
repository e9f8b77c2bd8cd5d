/** The peer oidc-provider: the same library in the configurations in which providers differ. */
import { readFileSync } from "node:fs";
import type { ClientMetadata } from "oidc-provider";
import type { Browser, Page } from "../../lib/browser.ts";
import { type Case, expectEqual, expectThat, type Peer } from "../../lib/cases.ts";
import { APP, type Gatehouse, GOODBYE } from "../../lib/gatehouse.ts";
import { until } from "../../lib/processes.ts";
import {
  authorizeUrl,
  errorAt,
  hasSession,
  logOut,
  newBrowser,
  type SignedIn,
  signIn,
} from "../../lib/sign-in.ts";
import {
  type Connection,
  createConnection,
  createTenant,
  enableConnection,
  updateConnection,
} from "../../lib/tenant.ts";
import { type OpenIdProvider, type ProviderOptions, startProvider } from "./provider.ts";

const SECRET = "a secret that only the two of them know";
const LOGOUT_WITHIN_MS = 5_000;

export const oidcProvider: Peer = {
  name: "oidc-provider",
  missing: () => undefined,
  start: async (gatehouse) => ({
    version: `oidc-provider ${versionOf()}`,
    cases: casesOf(gatehouse),
    stop: async () => undefined,
  }),
};

type Options = Partial<ProviderOptions> & {
  client?: Partial<ClientMetadata>;
  /** Fields of our `oidc_config` beside issuer, client id and secret. */
  config?: Record<string, unknown>;
};

type Setup = { provider: OpenIdProvider; connection: Connection };

/** Name, and how it differs from a provider that signs with RS256 and takes the secret in the form. */
const variants: [name: string, options: Options][] = [
  ["RS256, client_secret_post", {}],
  ["PS256 ID token", { algorithm: "PS256" }],
  ["ES256 ID token", { algorithm: "ES256" }],
  ["EdDSA ID token", { algorithm: "EdDSA" }],
  [
    "client_secret_basic",
    {
      client: { token_endpoint_auth_method: "client_secret_basic" },
      config: { token_auth_type: "BASIC_AUTH" },
    },
  ],
  [
    "client_secret_basic with characters to encode",
    {
      client: {
        client_id: "our app: 1/2",
        client_secret: "50% of + & =",
        token_endpoint_auth_method: "client_secret_basic",
      },
      config: { token_auth_type: "BASIC_AUTH" },
    },
  ],
  [
    "no secret but PKCE",
    {
      client: { client_secret: undefined, token_endpoint_auth_method: "none" },
      config: { pkce_enabled: true },
    },
  ],
  ["e-mail at the UserInfo endpoint alone", { claimsInIdToken: false }],
  ["issuer with a path", { path: "/tenants/acme" }],
];

function casesOf(gatehouse: Gatehouse): Case[] {
  const plain = variants.map(([name, options]) =>
    at(gatehouse, name, options, (setup) => enter(gatehouse, setup)),
  );
  return [
    ...plain,
    at(gatehouse, "answer of another issuer is refused", {}, (setup) => refuseMixUp(gatehouse, setup)),
    at(gatehouse, "pairwise subjects name the same person", { pairwise: true }, (setup) =>
      comeBack(gatehouse, setup),
    ),
    at(gatehouse, "new key, former one gone", {}, (setup) => rollOver(gatehouse, setup)),
    at(
      gatehouse,
      "our logout ends the provider's session",
      { config: { idp_logout_required: true } },
      (setup) => logOutUpstream(gatehouse, setup),
    ),
    at(gatehouse, "back-channel logout", {}, (setup) => logOutByBackChannel(gatehouse, setup)),
  ];
}

/** A case with a provider that lives as long as it. */
function at(
  gatehouse: Gatehouse,
  name: string,
  options: Options,
  work: (setup: Setup) => Promise<string | undefined>,
): Case {
  return {
    name: `OIDC: ${name}`,
    run: async () => {
      const setup = await setUp(gatehouse, options);
      try {
        return await work(setup);
      } finally {
        await setup.provider.stop();
      }
    },
  };
}

async function setUp(gatehouse: Gatehouse, options: Options): Promise<Setup> {
  const empty = await createConnection(gatehouse, await createTenant(gatehouse), "OIDC");
  const client: ClientMetadata = {
    client_id: "gatehouse",
    client_secret: SECRET,
    token_endpoint_auth_method: "client_secret_post",
    redirect_uris: [String(empty.oidc.redirect_uri)],
    post_logout_redirect_uris: [String(empty.oidc.post_logout_redirect_uri)],
    backchannel_logout_uri: String(empty.oidc.backchannel_logout_redirect_uri),
    backchannel_logout_session_required: true,
    ...options.client,
  };
  const provider = await startProvider(client, {
    algorithm: options.algorithm ?? "RS256",
    path: options.path ?? "",
    claimsInIdToken: options.claimsInIdToken ?? true,
    pairwise: options.pairwise ?? false,
  });
  try {
    const connection = await updateConnection(gatehouse, empty, {
      configuration_type: "DISCOVERY",
      oidc_config: {
        issuer: provider.issuer,
        client_id: client.client_id,
        ...(client.client_secret !== undefined && { client_secret: client.client_secret }),
        ...options.config,
      },
    });
    await enableConnection(gatehouse, connection);
    return { provider, connection };
  } catch (error) {
    await provider.stop();
    throw error;
  }
}

function logIn(browser: Browser, page: Page, { connection }: Setup): Promise<Page> {
  return browser.submit(page, { username: connection.tenant.email });
}

async function signInAt(gatehouse: Gatehouse, setup: Setup): Promise<SignedIn> {
  const signedIn = await signIn(gatehouse, {
    values: { connection_id: setup.connection.id },
    login: (browser, page) => logIn(browser, page, setup),
  });
  expectEqual("the e-mail address", signedIn.claims.email, setup.connection.tenant.email);
  expectEqual("the given name", signedIn.claims.given_name, "Ada");
  return signedIn;
}

async function enter(gatehouse: Gatehouse, setup: Setup) {
  await signInAt(gatehouse, setup);
  return undefined;
}

/** RFC 9207: the answer says whose it is, and another name in it means that somebody has put it there. */
async function refuseMixUp(gatehouse: Gatehouse, setup: Setup) {
  const browser = newBrowser();
  browser.stops.push(String(setup.connection.oidc.redirect_uri));
  const start = await browser.open(authorizeUrl(gatehouse, { connection_id: setup.connection.id }), APP);
  const answer = new URL((await logIn(browser, start, setup)).url);
  expectEqual("iss of the answer", answer.searchParams.get("iss"), setup.provider.issuer);
  answer.searchParams.set("iss", "https://other.example");
  browser.stops.pop();
  const end = await browser.open(answer.href, setup.provider.issuer);
  const asked = setup.provider.requests.some((request) => request === "POST /token");
  expectThat(!asked, "the code was sent all the same");
  return errorAt(end);
}

async function comeBack(gatehouse: Gatehouse, setup: Setup) {
  const first = await signInAt(gatehouse, setup);
  const second = await signInAt(gatehouse, setup);
  expectEqual("the subject of the second sign-in", second.claims.sub, first.claims.sub);
  return undefined;
}

async function rollOver(gatehouse: Gatehouse, setup: Setup) {
  await signInAt(gatehouse, setup);
  setup.provider.rotateKey();
  await signInAt(gatehouse, setup);
  return undefined;
}

async function logOutUpstream(gatehouse: Gatehouse, setup: Setup) {
  const signedIn = await signInAt(gatehouse, setup);
  const question = await logOut(gatehouse, signedIn);
  const end = await signedIn.browser.submit(question, { logout: "yes" });
  expectEqual("the end of the logout", end.url, GOODBYE);
  expectEqual("our session", await hasSession(gatehouse, signedIn.browser), false);
  return undefined;
}

async function logOutByBackChannel(gatehouse: Gatehouse, setup: Setup) {
  const { browser } = await signInAt(gatehouse, setup);
  const bystander = await signInAt(gatehouse, setup);
  expectThat(await hasSession(gatehouse, browser), "there was no session of ours to end");
  const question = await browser.open(`${setup.provider.issuer}/session/end`);
  await browser.submit(question, { logout: "yes" });
  expectThat(setup.provider.problems.length === 0, setup.provider.problems.join());
  await until(
    "the end of our session",
    LOGOUT_WITHIN_MS,
    async () => !(await hasSession(gatehouse, browser)),
  );
  expectThat(await hasSession(gatehouse, bystander.browser), "the session of the second browser ended too");
  return undefined;
}

function versionOf(): string {
  const file = new URL("../../node_modules/oidc-provider/package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}
