/**
 * A complete SAML login that the app starts: authorize, AuthnRequest to the identity provider (played by the load
 * generator), its response to the ACS, back to the app with a code, tokens.
 */
import { CookieJar } from "../lib/cookie-jar.ts";
import { type Connection, requestText } from "../lib/http-client.ts";
import type { IdentityProvider } from "../lib/identity-provider.ts";
import { authorizePath, type CodeTarget, codeOf, exchangeCode, follow, get } from "./code-flow.ts";

/** `selector` is what the authorize request says to choose the connection. */
export type SamlTarget = CodeTarget & { selector: Record<string, string> };

/**
 * Logs `email` in with a new browser.
 * @returns the browser's cookies after the login
 */
export async function samlLogin(
  connection: Connection,
  target: SamlTarget,
  identityProvider: IdentityProvider,
  email: string,
): Promise<CookieJar> {
  const jar = new CookieJar();
  const authorize = await get(connection, target.host, authorizePath(target, target.selector), jar);
  const ssoUrl = await follow(connection, target.host, authorize, jar, identityProvider.ssoUrl);
  const { acsPath, form } = await identityProvider.respond(ssoUrl, email);
  // A browser sends no SameSite=Lax cookie with a POST from another site, so neither do we.
  const posted = await connection.send(requestText("POST", target.host, acsPath, { form }));
  jar.take(posted);
  const callback = await follow(connection, target.host, posted, jar, target.redirectUri);
  const code = codeOf(callback, target.redirectUri);
  if (code === undefined) throw new Error(`the login ended at ${callback}`);
  await exchangeCode(connection, target, code, {});
  return jar;
}
