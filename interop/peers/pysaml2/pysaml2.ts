/** The peer pysaml2: a SAML identity provider whose signatures and encryption are xmlsec1's. */
import type { Browser, Page } from "../../lib/browser.ts";
import { type Case, expectEqual, expectThat, type Peer, refusalOf } from "../../lib/cases.ts";
import { type Gatehouse, GOODBYE } from "../../lib/gatehouse.ts";
import { expectMessages } from "../../lib/saml-messages.ts";
import { connectSaml, type SamlConfig } from "../../lib/saml-setup.ts";
import { hasSession, logOut, type SignedIn, signIn } from "../../lib/sign-in.ts";
import { type Connection, createTenant, spMetadata } from "../../lib/tenant.ts";
import { type Answering, missing, type Pysaml2, startServer } from "./server.ts";

export const pysaml2: Peer = {
  name: "pysaml2",
  missing,
  start: async (gatehouse) => {
    const server = await startServer();
    return { version: server.version, cases: casesOf(gatehouse, server), stop: server.stop };
  },
};

type Options = SamlConfig & { answering: Answering };

const signedResponse: Options = {
  config: { saml_signing_option: "SAML_ONLY_RESPONSE_SIGNING" },
  answering: { sign_response: true },
};
const signedAssertion: Options = { answering: { sign_assertion: true } };
const bothSigned: Options = {
  config: { saml_signing_option: "SAML_RESPONSE_ASSERTION_SIGNING" },
  answering: { sign_response: true, sign_assertion: true },
};

const encrypted = ({ config, answering }: Options): Options => ({
  certificate: true,
  config: { ...config, assertion_encrypted: true },
  answering: { ...answering, encrypt_assertion: true },
});
const requestsSigned = (binding: string): Options => ({
  certificate: true,
  config: { want_request_signed: true, idp_sso_request_binding: binding },
  answering: { sign_assertion: true, want_signed_requests: true },
});

/** Name, our settings, the provider's. */
const variants: [name: string, options: Options][] = [
  ["SAML: signed response", signedResponse],
  ["SAML: signed assertion", signedAssertion],
  ["SAML: response and assertion signed", bothSigned],
  ["SAML: POST binding", { ...signedAssertion, config: { idp_sso_request_binding: "HTTP_POST" } }],
  ["SAML: encrypted, signed response", encrypted(signedResponse)],
  ["SAML: encrypted, signed assertion", encrypted(signedAssertion)],
  ["SAML: encrypted, both signed", encrypted(bothSigned)],
  ["SAML: signed requests required, redirect", requestsSigned("HTTP_REDIRECT")],
  ["SAML: signed requests required, POST", requestsSigned("HTTP_POST")],
];

function casesOf(gatehouse: Gatehouse, server: Pysaml2): Case[] {
  const plain = variants.map(([name, options]) => ({
    name,
    run: async () => {
      const { browser } = await signInBySaml(gatehouse, await setUp(gatehouse, server, options));
      expectMessages(browser, options.config);
      return undefined;
    },
  }));
  return [
    ...plain,
    {
      name: "SAML: unsigned response is refused",
      run: () => refuse(gatehouse, server, "nothing is signed", { answering: {} }),
    },
    {
      name: "SAML: SHA-1 signature is refused",
      run: () => refuse(gatehouse, server, "SHA-1", { answering: { sign_assertion: true, sha1: true } }),
    },
    {
      name: "SAML: encryption with 3DES is refused",
      run: () =>
        refuse(
          gatehouse,
          server,
          "encrypted with an algorithm",
          encrypted({ answering: { sign_assertion: true, des: true } }),
        ),
    },
    {
      name: "SAML: single logout begun by us, redirect",
      run: () => logOutFromUs(gatehouse, server, "HTTP_REDIRECT"),
    },
    {
      name: "SAML: single logout begun by us, POST",
      run: () => logOutFromUs(gatehouse, server, "HTTP_POST"),
    },
  ];
}

async function setUp(gatehouse: Gatehouse, server: Pysaml2, options: Options): Promise<Connection> {
  const tenant = await createTenant(gatehouse);
  const connection = await connectSaml(gatehouse, tenant, server.metadataUrl, options);
  await server.addServiceProvider(await spMetadata(connection), options.answering);
  return connection;
}

async function signInBySaml(gatehouse: Gatehouse, connection: Connection): Promise<SignedIn> {
  const { email } = connection.tenant;
  const logIn = (browser: Browser, page: Page) => browser.submit(page, { username: email });
  const signedIn = await signIn(gatehouse, { values: { connection_id: connection.id }, login: logIn });
  expectEqual("the e-mail address", signedIn.claims.email, email);
  expectEqual("the given name", signedIn.claims.given_name, "Ada");
  return signedIn;
}

async function refuse(gatehouse: Gatehouse, server: Pysaml2, words: string, options: Options) {
  const connection = await setUp(gatehouse, server, options);
  return refusalOf(words, () => signInBySaml(gatehouse, connection));
}

async function logOutFromUs(gatehouse: Gatehouse, server: Pysaml2, binding: string) {
  const connection = await setUp(gatehouse, server, {
    certificate: true,
    config: { want_request_signed: true, idp_slo_required: true, idp_slo_request_binding: binding },
    answering: { sign_assertion: true, want_signed_requests: true },
  });
  const signedIn = await signInBySaml(gatehouse, connection);
  const { email } = connection.tenant;
  expectThat(await server.knows(email), "there was no session at the provider to end");
  const page = await logOut(gatehouse, signedIn);
  expectEqual("the end of the logout", page.url, GOODBYE);
  expectThat(!(await server.knows(email)), "the provider's session outlived the logout");
  expectEqual("our session", await hasSession(gatehouse, signedIn.browser), false);
  return undefined;
}
