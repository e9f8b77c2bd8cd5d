/** Keycloak and a SAML connection of ours, set up with each other as two administrators do it. */
import type { Browser, Page } from "../../lib/browser.ts";
import { expectEqual } from "../../lib/cases.ts";
import type { Gatehouse } from "../../lib/gatehouse.ts";
import { expectMessages } from "../../lib/saml-messages.ts";
import { connectSaml, type SamlConfig } from "../../lib/saml-setup.ts";
import { type SignedIn, signIn } from "../../lib/sign-in.ts";
import { type Connection, createSpCertificate, createTenant, spMetadata } from "../../lib/tenant.ts";
import { createRealm, createSamlClient, PASSWORD, type Realm } from "./admin.ts";

/** A connection of ours and the realm that it leads to. */
export type SamlSetup = { realm: Realm; connection: Connection; config: Record<string, unknown> };

export type SamlOptions = SamlConfig & {
  /** Attributes of Keycloak's client beside those of our metadata. */
  client?: Record<string, string>;
  /** Whether Keycloak asks us for a logout through the browser, which it does unless told otherwise. */
  frontchannelLogout?: boolean;
  /** Whether we have a newer certificate than the connection uses when Keycloak reads our metadata. */
  renewal?: boolean;
};

/** Fills in Keycloak's login page. */
export function logInAtKeycloak(browser: Browser, page: Page, email: string): Promise<Page> {
  return browser.submit(page, { username: email, password: PASSWORD });
}

/** Sets both sides up: Keycloak's metadata by its address to us, then ours to Keycloak. */
export async function setUpSaml(
  gatehouse: Gatehouse,
  server: string,
  options: SamlOptions = {},
): Promise<SamlSetup> {
  const tenant = await createTenant(gatehouse);
  const realm = await createRealm(server, tenant.email);
  const connection = await connectSaml(gatehouse, tenant, realm.samlMetadataUrl, options);
  if (options.renewal) await createSpCertificate(gatehouse, tenant);
  const { client = {}, frontchannelLogout = true } = options;
  await createSamlClient(realm, await spMetadata(connection), { attributes: client, frontchannelLogout });
  return { realm, connection, config: options.config ?? {} };
}

/** Signs the tenant's person in and checks who has come. */
export async function signInBySaml(
  gatehouse: Gatehouse,
  { connection, config }: SamlSetup,
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
  expectMessages(signedIn.browser, config);
  return signedIn;
}
