/**
 * A complete login at an upstream OpenID provider that the app starts: authorize, the provider's answer (played by the
 * load generator), its code exchanged by the server, back to the app with a code, tokens.
 */
import { CookieJar } from "../lib/cookie-jar.ts";
import type { Connection } from "../lib/http-client.ts";
import type { OpenIdProviders } from "../lib/openid-provider.ts";
import { authorizePath, type CodeTarget, codeOf, exchangeCode, follow, get } from "./code-flow.ts";

/** Logs `email` in with a new browser, through the connection `connectionId`. */
export async function oidcLogin(
  connection: Connection,
  target: CodeTarget,
  connectionId: string,
  provider: OpenIdProviders,
  email: string,
): Promise<void> {
  const jar = new CookieJar();
  const path = authorizePath(target, { connection_id: connectionId });
  const authorize = await get(connection, target.host, path, jar);
  const asked = await follow(connection, target.host, authorize, jar, `http://${provider.host}/`);
  const back = new URL(provider.respond(asked, email));
  const answered = await get(connection, target.host, back.pathname + back.search, jar);
  const callback = await follow(connection, target.host, answered, jar, target.redirectUri);
  const code = codeOf(callback, target.redirectUri);
  if (code === undefined) throw new Error(`the login ended at ${callback}`);
  await exchangeCode(connection, target, code, {});
}
