/** Keycloak as a SAML identity provider: each way that a customer may set it up. */
import { type Case, expectEqual, expectThat, refusalOf } from "../../lib/cases.ts";
import type { Gatehouse } from "../../lib/gatehouse.ts";
import { logOut, signIn } from "../../lib/sign-in.ts";
import { createSpCertificate, importMetadata, updateConnection } from "../../lib/tenant.ts";
import { announceKey, PASSWORD, rotateKey } from "./admin.ts";
import { type SamlOptions, setUpSaml, signInBySaml } from "./saml-setup.ts";

const POST = "HTTP_POST";
/** A new client of Keycloak wants signed requests, whatever our metadata says. */
const UNSIGNED = { "saml.client.signature": "false" };
const signed = (response: boolean, assertion: boolean) => ({
  "saml.server.signature": String(response),
  "saml.assertion.signature": String(assertion),
});

/** Name, our settings, Keycloak's. */
const variants: [name: string, options: SamlOptions][] = [
  ["SAML: metadata exchanged, nothing else set", {}],
  [
    "SAML: redirect binding, unsigned request",
    { config: { idp_sso_request_binding: "HTTP_REDIRECT", want_request_signed: false }, client: UNSIGNED },
  ],
  [
    "SAML: POST binding, unsigned request",
    { config: { idp_sso_request_binding: POST, want_request_signed: false }, client: UNSIGNED },
  ],
  [
    "SAML: signed response only",
    { config: { saml_signing_option: "SAML_ONLY_RESPONSE_SIGNING" }, client: signed(true, false) },
  ],
  [
    "SAML: signed assertion only",
    { config: { saml_signing_option: "SAML_ONLY_ASSERTION_SIGNING" }, client: signed(false, true) },
  ],
  [
    "SAML: response and assertion signed",
    { config: { saml_signing_option: "SAML_RESPONSE_ASSERTION_SIGNING" }, client: signed(true, true) },
  ],
  ["SAML: SHA-512 signatures", { client: { "saml.signature.algorithm": "RSA_SHA512" } }],
  [
    "SAML: persistent NameID",
    { config: { idp_name_id_format: "PERSISTENT" }, client: { saml_name_id_format: "persistent" } },
  ],
  [
    "SAML: transient NameID",
    { config: { idp_name_id_format: "TRANSIENT" }, client: { saml_name_id_format: "transient" } },
  ],
  [
    "SAML: signed requests required, redirect",
    {
      certificate: true,
      config: { want_request_signed: true, idp_sso_request_binding: "HTTP_REDIRECT" },
    },
  ],
  [
    "SAML: signed requests required, POST",
    {
      certificate: true,
      config: { want_request_signed: true, idp_sso_request_binding: POST },
    },
  ],
  [
    "SAML: signed requests, set up while ours is renewed",
    { certificate: true, config: { want_request_signed: true }, renewal: true },
  ],
  ["SAML: encrypted assertion", { certificate: true, config: { assertion_encrypted: true } }],
  [
    "SAML: encrypted assertion in a signed response",
    {
      certificate: true,
      config: { assertion_encrypted: true, saml_signing_option: "SAML_ONLY_RESPONSE_SIGNING" },
      client: signed(true, false),
    },
  ],
  [
    "SAML: encrypted and both signed",
    {
      certificate: true,
      config: { assertion_encrypted: true, saml_signing_option: "SAML_RESPONSE_ASSERTION_SIGNING" },
      client: signed(true, true),
    },
  ],
];

