/** Keycloak as an OpenID provider: each way that a customer may set it up. */
import type { Browser } from "../../lib/browser.ts";
import { type Case, expectEqual, expectThat } from "../../lib/cases.ts";
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
import {
  countSessions,
  createOidcClient,
  createRealm,
  logOutEverywhere,
  type Realm,
  rotateKey,
} from "./admin.ts";
import { logInAtKeycloak } from "./saml-setup.ts";

const SECRET = "a secret that only the two of them know";
const LOGOUT_WITHIN_MS = 5_000;

type OidcSetup = { realm: Realm; connection: Connection };

type Options = {
  /** Fields of our `oidc_config` beside the issuer, the client id and the secret. */
  config?: Record<string, unknown>;
  /** Members of Keycloak's client. */
  client?: Record<string, unknown>;
  attributes?: Record<string, string>;
};

async function setUp(gatehouse: Gatehouse, server: string, options: Options = {}): Promise<OidcSetup> {
  const tenant = await createTenant(gatehouse);
  const realm = await createRealm(server, tenant.email);
  const empty = await createConnection(gatehouse, tenant, "OIDC");
  const clientId = "gatehouse";
  await createOidcClient(realm, {
    clientId,
    secret: SECRET,
    redirectUris: [empty.oidc.redirect_uri],
    publicClient: false,
    ...options.client,
    attributes: {
      "post.logout.redirect.uris": empty.oidc.post_logout_redirect_uri,
      "backchannel.logout.url": empty.oidc.backchannel_logout_redirect_uri,
      "backchannel.logout.session.required": "true",
      ...options.attributes,
    },
  });
  const connection = await updateConnection(gatehouse, empty, {
    configuration_type: "DISCOVERY",
    oidc_config: { issuer: realm.url, client_id: clientId, client_secret: SECRET, ...options.config },
  });
  await enableConnection(gatehouse, connection);
  return { realm, connection };
}

async function signInByOidc(
  gatehouse: Gatehouse,
  { connection }: OidcSetup,
  browser?: Browser,
): Promise<SignedIn> {
  const { email } = connection.tenant;
  const signedIn = await signIn(gatehouse, {
    values: { connection_id: connection.id },
    login: (at, page) => logInAtKeycloak(at, page, email),
    ...(browser && { browser }),
  });
  expectEqual("the e-mail address", signedIn.claims.email, email);
  expectEqual("the given name", signedIn.claims.given_name, "Ada");
  return signedIn;
}

const idTokens = (algorithm: string): Options => ({
  attributes: { "id.token.signed.response.alg": algorithm },
});

/** Name, our settings and Keycloak's. */
const variants: [name: string, options: Options][] = [
  ["OIDC: discovery, client_secret_post", { config: { token_auth_type: "URL_PARAMS" } }],
  ["OIDC: client_secret_basic", { config: { token_auth_type: "BASIC_AUTH" } }],
  [
    "OIDC: PKCE required",
    { config: { pkce_enabled: true }, attributes: { "pkce.code.challenge.method": "S256" } },
  ],
  [
    "OIDC: public client",
    {
      config: { client_secret: "", pkce_enabled: true },
      client: { publicClient: true, secret: undefined },
      attributes: { "pkce.code.challenge.method": "S256" },
    },
  ],
  ["OIDC: ES256 ID token", idTokens("ES256")],
  ["OIDC: PS256 ID token", idTokens("PS256")],
  ["OIDC: EdDSA ID token", idTokens("EdDSA")],
];

/** The cases; `server` is Keycloak's address. */
export function oidcCases(gatehouse: Gatehouse, server: string): Case[] {
  const plain = variants.map(([name, options]) => ({
    name,
    run: async () => {
      await signInByOidc(gatehouse, await setUp(gatehouse, server, options));
      return undefined;
    },
  }));
  return [
    ...plain,
    { name: "OIDC: wrong secret is told", run: () => tellWrongSecret(gatehouse, server) },
    { name: "OIDC: key roll-over", run: () => rollOver(gatehouse, server) },
    { name: "OIDC: our logout ends Keycloak's session", run: () => logOutUpstream(gatehouse, server) },
    { name: "OIDC: our logout leaves it where not asked", run: () => leaveUpstream(gatehouse, server) },
    {
      name: "OIDC: back-channel logout, by session",
      run: () => logOutByBackChannel(gatehouse, server, { session: true }),
    },
    {
      name: "OIDC: back-channel logout, by subject",
      run: () => logOutByBackChannel(gatehouse, server, { session: false }),
    },
  ];
}

async function tellWrongSecret(gatehouse: Gatehouse, server: string) {
  const { connection } = await setUp(gatehouse, server, { config: { client_secret: "another secret" } });
  const browser = newBrowser();
  const start = await browser.open(authorizeUrl(gatehouse, { connection_id: connection.id }), APP);
  const end = await logInAtKeycloak(browser, start, connection.tenant.email);
  expectEqual("the error", errorAt(end), "failed_to_exchange_token");
  return new URL(end.url).searchParams.get("error_description") ?? undefined;
}

async function rollOver(gatehouse: Gatehouse, server: string) {
  const setup = await setUp(gatehouse, server);
  await signInByOidc(gatehouse, setup);
  await rotateKey(setup.realm);
  await signInByOidc(gatehouse, setup);
  return undefined;
}

async function logOutUpstream(gatehouse: Gatehouse, server: string) {
  const setup = await setUp(gatehouse, server, { config: { idp_logout_required: true } });
  const signedIn = await signInByOidc(gatehouse, setup);
  expectEqual("the number of Keycloak's sessions", await countSessions(setup.realm), 1);
  const page = await logOut(gatehouse, signedIn);
  expectEqual("the end of the logout", page.url, GOODBYE);
  expectEqual("the number of Keycloak's sessions", await countSessions(setup.realm), 0);
  expectEqual("our session", await hasSession(gatehouse, signedIn.browser), false);
  return undefined;
}

async function leaveUpstream(gatehouse: Gatehouse, server: string) {
  const setup = await setUp(gatehouse, server);
  const page = await logOut(gatehouse, await signInByOidc(gatehouse, setup));
  expectEqual("the end of the logout", page.url, GOODBYE);
  expectEqual("the number of Keycloak's sessions", await countSessions(setup.realm), 1);
  return undefined;
}

async function logOutByBackChannel(gatehouse: Gatehouse, server: string, how: { session: boolean }) {
  const setup = await setUp(gatehouse, server, {
    attributes: { "backchannel.logout.session.required": String(how.session) },
  });
  const { browser } = await signInByOidc(gatehouse, setup);
  const bystander = await signInByOidc(gatehouse, await setUp(gatehouse, server));
  expectThat(await hasSession(gatehouse, browser), "there was no session of ours to end");
  await logOutEverywhere(setup.realm);
  await until(
    "the end of our session",
    LOGOUT_WITHIN_MS,
    async () => !(await hasSession(gatehouse, browser)),
  );
  expectThat(await hasSession(gatehouse, bystander.browser), "somebody else's session ended too");
  return undefined;
}
