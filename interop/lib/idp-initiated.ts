/**
 * What follows when a sign-in begins at the identity provider: the app is told, and begins a sign-in of its own
 * (IdP-initiated login in two steps).
 */
import type { Browser, Page } from "./browser.ts";
import { describePage } from "./browser.ts";
import { expectEqual } from "./cases.ts";
import { type Gatehouse, INITIATE_LOGIN } from "./gatehouse.ts";
import { verifiedClaims } from "./jwt.ts";
import { signIn } from "./sign-in.ts";
import type { Connection } from "./tenant.ts";

/** What a tile at the identity provider carries for the app. */
export const RELAY_STATE = "/deep/link";

/**
 * Runs `work` while the environment leaves the hosted pages to the app (modular mode), and switches back afterwards.
 */
export async function inModularMode<T>({ api }: Gatehouse, work: () => Promise<T>): Promise<T> {
  await api("POST", "/features/fsa/disable", {});
  try {
    return await work();
  } finally {
    await api("POST", "/features/fsa/enable", {});
  }
}

/**
 * The second step: the app reads what it was told and begins a sign-in of its own, at which the
 * identity provider asks for nothing.
 * @param page where the browser has come after the unsolicited response
 */
export async function continueInApp(
  gatehouse: Gatehouse,
  browser: Browser,
  page: Page,
  connection: Connection,
): Promise<void> {
  if (!page.url.startsWith(INITIATE_LOGIN)) throw new Error(`the app was not told: ${describePage(page)}`);
  const query = new URL(page.url).searchParams;
  const told = await verifiedClaims(gatehouse, query.get("idp_initiated_login") ?? "");
  expectEqual("connection_id", told.connection_id, connection.id);
  expectEqual("organization_id", told.organization_id, connection.tenant.id);
  expectEqual("login_hint", told.login_hint, connection.tenant.email);
  expectEqual("relay_state", told.relay_state, RELAY_STATE);
  const values = {
    connection_id: connection.id,
    organization_id: connection.tenant.id,
    login_hint: String(told.login_hint),
    state: String(told.relay_state),
  };
  const { claims } = await signIn(gatehouse, { browser, values });
  expectEqual("the e-mail address", claims.email, connection.tenant.email);
}
