/** SimpleSAMLphp as a SAML identity provider: sign-ins and logouts, from both sides. */
import type { Browser, Page } from "../../lib/browser.ts";
import { type Case, expectEqual, expectThat, refusalOf } from "../../lib/cases.ts";
import { type Gatehouse, GOODBYE } from "../../lib/gatehouse.ts";
import { continueInApp, inModularMode, RELAY_STATE } from "../../lib/idp-initiated.ts";
import { expectMessages } from "../../lib/saml-messages.ts";
import { connectSaml, type SamlConfig } from "../../lib/saml-setup.ts";
import { hasSession, logOut, newBrowser, type SignedIn, signIn } from "../../lib/sign-in.ts";
import { type Connection, createTenant, spMetadata } from "../../lib/tenant.ts";
import { PASSWORD, type SimpleSamlPhp } from "./server.ts";

type Options = SamlConfig & {
  /** Settings of SimpleSAMLphp for us beside those of our metadata. */
  remote?: Record<string, unknown>;
};

const signed = (response: boolean, assertion: boolean) => ({
  "saml20.sign.response": response,
  "saml20.sign.assertion": assertion,
});
const signedRequests = (binding: string): Options => ({
  certificate: true,
  config: { want_request_signed: true, idp_sso_request_binding: binding },
  remote: { "validate.authnrequest": true },
});
const encrypted: Options = {
  certificate: true,
  config: { assertion_encrypted: true },
  remote: { "assertion.encryption": true },
};

/** Name, our settings, SimpleSAMLphp's. */
const variants: [name: string, options: Options][] = [
  ["SAML: metadata exchanged, nothing else set", {}],
  ["SAML: redirect binding", { config: { idp_sso_request_binding: "HTTP_REDIRECT" } }],
  ["SAML: POST binding", { config: { idp_sso_request_binding: "HTTP_POST" } }],
  [
    "SAML: signed response only",
    { config: { saml_signing_option: "SAML_ONLY_RESPONSE_SIGNING" }, remote: signed(true, false) },
  ],
  [
    "SAML: signed assertion only",
    { config: { saml_signing_option: "SAML_ONLY_ASSERTION_SIGNING" }, remote: signed(false, true) },
  ],
  [
    "SAML: response and assertion signed",
    { config: { saml_signing_option: "SAML_RESPONSE_ASSERTION_SIGNING" }, remote: signed(true, true) },
  ],
  ["SAML: persistent NameID", { config: { idp_name_id_format: "PERSISTENT" } }],
  ["SAML: transient NameID", { config: { idp_name_id_format: "TRANSIENT" } }],
  ["SAML: signed requests required, redirect", signedRequests("HTTP_REDIRECT")],
  ["SAML: signed requests required, POST", signedRequests("HTTP_POST")],
  ["SAML: encrypted assertion", encrypted],
  [
    "SAML: encrypted assertion, AES-256-GCM",
    {
      ...encrypted,
      remote: {
        "assertion.encryption": true,
        sharedkey_algorithm: "http://www.w3.org/2009/xmlenc11#aes256-gcm",
      },
    },
  ],
];

/** The cases at a running server. */
export function samlCases(gatehouse: Gatehouse, server: SimpleSamlPhp): Case[] {
  const plain = variants.map(([name, options]) => ({
    name,
    run: async () => {
      const connection = await setUp(gatehouse, server, options);
      const { browser } = await signInBySaml(gatehouse, connection);
      expectMessages(browser, options.config);
      return undefined;
    },
  }));
  return [
    ...plain,
    { name: "SAML: unsigned response is refused", run: () => refuseUnsigned(gatehouse, server) },
    { name: "SAML: force_authn asks again", run: () => askAgain(gatehouse, server) },
    { name: "SAML: single logout begun by us", run: () => logOutFromUs(gatehouse, server) },
    { name: "SAML: single logout begun there", run: () => logOutFromThere(gatehouse, server) },
    { name: "SAML: IdP-initiated, full-stack mode", run: () => beginThere(gatehouse, server) },
    {
      name: "SAML: IdP-initiated, modular mode",
      run: () => inModularMode(gatehouse, () => beginThere(gatehouse, server)),
    },
  ];
}

