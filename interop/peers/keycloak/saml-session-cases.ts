/** Keycloak as a SAML identity provider beyond the sign-in: logout from both sides, and sign-ins that begin there. */
import { type Case, expectEqual, expectThat } from "../../lib/cases.ts";
import { type Gatehouse, GOODBYE } from "../../lib/gatehouse.ts";
import { continueInApp, inModularMode, RELAY_STATE } from "../../lib/idp-initiated.ts";
import { until } from "../../lib/processes.ts";
import { hasSession, logOut, newBrowser } from "../../lib/sign-in.ts";
import { countSessions, logOutEverywhere } from "./admin.ts";
import { logInAtKeycloak, type SamlOptions, type SamlSetup, setUpSaml, signInBySaml } from "./saml-setup.ts";

const LOGOUT_WITHIN_MS = 5_000;

type Binding = "HTTP_REDIRECT" | "HTTP_POST";

/** The cases; `server` is Keycloak's address. */
export function samlSessionCases(gatehouse: Gatehouse, server: string): Case[] {
  const at = (binding: Binding) => ({ gatehouse, server, binding });
  return [
    { name: "SAML: single logout begun by us, redirect", run: () => logOutFromUs(at("HTTP_REDIRECT")) },
    { name: "SAML: single logout begun by us, POST", run: () => logOutFromUs(at("HTTP_POST")) },
    { name: "SAML: single logout begun by Keycloak", run: () => logOutFromKeycloak(gatehouse, server) },
    {
      name: "SAML: single logout begun by Keycloak, without browser",
      run: () => logOutBehindBrowser(gatehouse, server),
    },
    { name: "SAML: IdP-initiated, full-stack mode", run: () => beginAtKeycloak(gatehouse, server) },
    {
      name: "SAML: IdP-initiated, modular mode",
      run: () => inModularMode(gatehouse, () => beginAtKeycloak(gatehouse, server)),
    },
    { name: "SAML: IdP-initiated, switched off", run: () => refuseUnsolicited(gatehouse, server) },
  ];
}

/** Keycloak wants logout requests signed, whatever it wants of others. */
function setUpLogout(
  gatehouse: Gatehouse,
  server: string,
  binding: Binding,
  options: SamlOptions = {},
): Promise<SamlSetup> {
  return setUpSaml(gatehouse, server, {
    certificate: true,
    config: { idp_slo_required: true, idp_slo_request_binding: binding, want_request_signed: true },
    ...options,
  });
}

async function logOutFromUs({
  gatehouse,
  server,
  binding,
}: {
  gatehouse: Gatehouse;
  server: string;
  binding: Binding;
}) {
  const setup = await setUpLogout(gatehouse, server, binding);
  const signedIn = await signInBySaml(gatehouse, setup);
  expectEqual("the number of Keycloak's sessions", await countSessions(setup.realm), 1);
  const page = await logOut(gatehouse, signedIn);
  expectEqual("the end of the logout", page.url, GOODBYE);
  expectEqual("the number of Keycloak's sessions", await countSessions(setup.realm), 0);
  expectEqual("our session", await hasSession(gatehouse, signedIn.browser), false);
  return undefined;
}

async function logOutFromKeycloak(gatehouse: Gatehouse, server: string) {
  const setup = await setUpLogout(gatehouse, server, "HTTP_POST");
  const { browser } = await signInBySaml(gatehouse, setup);
  const bystander = await signInBySaml(gatehouse, setup);
  expectThat(await hasSession(gatehouse, browser), "there was no session of ours to end");
  const question = await browser.open(`${setup.realm.url}/protocol/openid-connect/logout`);
  const end = await browser.submit(question, {});
  expectThat(end.url.startsWith(server), `the logout ended at ${end.url}`);
  expectEqual("our session", await hasSession(gatehouse, browser), false);
  expectEqual("the session of the second browser", await hasSession(gatehouse, bystander.browser), true);
  return undefined;
}

/** An administrator ends the session, and Keycloak tells us from server to server. */
async function logOutBehindBrowser(gatehouse: Gatehouse, server: string) {
  const setup = await setUpLogout(gatehouse, server, "HTTP_POST", { frontchannelLogout: false });
  const { browser } = await signInBySaml(gatehouse, setup);
  expectThat(await hasSession(gatehouse, browser), "there was no session of ours to end");
  await logOutEverywhere(setup.realm);
  await until(
    "the end of our session",
    LOGOUT_WITHIN_MS,
    async () => !(await hasSession(gatehouse, browser)),
  );
  return undefined;
}

const TILE = "app";

/** Opens the tile that leads from Keycloak to the app. */
async function openTile(gatehouse: Gatehouse, server: string, allowed = true) {
  const setup = await setUpSaml(gatehouse, server, { client: { saml_idp_initiated_sso_url_name: TILE } });
  const { connection, realm } = setup;
  if (!allowed) await gatehouse.api("PATCH", `${connection.path}:idp_initiated_login`, { allowed });
  const browser = newBrowser();
  const url = `${realm.url}/protocol/saml/clients/${TILE}?${new URLSearchParams({ RelayState: RELAY_STATE })}`;
  const page = await logInAtKeycloak(browser, await browser.open(url), connection.tenant.email);
  return { browser, page, connection };
}

async function beginAtKeycloak(gatehouse: Gatehouse, server: string) {
  const { browser, page, connection } = await openTile(gatehouse, server);
  await continueInApp(gatehouse, browser, page, connection);
  return undefined;
}

async function refuseUnsolicited(gatehouse: Gatehouse, server: string) {
  const { browser, page } = await openTile(gatehouse, server, false);
  const told = new URL(page.url).searchParams;
  expectEqual("the error", told.get("error"), "idp_initiated_login_not_allowed");
  expectThat(!told.has("code") && !told.has("idp_initiated_login"), `the app was told ${told}`);
  expectEqual("our session", await hasSession(gatehouse, browser), false);
  return undefined;
}
