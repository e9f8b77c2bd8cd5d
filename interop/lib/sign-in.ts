/** What an app and its user do: a sign-in from the authorization URL to tokens, and a logout. */
import { Browser, describePage, type Page } from "./browser.ts";
import { APP, CALLBACK, type Gatehouse, GOODBYE } from "./gatehouse.ts";
import { type Claims, verifiedClaims } from "./jwt.ts";

/** Acts at the identity provider's page until the browser is on its way back. */
export type Login = (browser: Browser, page: Page) => Promise<Page>;

/** Somebody who has signed in. */
export type SignedIn = { browser: Browser; idToken: string; refreshToken: string; claims: Claims };

/** A browser that stops at our app. */
export function newBrowser(): Browser {
  return new Browser(APP);
}

/** Where the app sends a user who wants to sign in. */
export function authorizeUrl(gatehouse: Gatehouse, values: Record<string, string>): string {
  const query = new URLSearchParams({
    response_type: "code",
    client_id: gatehouse.clientId,
    redirect_uri: CALLBACK,
    scope: "openid profile email offline_access",
    state: "state-1",
    ...values,
  });
  return `${gatehouse.url}/oauth/authorize?${query}`;
}

/**
 * Signs in from the app's link to the app's tokens.
 * @param options.login what the user does at the identity provider; undefined when nothing should be asked
 * @param options.values beside those of every authorization request, such as `connection_id`
 * @throws where the way ends elsewhere, with what the page there says
 */
export async function signIn(
  gatehouse: Gatehouse,
  options: { values: Record<string, string>; login?: Login; browser?: Browser },
): Promise<SignedIn> {
  const browser = options.browser ?? newBrowser();
  let page = await browser.open(authorizeUrl(gatehouse, options.values), APP);
  if (options.login) page = await options.login(browser, page);
  return redeem(gatehouse, browser, page);
}

/** What the app does with the browser that has come to its callback. @throws when it is not there, or has no code */
export async function redeem(gatehouse: Gatehouse, browser: Browser, page: Page): Promise<SignedIn> {
  const code = codeAt(page);
  const answer = await fetch(`${gatehouse.url}/oauth/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      code,
      redirect_uri: CALLBACK,
      client_id: gatehouse.clientId,
      client_secret: gatehouse.clientSecret,
    }),
  });
  const tokens = (await answer.json()) as Record<string, string>;
  if (!answer.ok) throw new Error(`the token endpoint answered ${answer.status}: ${JSON.stringify(tokens)}`);
  const idToken = tokens.id_token ?? "";
  return {
    browser,
    idToken,
    refreshToken: tokens.refresh_token ?? "",
    claims: await verifiedClaims(gatehouse, idToken),
  };
}

/** The browser's way out: from the app's link through the identity provider, where that is asked for. */
export function logOut(gatehouse: Gatehouse, { browser, idToken }: SignedIn): Promise<Page> {
  const query = new URLSearchParams({ id_token_hint: idToken, post_logout_redirect_uri: GOODBYE });
  return browser.open(`${gatehouse.url}/oidc/logout?${query}`, APP);
}

/** Whether our session of this browser lives: a silent sign-in tells. */
export async function hasSession(gatehouse: Gatehouse, browser: Browser): Promise<boolean> {
  const page = await browser.open(authorizeUrl(gatehouse, { prompt: "none" }), APP);
  if (!page.url.startsWith(CALLBACK)) throw new Error(`a silent sign-in ended at ${describePage(page)}`);
  return new URL(page.url).searchParams.has("code");
}

/** The error code that the app is told. @throws when the sign-in went well, or ended elsewhere */
export function errorAt(page: Page): string {
  if (!page.url.startsWith(CALLBACK)) throw new Error(`stopped at ${describePage(page)}`);
  const error = new URL(page.url).searchParams.get("error");
  if (error === null) throw new Error("the sign-in went through, and should have been refused");
  return error;
}

function codeAt(page: Page): string {
  if (!page.url.startsWith(CALLBACK)) throw new Error(`stopped at ${describePage(page)}`);
  const query = new URL(page.url).searchParams;
  const code = query.get("code");
  if (code === null)
    throw new Error(`the app was told ${query.get("error")}: ${query.get("error_description")}`);
  return code;
}