async function setUp(gatehouse: Gatehouse, server: SimpleSamlPhp, options: Options): Promise<Connection> {
  const tenant = await createTenant(gatehouse);
  server.addPerson(tenant.email);
  const connection = await connectSaml(gatehouse, tenant, server.metadataUrl, options);
  server.addServiceProvider(await spMetadata(connection), options.remote ?? {});
  return connection;
}

function logIn(browser: Browser, page: Page, { tenant }: Connection): Promise<Page> {
  return browser.submit(page, { username: tenant.email, password: PASSWORD });
}

async function signInBySaml(gatehouse: Gatehouse, connection: Connection): Promise<SignedIn> {
  const signedIn = await signIn(gatehouse, {
    values: { connection_id: connection.id },
    login: (browser, page) => logIn(browser, page, connection),
  });
  expectEqual("the e-mail address", signedIn.claims.email, connection.tenant.email);
  expectEqual("the given name", signedIn.claims.given_name, "Ada");
  return signedIn;
}

async function refuseUnsigned(gatehouse: Gatehouse, server: SimpleSamlPhp) {
  const connection = await setUp(gatehouse, server, { remote: signed(false, false) });
  return refusalOf("nothing is signed", () => signInBySaml(gatehouse, connection));
}

async function askAgain(gatehouse: Gatehouse, server: SimpleSamlPhp) {
  const connection = await setUp(gatehouse, server, { config: { force_authn: true } });
  const signedIn = await signInBySaml(gatehouse, connection);
  await logOut(gatehouse, signedIn);
  let asked = false;
  await signIn(gatehouse, {
    browser: signedIn.browser,
    values: { connection_id: connection.id },
    login: (browser, page) => {
      asked = page.url.startsWith(server.url);
      return logIn(browser, page, connection);
    },
  });
  expectThat(asked, "SimpleSAMLphp did not ask for the password again");
  return undefined;
}

const singleLogout: Options = {
  certificate: true,
  config: { idp_slo_required: true, idp_slo_request_binding: "HTTP_REDIRECT", want_request_signed: true },
  remote: { "validate.logout": true, "sign.logout": true },
};

async function logOutFromUs(gatehouse: Gatehouse, server: SimpleSamlPhp) {
  const connection = await setUp(gatehouse, server, singleLogout);
  const signedIn = await signInBySaml(gatehouse, connection);
  const page = await logOut(gatehouse, signedIn);
  expectEqual("the end of the logout", page.url, GOODBYE);
  expectEqual("our session", await hasSession(gatehouse, signedIn.browser), false);
  // Without a session there the next sign-in asks for the password.
  let asked = false;
  await signIn(gatehouse, {
    browser: signedIn.browser,
    values: { connection_id: connection.id },
    login: (browser, at) => {
      asked = at.url.startsWith(server.url);
      return logIn(browser, at, connection);
    },
  });
  expectThat(asked, "the session of SimpleSAMLphp outlived the logout");
  return undefined;
}

async function logOutFromThere(gatehouse: Gatehouse, server: SimpleSamlPhp) {
  const connection = await setUp(gatehouse, server, singleLogout);
  const { browser } = await signInBySaml(gatehouse, connection);
  const bystander = await signInBySaml(gatehouse, connection);
  expectThat(await hasSession(gatehouse, browser), "there was no session of ours to end");
  const home = encodeURIComponent(`${server.url}/logout.php`);
  const end = await browser.open(`${server.url}/saml2/idp/initSLO.php?RelayState=${home}`);
  expectThat(end.url.startsWith(server.url), `the logout ended at ${end.url}`);
  expectEqual("our session", await hasSession(gatehouse, browser), false);
  expectEqual("the session of the second browser", await hasSession(gatehouse, bystander.browser), true);
  return undefined;
}

async function openTile(gatehouse: Gatehouse, server: SimpleSamlPhp) {
  const connection = await setUp(gatehouse, server, {});
  const browser = newBrowser();
  const query = new URLSearchParams({
    spentityid: connection.saml.sp_entity_id ?? "",
    RelayState: RELAY_STATE,
  });
  const page = await browser.open(`${server.url}/saml2/idp/SSOService.php?${query}`);
  return { connection, browser, page: await logIn(browser, page, connection) };
}

async function beginThere(gatehouse: Gatehouse, server: SimpleSamlPhp) {
  const { browser, page, connection } = await openTile(gatehouse, server);
  await continueInApp(gatehouse, browser, page, connection);
  return undefined;
}