/** The cases; `server` is Keycloak's address. */
export function samlCases(gatehouse: Gatehouse, server: string): Case[] {
  const plain = variants.map(([name, options]) => ({
    name,
    run: async () => {
      await signInBySaml(gatehouse, await setUpSaml(gatehouse, server, options));
      return undefined;
    },
  }));
  return [
    ...plain,
    { name: "SAML: unsigned assertion is refused", run: () => refuseUnsigned(gatehouse, server) },
    { name: "SAML: second sign-in is silent", run: () => signInSilently(gatehouse, server) },
    { name: "SAML: force_authn asks again", run: () => askAgain(gatehouse, server, { force: true }) },
    { name: "SAML: prompt=login asks again", run: () => askAgain(gatehouse, server, { force: false }) },
    { name: "SAML: key roll-over by metadata refresh", run: () => rollOver(gatehouse, server) },
    { name: "SAML: announced key roll-over, no outage", run: () => rollOverAnnounced(gatehouse, server) },
    { name: "SAML: our new certificate, they use the old", run: () => renewOurs(gatehouse, server) },
  ];
}

async function refuseUnsigned(gatehouse: Gatehouse, server: string) {
  const setup = await setUpSaml(gatehouse, server, { client: signed(false, false) });
  return refusalOf("nothing is signed", () => signInBySaml(gatehouse, setup));
}

async function signInSilently(gatehouse: Gatehouse, server: string) {
  const setup = await setUpSaml(gatehouse, server);
  const signedIn = await signInBySaml(gatehouse, setup);
  await logOut(gatehouse, signedIn);
  // Keycloak's own session lives on, since single logout was not asked for.
  const values = { connection_id: setup.connection.id };
  const again = await signIn(gatehouse, { browser: signedIn.browser, values });
  expectEqual("the e-mail address", again.claims.email, setup.connection.tenant.email);
  return undefined;
}

async function askAgain(gatehouse: Gatehouse, server: string, how: { force: boolean }) {
  const setup = await setUpSaml(gatehouse, server, { config: { force_authn: how.force } });
  const signedIn = await signInBySaml(gatehouse, setup);
  await logOut(gatehouse, signedIn);
  let asked = false;
  await signIn(gatehouse, {
    browser: signedIn.browser,
    values: { connection_id: setup.connection.id, ...(!how.force && { prompt: "login" }) },
    login: (at, page) => {
      asked = page.url.startsWith(server);
      // Keycloak knows who is to prove himself again, and asks for the password alone.
      return at.submit(page, { password: PASSWORD });
    },
  });
  expectThat(asked, "Keycloak did not ask for the password again");
  return undefined;
}

async function rollOver(gatehouse: Gatehouse, server: string) {
  const setup = await setUpSaml(gatehouse, server);
  await signInBySaml(gatehouse, setup);
  await rotateKey(setup.realm);
  const refused = await refusalOf("signature_validation_failed", () => signInBySaml(gatehouse, setup));
  const { saml } = await importMetadata(gatehouse, setup.connection, setup.realm.samlMetadataUrl);
  await signInBySaml(gatehouse, setup);
  const kept = Array.isArray(saml.idp_certificates) ? saml.idp_certificates.length : 0;
  return `before the refresh: ${refused}; after it ${kept} certificates`;
}

async function rollOverAnnounced(gatehouse: Gatehouse, server: string) {
  const setup = await setUpSaml(gatehouse, server);
  const activate = await announceKey(setup.realm);
  await importMetadata(gatehouse, setup.connection, setup.realm.samlMetadataUrl);
  await signInBySaml(gatehouse, setup);
  await activate();
  await signInBySaml(gatehouse, setup);
  return undefined;
}

/** Keycloak still encrypts to the certificate that it was given, while ours has been renewed. */
async function renewOurs(gatehouse: Gatehouse, server: string) {
  const setup = await setUpSaml(gatehouse, server, {
    certificate: true,
    // A signature by the new certificate is another matter: Keycloak could not know it.
    config: { assertion_encrypted: true, want_request_signed: false },
    client: UNSIGNED,
  });
  const certificate_id = await createSpCertificate(gatehouse, setup.connection.tenant);
  await updateConnection(gatehouse, setup.connection, { saml_config: { certificate_id } });
  await signInBySaml(gatehouse, setup);
  return undefined;
}
